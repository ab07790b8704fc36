"""Checks of the columns that a protocol declares: each has a name of its own, and a type that its item can fill."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import duckdb

from cartwright.warehouse.study.columns import described
from cartwright.warehouse.study.definition import Protocol
from cartwright.warehouse.study.fact_catalogue import fact_types
from cartwright.warehouse.study.order import subject_columns, value_type
from cartwright.warehouse.yaml_file import Problem

# What an item holds -> the types of column that can hold it.
_TYPES = {"number": ("integer", "double"), "code": ("varchar",), "flag": ("boolean",), "date": ("date",)}
# Columns of mart.patients that adam.adsl does not have.
_OF_PATIENTS = ("is_included", "exclusion_reason", "treatment_group")


def column_problems(protocol: Protocol) -> Iterator[Problem]:
    """Columns that another one is called like, and types that would leave a column empty."""
    facts = fact_types() | {fact.fact: fact.value_type for fact in protocol.own_facts}
    places = {item.item: position for position, item in enumerate(protocol.items)}
    taken = dict.fromkeys([*described("adsl"), *_OF_PATIENTS], "every study has a column of that name")
    taken |= dict.fromkeys(_words_of_sql(), "SQL has that word for itself")
    for column in subject_columns(protocol):
        place = ("items", places[column.item], "column")
        if column.name in taken:
            yield place, f'column "{column.name}": {taken[column.name]}', "rename it: `column: another_name`"
        made = "made for" if column.end else "by"
        taken.setdefault(column.name, f'it is declared twice, before {made} "{column.item}"')
    for position, item in enumerate(protocol.items):
        kind = value_type(protocol, item, facts)
        if item.type is not None and item.type not in _TYPES[kind]:
            remedy = f"write type: {' or '.join(_TYPES[kind])}, or leave it out"
            yield ("items", position, "type"), f'"{item.item}" is a {kind}, which no {item.type} holds', remedy


@cache
def _words_of_sql() -> tuple[str, ...]:
    with duckdb.connect() as con:
        rows = con.execute("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'").fetchall()
    return tuple(name for (name,) in rows)
