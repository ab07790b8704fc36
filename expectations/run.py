"""Run checks with Great Expectations on a build file: one checkpoint a call; of failing rows only the keys."""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cartwright.expectations.check import Check
from cartwright.expectations.conditions import literal
from cartwright.warehouse.counted import counted
from cartwright.warehouse.one_row import one_value
from cartwright.warehouse.threads import spare

Outcome = Literal["error", "not_applicable", "failed", "passed"]


@dataclass(frozen=True)
class Verdict:
    """What came of one check. `failing_keys` are pseudonyms and record ids; no other value of a row is kept."""

    check: Check
    outcome: Outcome
    checked_count: int
    failing_count: int
    failing_keys: tuple[str, ...]
    message: str


def run(build_file: Path, checks: Sequence[Check], hospital: Path | None = None) -> list[Verdict]:
    """Evaluate `checks` on `build_file` (opened read-only, closed again): one verdict per check, in order.

    hospital: the file that views of a study's lead to. An empty table is not applicable, or failed where rows were due.
    A missing table or column is an error.
    """
    counts, is_small = _row_counts(build_file, hospital, {check.table for check in checks})
    applicable = [check for check in checks if counts.get(check.table) or (check.is_due and check.table in counts)]
    found = _validate(build_file, applicable, hospital, is_small)
    return [_verdict(check, counts.get(check.table), found) for check in checks]


def import_great_expectations() -> tuple[Any, Any]:
    """The package and our expectation, with analytics switched off and our DuckDB datasource registered."""
    with _hidden("pyspark"):
        from cartwright.expectations import duckdb_backend  # noqa: F401  first: it switches the analytics off

        import great_expectations as gx  # isort: skip
        from cartwright.expectations import failing_rows

    return gx, failing_rows


@contextmanager
def _hidden(package: str) -> Iterator[None]:
    """As if a package were not installed.

    Great Expectations loads Spark where it finds it, with a client that ends our process if its own libraries are
    missing.
    """
    loaded = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == package}
    for name in loaded:
        del sys.modules[name]
    sys.modules[package] = None  # type: ignore[assignment]  # what an import takes for "there is none"
    try:
        yield
    finally:
        del sys.modules[package]
        sys.modules.update(loaded)


def _verdict(check: Check, rows: int | None, found: dict[str, list[str] | str]) -> Verdict:
    if rows is None:
        return Verdict(check, "error", 0, 0, (), f"{check.table} does not exist")
    if check.check_id not in found:
        return Verdict(check, "not_applicable", 0, 0, (), f"{check.table} has no rows")
    keys = found[check.check_id]
    if isinstance(keys, str):
        return Verdict(check, "error", rows, 0, (), f"could not be evaluated: {keys}; is every column there?")
    if not keys:
        return Verdict(check, "passed", rows, 0, (), "")
    if check.is_due:
        return Verdict(check, "failed", rows, len(keys), tuple(keys), f"{check.table} has no rows")
    return Verdict(
        check, "failed", rows, len(keys), tuple(keys), f"{counted(len(keys), 'row')} of {check.table}; {check.remedy}"
    )


def _row_counts(build_file: Path, hospital: Path | None, tables: Iterable[str]) -> tuple[dict[str, int], bool]:
    """Rows of those of the tables that exist; whether the file is so small that one thread reads it faster."""
    import duckdb

    with duckdb.connect(str(build_file), read_only=True) as con:
        if hospital:
            con.execute(f"ATTACH {literal(str(hospital))} AS hospital_file (READ_ONLY)")
        known = con.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables "
            "WHERE table_catalog = current_database()"
        ).fetchall()
        counted = sorted(set(tables) & {name for (name,) in known})
        return {table: one_value(con.execute(f"SELECT count(*) FROM {table}")) for table in counted}, spare(con)


def _validate(
    build_file: Path, checks: Sequence[Check], hospital: Path | None, is_small: bool
) -> dict[str, list[str] | str]:
    """By check id the keys of the failing rows, or what went wrong, of one Great Expectations checkpoint."""
    if not checks:
        return {}
    gx, failing_rows = import_great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    source = context.data_sources.add_duckdb(
        name=uuid.uuid4().hex,
        connection_string=f"duckdb:///{build_file}",
        create_temp_table=False,
        kwargs={"connect_args": {"read_only": True, "config": {"threads": 1} if is_small else {}}},
    )
    if hospital:
        source.get_execution_engine().attach(hospital, "hospital_file")
    definitions = []
    for table in dict.fromkeys(check.table for check in checks):
        schema, _, name = table.partition(".")
        batch = source.add_table_asset(name=table, table_name=name, schema_name=schema)
        suite = gx.ExpectationSuite(
            name=table,
            expectations=[failing_rows.expectation(check) for check in checks if check.table == table],
        )
        definition = gx.ValidationDefinition(
            name=table, data=batch.add_batch_definition_whole_table("all"), suite=context.suites.add(suite)
        )
        definitions.append(context.validation_definitions.add(definition))
    checkpoint = gx.Checkpoint(
        name="gate", validation_definitions=definitions, result_format={"result_format": "BASIC"}
    )
    try:
        outcome = context.checkpoints.add(checkpoint).run()
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()  # DuckDB would refuse the next, differently configured connection
    return {
        result.expectation_config.meta["check_id"]: _exception_class(result.exception_info or {})
        or result.result[failing_rows.KEYS]
        for run_result in outcome.run_results.values()
        for result in run_result.results
    }


def _exception_class(info: dict[str, Any]) -> str | None:
    """The name of the exception inside a GX result. Its text may quote data, so it is not kept."""
    inner = [info, *(value for value in info.values() if isinstance(value, dict))]
    text = next((str(i["exception_traceback"]) for i in inner if i.get("exception_traceback")), None)
    if text is None:
        return None
    names = re.findall(r"^([A-Za-z_.]*(?:Error|Exception)):", text, flags=re.MULTILINE)
    return names[-1] if names else "exception"
