"""Which records decided a column, a row or an event of the patients asked about: SQL over adam.evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from cartwright.warehouse.release.trail import EVIDENCE
from cartwright.warehouse.store_tables import quoted

# Tables of several rows a patient whose items adam.evidence knows -> the column that names the item.
ITEM_OF = {
    **dict.fromkeys(("adam.adtte", "adam.adic", "adam.adrs", "adam.adrv", "adam.adtr"), "paramcd"),
    **dict.fromkeys(("adam.adex", "adam.adck", "adam.adct", "adam.adlbtox"), "paramcd"),
    "eligibility.item": "item",
    "eligibility.criterion_result": "criterion_id",
}


def set_people(con: duckdb.DuckDBPyConnection, people: Iterable[str]) -> None:
    """Ask about these patients."""
    con.execute("CREATE OR REPLACE TEMP TABLE traced_patient (usubjid VARCHAR)")
    con.execute(f"INSERT INTO traced_patient SELECT unnest({_listed(people)})")


def _listed(texts: Iterable[str]) -> str:
    """A list as SQL. Values stand in the statements themselves: the first parameter makes DuckDB import pandas, which
    takes longer than everything else that is done here."""
    return f"CAST([{', '.join(map(quoted, sorted(set(texts))))}] AS VARCHAR[])"


def traced(columns: str = EVIDENCE) -> str:
    """Evidence of the patients asked about, as SQL."""
    return f"SELECT {columns} FROM adam.evidence SEMI JOIN traced_patient USING (usubjid)"


def of_subject(columns: Iterable[str]) -> str:
    """What decided these columns of adam.adsl for the patients traced, as SQL."""
    return f"{traced()} WHERE table_name = 'adam.adsl' AND {_among('item', columns)}"


def _among(column: str, texts: Iterable[str] | None) -> str:
    """That a column is one of some texts, of any where there is None. A list that DuckDB can prune by."""
    if texts is None:
        return "true"
    return f"{column} IN ({', '.join(map(quoted, sorted(set(texts)))) or 'NULL'})"


def of_rows(
    con: duckdb.DuckDBPyConnection,
    table: str,
    items: Sequence[str] | None = None,
    key: str = "paramcd",
    where: str = "true",
) -> str:
    """What decided rows of a table (with these items in `key`) for the patients traced, as SQL: what adam.evidence
    knows, else the row's own record."""
    columns = columns_of(con, table)
    own = [name for name in columns if name == "record_id" or name.endswith("_record_id")]
    item = ITEM_OF.get(table)
    keys = ", ".join(f"rows.{name}" for name in ("course_id", "record_id") if name in columns) or "NULL"
    rows = f"(SELECT * FROM {table} SEMI JOIN traced_patient USING (usubjid) WHERE {_among(key, items)} AND {where})"
    label = f"rows.{item}" if item else "rows.paramcd" if "paramcd" in columns else "NULL"
    parts, untold = [], ""
    if item is not None:
        told = items if key == item else None
        evidence = f"({traced('*')} WHERE table_name = {quoted(table)} AND {_among('item', told)})"
        same = f"e.usubjid = rows.usubjid AND e.item = rows.{item} AND (e.row_key IS NULL OR e.row_key IN ({keys}))"
        parts = [
            f"SELECT {', '.join('e.' + name for name in EVIDENCE.split(', '))} "
            f"FROM {rows} AS rows INNER JOIN {evidence} AS e ON {same}"
        ]
        untold = f" AND NOT EXISTS (SELECT 1 FROM {evidence} AS e WHERE {same})"
    parts += [
        f"SELECT rows.usubjid, {quoted(table)} AS table_name, {label} AS item, rows.{name} AS record_id, "
        f"NULL AS part, {quoted(name)} AS role, NULL AS note FROM {rows} AS rows WHERE rows.{name} IS NOT NULL{untold}"
        for name in own
    ]
    return f"SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)})" if parts else f"{traced()} WHERE false"


def of_variable(con: duckdb.DuckDBPyConnection, spec: dict[str, Any]) -> list[str]:
    """What decided a variable of the plan, as SQL: a column of adam.adsl, or a parameter of another table (of one
    course)."""
    dataset = spec.get("dataset", "adsl")
    if dataset == "adsl":
        return [of_subject(filter(None, (spec["column"], spec.get("compare_column"))))]
    second = {"paramcd": spec.get("compare_paramcd"), "anchor": spec.get("compare_anchor")}
    pairs = [(spec["paramcd"], spec.get("anchor"))]
    if any(second.values()):
        pairs.append((second["paramcd"] or spec["paramcd"], second["anchor"] or spec.get("anchor")))
    return [of_rows(con, f"adam.{dataset}", [paramcd], where=_of_course(anchor)) for paramcd, anchor in pairs]


def _of_course(anchor: str | None) -> str:
    """That a row belongs to the course that begins on this day of its patient."""
    if not anchor:
        return "true"
    day = f"strftime(CAST(\"{anchor}\" AS DATE), '%Y-%m-%d')"
    return f"course_id IN (SELECT usubjid || ':' || {day} FROM adam.adsl)"


def terms(con: duckdb.DuckDBPyConnection, spec: dict[str, Any], options: dict[str, Any], term: str | None) -> list[str]:
    """Records of the events of one term (of any), as SQL; who has none, in words."""
    where = f"{options['only']} = 'Y'" if options.get("only") else "true"
    terms = None if term is None or term == "any" else [term]
    found = of_rows(con, f"adam.{spec['dataset']}", terms, options["term"], where)
    if spec["dataset"] == "adlbtox":
        found = f"SELECT * FROM ({found}) WHERE starts_with(role, {quoted(spec['column'])})"
    nothing = (
        f"SELECT usubjid, {quoted('adam.' + spec['dataset'])} AS table_name, "
        f"{quoted(term) if term else 'NULL'} AS item, NULL AS record_id, NULL AS part, 'not found' AS role, "
        "'no such event on record, or none that can be graded' AS note "
        f"FROM traced_patient ANTI JOIN ({found}) USING (usubjid)"
    )
    return [found, nothing]


def columns_of_groups(
    con: duckdb.DuckDBPyConnection, population: str, group_by: str | None, levels: list[dict[str, Any]]
) -> list[str]:
    """The columns of adam.adsl that made the population and the groups."""
    named = [population] + [level["level"] for level in levels if group_by == "population"]
    rows = con.execute(
        "SELECT DISTINCT column_name FROM study.population "
        f"WHERE list_contains({_listed(named)}, population) AND column_name <> 'usubjid'"
    ).fetchall()
    return [column for (column,) in rows] + ([group_by] if group_by not in (None, "population") else [])


def columns_of(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Columns of a table of the release, none where there is no such table."""
    query = f"""
        SELECT column_name FROM duckdb_columns()
        WHERE database_name = 'release' AND schema_name || '.' || table_name = {quoted(table)} ORDER BY column_index"""
    return [column for (column,) in con.execute(query).fetchall()]
