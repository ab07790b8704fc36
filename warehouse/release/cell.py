"""Who stands behind a number of the report, as its analysis stored it (results.analysis_member)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.one_row import one_row, one_value
from cartwright.warehouse.store_tables import quoted


@dataclass(frozen=True)
class Member:
    """A patient behind a number: used or, for a reason, left out."""

    usubjid: str
    group_level: str | None
    variable: str | None
    variable_level: str | None
    is_used: bool
    has_level: bool | None
    is_event: bool | None
    weight: float | None
    reason: str | None


@dataclass(frozen=True)
class Cell:
    """An analysis, or one cell of it: of a group, of a variable, with a level of it, of one patient."""

    analysis_id: str
    group: str | None = None
    variable: str | None = None
    level: str | None = None
    usubjid: str | None = None


def members(con: duckdb.DuckDBPyConnection, cell: Cell, limit: int | None = None) -> list[Member]:
    """Who stands behind a cell.

    limit: the first so many. Raises UnknownName for a group, variable, level or patient that there is none of.
    """
    rows = con.execute(
        "SELECT usubjid, group_level, variable, variable_level, is_used, has_level, is_event, weight, reason "
        f"FROM {_rows_of(con, cell)} "
        "ORDER BY NOT is_used, group_level, variable, usubjid, variable_level "
        + ("" if limit is None else f"LIMIT {limit}")
    ).fetchall()
    _must_be_there(cell, rows)
    return [Member(*row) for row in rows]


def people(con: duckdb.DuckDBPyConnection, cell: Cell) -> list[str]:
    """The patients of the same."""
    rows = con.execute(f"SELECT DISTINCT usubjid FROM {_rows_of(con, cell)}").fetchall()
    _must_be_there(cell, rows)
    return sorted(name for (name,) in rows)


def _must_be_there(cell: Cell, rows: Sequence[object]) -> None:
    if not rows and cell.usubjid is not None:
        raise UnknownName(f"{cell.analysis_id} neither used nor left out this patient there")


def counted(con: duckdb.DuckDBPyConnection, cell: Cell) -> tuple[int, int, int]:
    """Of the same, patients used and left out, and rows."""
    query = (
        "SELECT count(DISTINCT usubjid) FILTER (WHERE is_used), count(DISTINCT usubjid) FILTER (WHERE NOT is_used), "
        f"count(*) FROM {_rows_of(con, cell)}"
    )
    used, left_out, rows = one_row(con.execute(query))
    return used, left_out, rows


def _rows_of(con: duckdb.DuckDBPyConnection, cell: Cell) -> str:
    """The rows of results.analysis_member of a cell, as SQL."""
    table = f"(SELECT * FROM results.analysis_member WHERE analysis_id = {quoted(cell.analysis_id)})"
    is_whole = cell.variable is None and cell.level is None
    if is_whole and one_value(con.execute(f"SELECT count(*) FROM {table} WHERE variable IS NULL")):
        conditions = ["variable IS NULL"]
    else:
        conditions = []
    _must_be_known(con, cell, table, "group_level", cell.group)
    _must_be_known(con, cell, table, "variable", cell.variable)
    of_variable = "true" if cell.variable is None else f"variable = {quoted(cell.variable)}"
    _must_be_known(con, cell, table, "variable_level", cell.level, of_variable)
    if cell.group is not None:
        conditions.append(f"group_level = {quoted(cell.group)} OR group_level IS NULL")
    if cell.variable is not None:
        conditions.append(of_variable)
    if cell.level is not None:
        conditions.append(f"variable_level = {quoted(cell.level)} AND has_level")
    if cell.usubjid is not None:
        conditions.append(f"usubjid = {quoted(cell.usubjid)}")
    return f"{table} WHERE {' AND '.join(f'({condition})' for condition in conditions) or 'true'}"


def _must_be_known(
    con: duckdb.DuckDBPyConnection, cell: Cell, table: str, column: str, wanted: str | None, where: str = "true"
) -> None:
    """A level is one of the variable asked about; in a group where nobody has it, the cell is there and empty."""
    if wanted is None:
        return
    listed = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL AND {where} ORDER BY ALL"
    known = [name for (name,) in con.execute(listed).fetchall()]
    if wanted not in known:
        of = f" of {cell.variable}" if where != "true" else ""
        words = f"{column.replace('_', ' ')} {wanted}{of}"
        raise UnknownName(f"{cell.analysis_id} has no {words}; it has {', '.join(known) or 'none'}")
