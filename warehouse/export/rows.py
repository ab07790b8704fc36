"""A result as it comes from the database, in portions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import duckdb

Row = tuple[Any, ...]
PORTION = 10_000


class NotWritable(Exception):
    """A result that the chosen form cannot hold whole; says which form can."""


def names_of(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for name, *_ in cursor.description or []]


def types_of(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    return [str(sql_type) for _, sql_type, *_ in cursor.description or []]


def portions(cursor: duckdb.DuckDBPyConnection) -> Iterator[list[Row]]:
    """All rows that are still to be fetched."""
    while rows := cursor.fetchmany(PORTION):
        yield rows


def distinct(names: list[str]) -> list[str]:
    """The names, where no two are the same. Raises NotWritable: a reader by name would lose one of the columns."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise NotWritable(f"more than one column is called {', '.join(twice)}: give each a name of its own with AS")
    return names
