"""dbt tests as stored checks: which table each one guards, how severe it is, why it exists, what came of it.

dbt compiles the tests when sql/ changes; a night runs the compiled queries one after another in one connection, which
takes a second for four hundred of them where dbt's own runner takes half a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cartwright.warehouse.counted import counted
from cartwright.warehouse.one_row import one_row, one_value
from cartwright.warehouse.quality import check_results
from cartwright.warehouse.schemas import HOSPITAL_LAYERS, STUDY_LAYERS

if TYPE_CHECKING:
    import duckdb

# Why a generic test exists and how to repair what it finds; a test's own meta or description overrides this.
GENERIC = {
    "unique": (
        "Two rows with one key count a subject or an event twice downstream.",
        "A join in the model multiplies rows: group or rank before joining.",
    ),
    "not_null": (
        "Rows without this value drop out of joins and comparisons unseen.",
        "Find the source of the missing value with `cartwright trace`; decide in the model what unknown means.",
    ),
    "accepted_values": (
        "A code outside the list falls through every branch that reads it.",
        "Map the new code where it enters, or extend the list with its meaning.",
    ),
    "relationships": (
        "A row that points to nothing is lost by the first inner join.",
        "Compare both models: one of them filters what the other keeps.",
    ),
}
SEVERITIES: dict[str, check_results.Severity] = {"ERROR": "fatal", "WARN": "convention"}
LAYERS = ("raw", "identity", "meta", "study", *HOSPITAL_LAYERS, *STUDY_LAYERS)


def tests(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every enabled data test of the project."""
    return (node for node in manifest["nodes"].values() if node["resource_type"] == "test")


def check_id(test: dict[str, Any]) -> str:
    return f"dbt.{test['name']}"


def severity(test: dict[str, Any]) -> check_results.Severity:
    """fatal for severity error, convention for warn, unless the test's meta says otherwise."""
    return _meta(test).get("severity") or SEVERITIES[test["config"]["severity"].upper()]


def fatal_ids(manifest: dict[str, Any]) -> set[str]:
    """Ids of the tests without which nothing is published."""
    return {check_id(test) for test in tests(manifest) if severity(test) == "fatal"}


def says_nothing_of_no_rows(test: dict[str, Any]) -> bool:
    """Whether an empty table passes without having been tested: every generic test, but no comparison of tables.

    That rows are there where rows are due is asked by the gates (`rows_due`).
    """
    return bool(test.get("test_metadata"))


def untested_ids(manifest: dict[str, Any]) -> set[str]:
    """Ids of the tests that are not applicable to an empty table."""
    return {check_id(test) for test in tests(manifest) if says_nothing_of_no_rows(test)}


def guarded_node(test: dict[str, Any], manifest: dict[str, Any]) -> str:
    """The one node a test is shown at: the tested column's model, or for a singular test the last model it reads."""
    if test.get("attached_node"):
        return test["attached_node"]
    return max(test["depends_on"]["nodes"], key=lambda node: (LAYERS.index(_node(node, manifest)["schema"]), node))


def table_of(node_id: str, manifest: dict[str, Any]) -> str:
    """schema.table of a model, seed or source."""
    node = _node(node_id, manifest)
    return f"{node['schema']}.{node.get('alias') or node['name']}"


def about(test: dict[str, Any]) -> dict[str, str]:
    """why, remedy and endangers of one test."""
    generic = (test.get("test_metadata") or {}).get("name", "")
    why, remedy = GENERIC.get(generic, ("", "Run `dbt show` on the test's query to see the rows; correct the model."))
    meta = _meta(test)
    return {
        "why": meta.get("why") or test.get("description") or why or test["name"].replace("_", " "),
        "remedy": meta.get("remedy", remedy),
        "endangers": meta.get("endangers", "every table and statistic downstream"),
    }


@dataclass(frozen=True)
class Outcome:
    """What came of one test: passed, failed, error or not_applicable; how many rows fail, keys that may be kept."""

    outcome: check_results.Outcome
    failing_count: int = 0
    failing_keys: tuple[str, ...] = ()
    message: str = ""
    checked_count: int = 0


def run(con: duckdb.DuckDBPyConnection, test: dict[str, Any]) -> Outcome:
    """Run one compiled test. It fails on the condition dbt would use: `error_if`, or `warn_if` for a warning."""
    import duckdb

    config, query = test["config"], test["compiled_code"]
    condition = config["error_if"] if config["severity"].upper() == "ERROR" else config["warn_if"]
    try:
        failing, has_failed = one_row(
            con.execute(f"SELECT n, n {condition} FROM (SELECT {config['fail_calc']} AS n FROM ({query}))")
        )
        if not has_failed:
            return Outcome("passed")
        return Outcome("failed", int(failing), tuple(_keys(con, test)), counted(failing, "row"))
    except duckdb.Error as error:  # its text may quote data
        return Outcome("error", message=f"could not be evaluated: {type(error).__name__}")


def judge(con: duckdb.DuckDBPyConnection, test: dict[str, Any], table: str) -> Outcome:
    """Run one compiled test that guards `table`, and count its rows: no row passes what was never asked of one."""
    outcome, rows = run(con, test), one_value(con.execute(f"SELECT count(*) FROM {table}"))
    if rows == 0 and outcome.outcome == "passed" and says_nothing_of_no_rows(test):
        return Outcome("not_applicable", message=f"{table} has no rows")
    return replace(outcome, checked_count=rows)


def _keys(con: duckdb.DuckDBPyConnection, test: dict[str, Any]) -> list[str]:
    """Keys of the failing rows: subjects or records, else nothing (other values stay in the restricted zone)."""
    columns = [name for name, *_ in con.execute(f"DESCRIBE ({test['compiled_code']})").fetchall()]
    tested = (test.get("test_metadata") or {}).get("kwargs", {}).get("column_name")
    kept = [name for name in ("usubjid", "record_id") if name in columns]
    if tested in ("usubjid", "record_id") and "unique_field" in columns:
        kept = ["unique_field"]
    if not kept:
        return []
    rows = con.execute(f"SELECT DISTINCT {kept[0]} FROM ({test['compiled_code']}) ORDER BY 1").fetchall()
    return [str(value) for (value,) in rows]


def _meta(test: dict[str, Any]) -> dict[str, Any]:
    return {**test.get("meta", {}), **test["config"].get("meta", {})}


def _node(node_id: str, manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["nodes"].get(node_id) or manifest["sources"][node_id]
