"""Run checks with Great Expectations on a build file: one checkpoint a call; of failing rows only the keys."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cartwright.expectations.check import Check
from cartwright.warehouse.one_row import one_value
from cartwright.warehouse.threads import spare

if TYPE_CHECKING:
    import duckdb

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
    with _opened(build_file, hospital) as con:
        counts, is_small = _row_counts(con, {check.table for check in checks}), spare(con)
    applicable = [check for check in checks if counts.get(check.table) or (check.due and check.table in counts)]
    succeeded, errors = _validate(build_file, applicable, hospital, is_small)
    with _opened(build_file, hospital) as con:
        return [_verdict(con, check, counts.get(check.table), succeeded, errors) for check in checks]


def _opened(build_file: Path, hospital: Path | None) -> duckdb.DuckDBPyConnection:
    import duckdb

    con = duckdb.connect(str(build_file), read_only=True)
    if hospital:
        con.execute(f"ATTACH {_literal(hospital)} AS hospital_file (READ_ONLY)")
    return con


def import_great_expectations() -> tuple[Any, Any]:
    """The package and its expectations, with analytics switched off and our DuckDB datasource registered."""
    from cartwright.expectations import duckdb_backend  # noqa: F401  first: it switches the analytics off

    import great_expectations as gx  # isort: skip
    import great_expectations.expectations as gxe

    return gx, gxe


def _verdict(
    con: duckdb.DuckDBPyConnection,
    check: Check,
    rows: int | None,
    succeeded: dict[str, bool],
    errors: dict[str, str],
) -> Verdict:
    if rows is None:
        return Verdict(check, "error", 0, 0, (), f"{check.table} does not exist")
    if check.check_id in errors:
        return Verdict(check, "error", rows, 0, (), errors[check.check_id])
    if check.check_id not in succeeded:
        return Verdict(check, "not_applicable", 0, 0, (), f"{check.table} has no rows")
    if succeeded[check.check_id]:
        return Verdict(check, "passed", rows, 0, (), "")
    if check.due and rows == 0:
        return Verdict(check, "failed", 0, 1, (), f"{check.table} has no rows, and rows were due")
    keys = [" | ".join(str(part) for part in row) for row in con.execute(failing_rows_sql(check)).fetchall()]
    return Verdict(check, "failed", rows, len(keys), tuple(keys), f"{len(keys)} rows of {check.table}; {check.remedy}")


def failing_rows_sql(check: Check) -> str:
    """The query that lists the keys of all failing rows: GX returns at most 200 of them on SQL."""
    keys = ", ".join(check.key)
    where = f"SELECT {keys} FROM {check.table} AS t WHERE "
    given = check.arguments
    match check.expectation:
        case "UnexpectedRowsExpectation":
            return given["unexpected_rows_query"].format(batch=check.table)
        case "ExpectColumnValuesToBeInSet":
            codes = ", ".join(_literal(code) for code in given["value_set"])
            return f"{where}{given['column']} NOT IN ({codes})"
        case "ExpectColumnValuesToBeBetween":
            limits = [
                f"{given['column']} {sign} {given[name]}"
                for name, sign in (("min_value", "<"), ("max_value", ">"))
                if given.get(name) is not None
            ]
            return where + " OR ".join(limits)
        case "ExpectColumnValuesToNotBeNull":
            return f"{where}{given['column']} IS NULL"
        case "ExpectColumnValuesToBeUnique" | "ExpectCompoundColumnsToBeUnique":
            columns = ", ".join(given.get("column_list") or [given["column"]])
            return f"{where}({columns}) IN (SELECT ({columns}) FROM {check.table} GROUP BY ALL HAVING count(*) > 1)"
        case other:
            raise ValueError(f"{check.check_id}: no query for the failing rows of {other}")


def _literal(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _row_counts(con: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dict[str, int]:
    known = con.execute(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables "
        "WHERE table_catalog = current_database()"
    ).fetchall()
    counted = sorted(set(tables) & {name for (name,) in known})
    return {table: one_value(con.execute(f"SELECT count(*) FROM {table}")) for table in counted}


def _validate(
    build_file: Path, checks: Sequence[Check], hospital: Path | None, is_small: bool
) -> tuple[dict[str, bool], dict[str, str]]:
    """Success by check id, and what went wrong by check id, of one Great Expectations checkpoint."""
    if not checks:
        return {}, {}
    gx, gxe = import_great_expectations()
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
            expectations=[
                getattr(gxe, check.expectation)(**check.arguments, meta={"check_id": check.check_id})
                for check in checks
                if check.table == table
            ],
        )
        definition = gx.ValidationDefinition(
            name=table, data=batch.add_batch_definition_whole_table("all"), suite=context.suites.add(suite)
        )
        definitions.append(context.validation_definitions.add(definition))
    checkpoint = gx.Checkpoint(
        name="gate", validation_definitions=definitions, result_format={"result_format": "BOOLEAN_ONLY"}
    )
    try:
        outcome = context.checkpoints.add(checkpoint).run()
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()  # DuckDB would refuse the next, differently configured connection
    results = [result for run_result in outcome.run_results.values() for result in run_result.results]
    succeeded, errors = {}, {}
    for result in results:
        check_id = result.expectation_config.meta["check_id"]
        if raised := _exception_class(result.exception_info or {}):
            errors[check_id] = f"could not be evaluated: {raised}; is every column there?"
        else:
            succeeded[check_id] = bool(result.success)
    return succeeded, errors


def _exception_class(info: dict[str, Any]) -> str | None:
    """The name of the exception inside a GX result. Its text may quote data, so it is not kept."""
    inner = [info, *(value for value in info.values() if isinstance(value, dict))]
    text = next((str(i["exception_traceback"]) for i in inner if i.get("exception_traceback")), None)
    if text is None:
        return None
    names = re.findall(r"^([A-Za-z_.]*(?:Error|Exception)):", text, flags=re.MULTILINE)
    return names[-1] if names else "exception"
