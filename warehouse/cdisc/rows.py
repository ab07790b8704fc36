"""The rows of a data set, read once for every form that they are written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from cartwright.warehouse.cdisc.shape import Shaped, as_written
from cartwright.warehouse.cdisc.standard import Variable


@dataclass(frozen=True)
class Rows:
    """`values`: rows of text, number, date or None, in the order of `variables`; `lengths`: of the longest text."""

    shaped: Shaped
    variables: tuple[Variable, ...]
    values: list[tuple[Any, ...]]
    lengths: Mapping[str, int]


def read(con: duckdb.DuckDBPyConnection, shaped: Shaped) -> Rows:
    """Fetch a data set."""
    values = con.execute(shaped.select()).fetchall()
    written = tuple(map(as_written, shaped.variables))
    lengths = {
        v.name: max((len(row[i].encode()) for row in values if row[i] is not None), default=1) or 1
        for i, v in enumerate(written)
        if v.type in ("text", "datetime")
    }
    return Rows(shaped, written, values, lengths)
