"""The catalogue of dated facts (standards.fact): what a value can be, which feeds it needs, which a study uses."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.order import item_facts

CATALOGUE = Path(__file__).parents[2] / "sql" / "seeds" / "fact.csv"
_MAY_BE_EMPTY = "?"  # behind a feed table: without it the fact is told from the others, or is not known of anybody
# What follow-up derives -> the fact of the catalogue that it rests on.
_FOLLOW_UP = {"last_alive": "contact", "new_therapy": "therapy_start", "death": "death", "clinical_pd": "clinical_pd"}
_RESPONSES = ("first_response", "imaging_pd", "adequate_assessment", "assessment_gap")
_BY_SOURCE = {"lesions": {"response"}, "rated": {"rated_response"}, "rated_where_lesions_missing": {"response"}}


class Fact(NamedTuple):
    """One kind of dated fact: its number's unit and least and greatest value, its codes and those of its detail as the
    catalogue lists them (codes_of), and the feed tables that must have arrived."""

    unit: str
    low: float | None
    high: float | None
    values: str
    details: str
    needed: frozenset[str]


@cache
def facts() -> dict[str, Fact]:
    """Every fact of the catalogue by name."""
    with CATALOGUE.open(encoding="utf-8", newline="") as stream:
        return {row["fact"]: _fact(row) for row in csv.DictReader(stream)}


def _fact(row: dict[str, str]) -> Fact:
    low, high = (float(row[name]) if row[name] else None for name in ("low", "high"))
    tables = row["feeds"].split(";")
    needed = frozenset(table for table in tables if not table.endswith(_MAY_BE_EMPTY))
    return Fact(row["unit"], low, high, row["value_list"], row["detail_list"], needed)


def codes_of(listed: str, lists: Mapping[str, Collection[str]], is_detail: bool = False) -> set[str]:
    """The codes behind an entry of the catalogue (`a;b;@list`); empty: any can be.

    lists: code lists by name. Those of a detail stand in lower case, behind what stands before @.
    """
    found: set[str] = set()
    for part in filter(None, listed.split(";")):
        before, at, name = part.partition("@")
        found |= {before + (code.lower() if is_detail else code) for code in lists[name]} if at else {part}
    return found


def used_by(study: Study) -> set[str]:
    """Facts of the catalogue that the study's screening, days, items, groups and endpoints rest on."""
    protocol = study.protocol
    named = {protocol.screening.fact, protocol.screening.flag, protocol.groups.fact}
    named |= {anchor.fact for anchor in protocol.anchors}
    named = named.union(*item_facts(protocol).values())
    for source in (source for endpoint in protocol.endpoints for source in endpoint.sources):
        if source.fact in _RESPONSES and protocol.response:
            named |= _BY_SOURCE[protocol.response.source]
        else:
            named.add(_FOLLOW_UP.get(source.fact, source.fact))
    return {name for name in facts() if name in named}


def needed_feeds(study: Study) -> frozenset[str]:
    """Feed tables without which the study cannot be judged: of one of them empty, nothing of it is published."""
    return frozenset().union(*(facts()[fact].needed for fact in used_by(study)))
