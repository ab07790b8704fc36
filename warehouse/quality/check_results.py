"""The one store of check results: three writers (gx, dbt, warehouse), three severities, four outcomes.

Only `fatal` blocks a release, and it blocks by absence too: a check that did not run has not passed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal

import duckdb
import pyarrow as pa

from cartwright.warehouse.transaction import transaction

Writer = Literal["gx", "dbt", "warehouse"]
Severity = Literal["fatal", "convention", "characterisation"]
Outcome = Literal["error", "not_applicable", "failed", "passed"]
_KEYS = "failing_keys"


@dataclass(frozen=True)
class CheckResult:
    """One check of one table. `failing_keys` are record ids or pseudonyms; no field may hold a patient value."""

    check_id: str
    writer: Writer
    layer: str
    table_name: str
    severity: Severity
    outcome: Outcome
    failing_count: int
    checked_count: int
    message: str
    why: str
    remedy: str
    endangers: str
    failing_keys: Sequence[str] = field(default_factory=list)


def store(con: duckdb.DuckDBPyConnection, run_id: str, results: Sequence[CheckResult]) -> None:
    """Keep the results of a run; a result stored again for the same check and table replaces the one before."""
    if not results:
        return
    names = [f.name for f in fields(CheckResult) if f.name != _KEYS]
    rows = pa.table({name: [getattr(result, name) for result in results] for name in names})
    keys = [(r.check_id, r.table_name, str(key)) for r in results for key in r.failing_keys]
    con.register("new_result", rows)
    try:
        with transaction(con):
            for table in ("check_result", "failing_key"):
                con.execute(
                    f"DELETE FROM quality.{table} WHERE run_id = ? AND (check_id, table_name) IN "
                    "(SELECT (check_id, table_name) FROM new_result)",
                    [run_id],
                )
            con.execute(f"INSERT INTO quality.check_result SELECT ?, {', '.join(names)} FROM new_result", [run_id])
            if keys:
                check_ids, tables, record_keys = map(list, zip(*keys, strict=True))
                con.register("new_key", pa.table({"check_id": check_ids, "table_name": tables, "key": record_keys}))
                con.execute(
                    "INSERT INTO quality.failing_key SELECT ?, check_id, table_name, key FROM new_key", [run_id]
                )
                con.unregister("new_key")
    finally:
        con.unregister("new_result")


def stored(con: duckdb.DuckDBPyConnection, run_id: str, writer: Writer) -> list[CheckResult]:
    """What a writer stored of a run."""
    names = [f.name for f in fields(CheckResult) if f.name != _KEYS]
    rows = con.execute(
        f"""
        SELECT {", ".join(names)}, (
            SELECT coalesce(list(record_key ORDER BY record_key), []) FROM quality.failing_key AS k
            WHERE k.run_id = r.run_id AND k.check_id = r.check_id AND k.table_name = r.table_name)
        FROM quality.check_result AS r WHERE run_id = ? AND writer = ? ORDER BY ALL""",
        [run_id, writer],
    ).fetchall()
    return [CheckResult(**dict(zip([*names, _KEYS], row, strict=True))) for row in rows]


def blocking_problems(
    con: duckdb.DuckDBPyConnection,
    run_ids: Collection[str],
    required_fatal_ids: Collection[str],
    may_be_not_applicable: Collection[str] = (),
) -> list[str]:
    """Why these runs (tonight's, and the one that built the hospital) must not be published; empty when they may.

    Every id of `required_fatal_ids` must have a result of these very runs, and each of its results must have passed
    (`not_applicable` only for ids of `may_be_not_applicable`). A fatal result nobody required blocks just the same.
    """
    found = con.execute(
        "SELECT check_id, table_name, severity, outcome, message, remedy FROM quality.check_result "
        "WHERE list_contains(?, run_id) ORDER BY ALL",
        [list(run_ids)],
    ).fetchall()
    present = {check_id for check_id, *_ in found}
    problems = [f"{check_id}: no result in this run" for check_id in sorted(set(required_fatal_ids) - present)]
    if not required_fatal_ids:
        problems.append("no fatal check was required: a release without a gate is not published")
    for check_id, table, severity, outcome, message, remedy in found:
        if severity != "fatal" and check_id not in required_fatal_ids:
            continue
        if outcome == "passed" or (outcome == "not_applicable" and check_id in may_be_not_applicable):
            continue
        problems.append(f"{check_id} on {table}: {outcome}. {message} {remedy}".strip())
    return problems
