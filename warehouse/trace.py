"""The way back: from a statistic to its subjects, to the row and the record that decided, to its file and line.

Reads the build file; what it returns carries pseudonyms and no column that a contract marks as identifying.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb

from warehouse.contracts import load_contracts
from warehouse.guard import forbidden_columns
from warehouse.tables import quoted
from warehouse.unknown import UnknownName

_LAYERS = ("facts", "sdtm")
_COMPARISONS = {"=", "!=", ">", ">=", "<", "<="}


@dataclass(frozen=True)
class Step:
    """One step of the way back. `level`: result (the row asked for), derived (facts, sdtm) or raw.

    A raw step has `source`: file and line, or the table of the EHR with the time of the version.
    """

    level: str
    table: str
    record_id: str | None
    values: dict[str, str]
    source: str | None = None


def subjects(con: duckdb.DuckDBPyConnection, analysis_id: str, group_level: str | None = None) -> list[str]:
    """The subjects behind an analysis (of one group level, or all): who is in its population and has its endpoint.

    Raises UnknownName for an unknown analysis or group.
    """
    found = con.execute(
        "SELECT population, endpoint, group_by, group_levels FROM study.analysis WHERE analysis_id = ?", [analysis_id]
    ).fetchone()
    if not found:
        raise UnknownName(f"no analysis {analysis_id}; study.analysis lists them")
    population, endpoint, group_by, levels = found
    listed = json.loads(levels) if levels else []  # names, or names with labels
    known = [str(level["level"] if isinstance(level, dict) else level) for level in listed]
    if group_level is not None and known and group_level not in known:
        raise UnknownName(f"{analysis_id} has no group {group_level}; it has {', '.join(known)}")
    conditions = [_condition(con, population)]
    if group_level is not None and group_by == "population":
        conditions.append(_condition(con, group_level))
    elif group_level is not None and group_by:
        conditions.append(f'CAST("{group_by}" AS VARCHAR) = {quoted(group_level)}')
    elif group_by and group_by != "population" and known:
        conditions.append(f'CAST("{group_by}" AS VARCHAR) IN ({", ".join(quoted(level) for level in known)})')
    if con.execute("SELECT count(*) FROM adam.adtte WHERE paramcd = ?", [endpoint]).fetchone()[0]:
        conditions.append(f"usubjid IN (SELECT usubjid FROM adam.adtte WHERE paramcd = {quoted(endpoint)})")
    query = f"SELECT usubjid FROM adam.adsl WHERE {' AND '.join(conditions)} ORDER BY usubjid"
    return [usubjid for (usubjid,) in con.execute(query).fetchall()]


def trace(con: duckdb.DuckDBPyConnection, table: str, usubjid: str, paramcd: str | None = None) -> list[Step]:
    """From the rows of one subject in `table` ('adam.adtte') back to the raw records that decided them.

    Raises UnknownName when the table or the subject's row does not exist.
    """
    columns = _columns(con, table)
    if "usubjid" not in columns:
        raise UnknownName(f"no table {table} with subjects; name it as in adam.adtte")
    where = f"usubjid = {quoted(usubjid)}"
    if paramcd and "paramcd" in columns:
        where += f" AND paramcd = {quoted(paramcd)}"
    rows = _rows(con, table, where)
    if not rows:
        raise UnknownName(f"{table} has no such row of this subject")
    steps = []
    for row in rows:
        record_id = row.get("record_id")
        steps.append(Step("result", table, record_id, row))
        if record_id:
            steps += _derived(con, record_id, usubjid, table)
            steps += _raw(con, record_id)
    return steps


def _derived(con: duckdb.DuckDBPyConnection, record_id: str, usubjid: str, but_not: str) -> list[Step]:
    tables = con.execute(
        "SELECT schema_name || '.' || table_name FROM duckdb_columns() WHERE database_name = current_database() "
        "AND list_contains(?, schema_name) GROUP BY ALL "
        "HAVING count(*) FILTER (WHERE column_name IN ('usubjid', 'record_id')) = 2 ORDER BY 1",
        [list(_LAYERS)],
    ).fetchall()
    where = f"record_id = {quoted(record_id)} AND usubjid = {quoted(usubjid)}"
    return [
        Step("derived", table, record_id, row)
        for (table,) in tables
        if table != but_not
        for row in _rows(con, table, where)
    ]


def _raw(con: duckdb.DuckDBPyConnection, record_id: str) -> list[Step]:
    steps = []
    for contract in load_contracts().values():
        for row in _rows(con, f"raw.{contract.table}", f"record_id = {quoted(record_id)}"):
            file_name = con.execute(
                "SELECT file_name FROM quality.delivery_ledger WHERE delivery_id = ?", [row["delivery_id"]]
            ).fetchone()
            name = file_name[0] if file_name else "delivery not in the ledger"
            if contract.source.kind == "file":
                source = f"{contract.feed}/{name}, line {row['source_line']}"
            else:
                source = f"EHR table {name}, version of {row[contract.version[0]]}"
            steps.append(Step("raw", f"raw.{contract.table}", record_id, row, source))
    return steps


def _rows(con: duckdb.DuckDBPyConnection, table: str, where: str) -> list[dict[str, str]]:
    shown = [name for name in _columns(con, table) if name not in forbidden_columns()]
    names = ", ".join(f'"{name}"' for name in shown)
    rows = con.execute(f"SELECT {names} FROM {table} WHERE {where} ORDER BY ALL").fetchall()
    return [{n: str(v) for n, v in zip(shown, row, strict=True) if v is not None} for row in rows]


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    schema, _, name = table.partition(".")
    query = """
        SELECT column_name FROM duckdb_columns() WHERE database_name = current_database()
        AND schema_name = ? AND table_name = ? ORDER BY column_index"""
    return [column for (column,) in con.execute(query, [schema, name]).fetchall()]


def _condition(con: duckdb.DuckDBPyConnection, population: str) -> str:
    """A population of the study definition as SQL over adam.adsl; all its conditions hold."""
    query = "SELECT column_name, operator, value FROM study.population WHERE population = ? ORDER BY ALL"
    parts = []
    for column, operator, value in con.execute(query, [population]).fetchall():
        if operator in ("known", "unknown"):
            parts.append(f'"{column}" IS {"NOT " if operator == "known" else ""}NULL')
        elif operator == "in":
            codes = ", ".join(quoted(code.strip()) for code in value.split(","))
            parts.append(f'CAST("{column}" AS VARCHAR) IN ({codes})')
        elif operator in _COMPARISONS:
            parts.append(f'"{column}" {operator} {quoted(value)}')
        else:
            raise ValueError(f"population {population}: operator {operator} is not known")
    if not parts:
        raise UnknownName(f"no population {population}; study.population lists them")
    return " AND ".join(parts)
