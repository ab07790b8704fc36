"""The catalogue of dated facts (standards.fact): what a value can be, and which feeds it needs."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

CATALOGUE = Path(__file__).parents[2] / "sql" / "seeds" / "fact.csv"
_MAY_BE_EMPTY = "?"  # behind a feed table: without it the fact is told from the others, or is not known of anybody


class Fact(NamedTuple):
    """One kind of dated fact: number, code, flag or date; its number's unit, least and greatest value, and whether that
    can be a bound; its codes and those of its detail as the catalogue lists them (codes_of); and
    the feed tables that must have arrived."""

    value_type: str
    unit: str
    low: float | None
    high: float | None
    may_be_bound: bool
    values: str
    details: str
    needed: frozenset[str]

    @property
    def has_codes(self) -> bool:
        """Whether its occurrences have a code, as every code has, and a number with an intent."""
        return self.value_type == "code" or bool(self.values)


@cache
def facts() -> dict[str, Fact]:
    """Every fact of the catalogue by name."""
    with CATALOGUE.open(encoding="utf-8", newline="") as stream:
        return {row["fact"]: _fact(row) for row in csv.DictReader(stream)}


def _fact(row: dict[str, str]) -> Fact:
    low, high = (float(row[name]) if row[name] else None for name in ("low", "high"))
    tables = row["feeds"].split(";")
    return Fact(
        value_type=row["value_type"],
        unit=row["unit"],
        low=low,
        high=high,
        may_be_bound=row["may_be_bound"] == "true",
        values=row["value_list"],
        details=row["detail_list"],
        needed=frozenset(table for table in tables if not table.endswith(_MAY_BE_EMPTY)),
    )


def fact_types() -> dict[str, str]:
    """Facts of the catalogue -> number, code, flag or date."""
    return {name: fact.value_type for name, fact in facts().items()}


def may_be_bound(name: str) -> bool:
    """Whether a number can be what a value was reported above or below, as that of any laboratory test (lab_) can."""
    return name.startswith("lab_") or (name in facts() and facts()[name].may_be_bound)


def codes_of(listed: str, lists: Mapping[str, Collection[str]], is_detail: bool = False) -> set[str]:
    """The codes behind an entry of the catalogue (`a;b;@list`); empty: any can be.

    lists: code lists by name. Those of a detail stand in lower case, behind what stands before @.
    """
    found: set[str] = set()
    for part in filter(None, listed.split(";")):
        before, at, name = part.partition("@")
        found |= {before + (code.lower() if is_detail else code) for code in lists[name]} if at else {part}
    return found
