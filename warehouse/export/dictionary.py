"""What the columns of a table or result mean: type, unit and comment, from the release itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

import duckdb

HEAD = ("table", "column", "label", "type", "unit", "meaning")
# The house names its own columns with their unit last; the longest ending counts.
_UNITS = {
    "_10e6_day_per_l": "10^6/L x days",
    "_10e6_per_l": "10^6/L",
    "_cells_per_kg": "cells/kg",
    "_u_per_l": "U/L",
    "_mm2": "mm2",
    "_mm": "mm",
    "_kg": "kg",
    "_percent": "%",
    "_days": "days",
    "_months": "months",
    "_years": "years",
}
_BOUNDS = ("_least", "_greatest", "_low", "_high", "_mcse")
# Columns of the standards: the unit stands in another column of the row.
_UNIT_COLUMNS = {
    "aval": "avalu",
    "base": "avalu",
    "chg": "avalu",
    "value": "unit",
    "orres": "orresu",
    "stresn": "stresu",
}


@dataclass(frozen=True)
class Described:
    """A column; `label`: the first words of its meaning; `unit`: empty where there is none, `in <column>` where the row
    names it."""

    table: str
    column: str
    label: str
    type: str
    unit: str
    meaning: str

    def row(self) -> tuple[str, ...]:
        return astuple(self)


def meanings(con: duckdb.DuckDBPyConnection, table: str | None) -> dict[tuple[str, str], str]:
    """Comments by column and type: of a published table (`schema.table`); else of the names that the release that `con`
    uses describes in one way only. A result's own `count(*) AS n` is no column of that name: it has another type."""
    rows = con.execute(
        "SELECT column_name, data_type, comment FROM duckdb_columns() "
        "WHERE database_name = current_database() AND $1 IN (schema_name || '.' || table_name, '') "
        "QUALIFY count(DISTINCT coalesce(comment, '')) OVER (PARTITION BY column_name) = 1",
        [table or ""],
    ).fetchall()
    return {(name, kind): comment or "" for name, kind, comment in rows}


def described(
    meaning: Mapping[tuple[str, str], str], table: str | None, names: Sequence[str], types: Sequence[str]
) -> list[Described]:
    """The columns of a result, each with what is known of it."""
    known = [meaning.get(column, "") for column in zip(names, types, strict=True)]
    return [
        Described(table or "", name, _label(words), kind, unit_of(name, names), words)
        for name, kind, words in zip(names, types, known, strict=True)
    ]


def unit_of(column: str, beside: Sequence[str]) -> str:
    """The unit that a column's name tells, or the column of the same row that holds it."""
    for stem, unit_column in _UNIT_COLUMNS.items():
        other = column.removesuffix(stem) + unit_column
        if column.endswith(stem) and len(column) - len(stem) in (0, 2) and other in beside:
            return f"in {other}"
    for bound in _BOUNDS:
        column = column.removesuffix(bound)
    return next((unit for ending, unit in _UNITS.items() if column.endswith(ending)), "")


def _label(meaning: str) -> str:
    return meaning.split(";")[0].split(". ")[0].rstrip(".")
