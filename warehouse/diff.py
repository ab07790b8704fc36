"""What changed between two releases: which subjects, in which endpoint, and how. By pseudonym only."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from warehouse.connect import release_folder
from warehouse.settings import Settings
from warehouse.tables import quoted

# What a change is about -> (table, key columns, columns whose change matters)
_COMPARED = {
    "eligibility": ("eligibility.screening", ("usubjid",), ("is_included", "primary_criterion_id", "primary_status")),
    "group": ("adam.adsl", ("usubjid",), ("group_code", "stratum_code", "cd19_failure_date", "time_zero_date")),
    "endpoint": ("adam.adtte", ("usubjid", "paramcd"), ("startdt", "adt", "cnsr", "evntdesc", "cnsdtdsc")),
    "response": ("adam.adrs", ("usubjid", "paramcd", "adt"), ("avalc",)),
}


@dataclass(frozen=True)
class Change:
    """One subject in one place: `kind` is added, removed or changed; `columns` names what changed."""

    about: str
    usubjid: str
    paramcd: str | None
    kind: str
    columns: tuple[str, ...]


def diff(settings: Settings, old: str, new: str) -> list[Change]:
    """Changes from release `old` to release `new`, sorted. Raises UnknownName for an unknown release."""
    with duckdb.connect(":memory:") as con:
        for alias, release_id in (("before", old), ("after", new)):
            path = release_folder(settings, release_id) / "release.duckdb"
            con.execute(f"ATTACH {quoted(str(path))} AS {alias} (READ_ONLY)")
        return [change for about in _COMPARED for change in _changes(con, about)]


def _changes(con: duckdb.DuckDBPyConnection, about: str) -> list[Change]:
    table, key, wanted = _COMPARED[about]
    schema, name = table.split(".")
    shared = con.execute(
        "SELECT column_name FROM duckdb_columns() WHERE schema_name = ? AND table_name = ? "
        "AND database_name IN ('before', 'after') GROUP BY ALL HAVING count(*) = 2",
        [schema, name],
    ).fetchall()
    columns = [column for column in wanted if (column,) in shared]
    if not columns:
        return []
    place = f"row_number() OVER (PARTITION BY {', '.join(key)} ORDER BY {', '.join(columns)}) AS place"
    paramcd = "paramcd" if "paramcd" in key else "NULL"
    changed = ", ".join(f"CASE WHEN b.{c} IS DISTINCT FROM a.{c} THEN '{c}' END" for c in columns)
    same = " AND ".join(f"b.{k} IS NOT DISTINCT FROM a.{k}" for k in key)
    joined = ", ".join(f"coalesce(b.{k}, a.{k}) AS {k}" for k in key)
    rows = con.execute(f"""
        WITH compared AS (
            SELECT {joined}, b.place IS NULL AS is_added, a.place IS NULL AS is_removed, [{changed}] AS changed
            FROM (SELECT *, {place} FROM before.{table}) AS b
            FULL JOIN (SELECT *, {place} FROM after.{table}) AS a ON {same} AND a.place = b.place)
        SELECT usubjid, {paramcd}, CASE WHEN is_added THEN 'added' WHEN is_removed THEN 'removed' ELSE 'changed' END,
               list_filter(changed, lambda c: c IS NOT NULL)
        FROM compared WHERE is_added OR is_removed OR len(list_filter(changed, lambda c: c IS NOT NULL)) > 0
        ORDER BY ALL""").fetchall()
    return [Change(about, subject, param, kind, tuple(names)) for subject, param, kind, names in rows]
