"""The forms that a result can leave in, and one door to all of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum, auto
from pathlib import Path
from typing import BinaryIO

import duckdb

from cartwright.warehouse.export.dictionary import described, meanings
from cartwright.warehouse.export.rows import names_of, types_of


class Form(StrEnum):
    """How a result is written; also the ending of its file."""

    csv = auto()
    json = auto()
    parquet = auto()
    xlsx = auto()

    @property
    def is_binary(self) -> bool:
        return self in (Form.parquet, Form.xlsx)


def write(
    con: duckdb.DuckDBPyConnection, query: str, form: Form, out: BinaryIO, table: str | None, about: About
) -> int:
    """Run `query` and write its rows; returns their number. `table`: the published table that it reads whole, if any.

    Raises NotWritable for what the form cannot hold whole, duckdb.Error for a query that fails.
    """
    if not form.is_binary:
        from cartwright.warehouse.export import text

        return (text.write_csv if form is Form.csv else text.write_json)(con.execute(query), out)
    meaning = meanings(con, table)
    cursor = con.execute(query)
    columns = described(meaning, table, names_of(cursor), types_of(cursor))
    if form is Form.parquet:
        from cartwright.warehouse.export.parquet import write_parquet

        return write_parquet(cursor, out, columns, about)
    from cartwright.warehouse.export.workbook import write_workbook

    return write_workbook(cursor, out, columns, about)


About = Sequence[tuple[str, str]]
_TOLD = {
    "study_id": "study",
    "title": "title",
    "release_id": "release",
    "built_at": "built at",
    "data_cut_date": "data cut",
    "is_simulated": "simulated data",
}


def about_release(database: Path, what: str) -> About:
    """Where an exported table comes from: names and values for its sheet or its metadata."""
    manifest = json.loads((database.resolve().parent / "manifest.json").read_text(encoding="utf-8"))
    told = [(words, manifest[name]) for name, words in _TOLD.items() if name in manifest]
    return [("content", what), *((words, "yes" if v is True else "no" if v is False else str(v)) for words, v in told)]
