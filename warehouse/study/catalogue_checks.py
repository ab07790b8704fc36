"""Checks of a protocol against the catalogue of facts: codes that nobody can have, limits beyond what can be, windows
without a day. Such a slip is no error to the models: it would make a group, a flag or a count empty.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from cartwright.warehouse.names import unknown
from cartwright.warehouse.study.definition import Protocol
from cartwright.warehouse.study.fact_catalogue import Fact, codes_of, fact_types, facts
from cartwright.warehouse.study.followup import RESTS_ON
from cartwright.warehouse.study.order import value_type
from cartwright.warehouse.study.subject import (
    Bound,
    Condition,
    CriterionPart,
    Cutoff,
    Day,
    Days,
    GroupItem,
    Limit,
    Map,
    Pick,
    Score,
    Selection,
    Window,
    details,
    strata,
)
from cartwright.warehouse.yaml_file import Place, Problem

Lists = Mapping[str, Collection[str]]
_EARLIEST = dt.date(1900, 1, 1)
OLDEST_YEARS = 120


class Range(NamedTuple):
    """What a number can be; None: nothing is known of that end."""

    low: float | None = None
    high: float | None = None
    unit: str = ""


def catalogue_problems(protocol: Protocol, lists: Lists) -> Iterator[Problem]:
    """Everything in the protocol that no record can ever meet. lists: the hospital's code lists by name."""
    checks = _Catalogue(protocol, lists)
    yield from checks.details()
    yield from checks.values()
    yield from checks.limits()
    yield from checks.windows()
    yield from checks.dates()


def codes_of_item(protocol: Protocol, lists: Lists, name: str) -> set[str]:
    """The codes that an item can have; empty: any."""
    return _Catalogue(protocol, lists).codes(name)


class _Catalogue:
    def __init__(self, protocol: Protocol, lists: Lists) -> None:
        self.protocol, self.lists, self.facts = protocol, lists, facts()
        self.items = {item.item: item for item in protocol.items}

    def selections(self) -> Iterator[tuple[Place, Selection]]:
        yield from ((("anchors", number), row) for number, row in enumerate(self.protocol.anchors))
        yield from ((("items", n), item) for n, item in enumerate(self.protocol.items) if isinstance(item, Selection))

    def details(self) -> Iterator[Problem]:
        screening, groups = self.protocol.screening, self.protocol.groups
        asked: list[tuple[Place, str, str | None]] = [
            (("screening", "detail_code"), screening.fact, code) for code in details(screening.detail_code)
        ]
        for at, row in self.selections():
            asked += [((*at, "detail_code"), row.fact, code) for code in details(row.detail_code)]
        for number, endpoint in enumerate(self.protocol.endpoints):
            for position, source in enumerate(endpoint.sources):
                place: Place = ("endpoints", number, "sources", position, "detail_codes")
                fact = RESTS_ON.get(source.fact, source.fact)
                asked += [((*place, at), fact, code) for at, code in enumerate(source.detail_codes)]
        if groups.fact is not None:
            asked += [
                (("groups", "rules", n, "class_code"), groups.fact, r.class_code) for n, r in enumerate(groups.rules)
            ]
        for place, fact, code in asked:
            known = codes_of(self.facts[fact].details, self.lists, is_detail=True) if fact in self.facts else set()
            if code is not None and known and code not in known:
                yield place, *unknown(f'detail of "{fact}"', code, known, "add it to the hospital's code_list.csv")

    def values(self) -> Iterator[Problem]:
        """Codes of lists and maps that what they are asked of cannot have."""
        asked = [
            (row.fact, name) for _, row in self.selections() for name in (row.code_list, row.without_code_list) if name
        ]
        found: list[tuple[set[str], str, str | None]]
        found = [(self.value_codes(fact), f'code of "{fact}"', name) for fact, name in asked if fact in self.facts]
        found += [(self.codes(row.item), f'code of "{row.item}"', row.code_list) for _, row in self.criteria()]
        found += [(self.codes(name), f'code of "{name}"', row.code_list) for _, row, name in self.conditions()]
        for known, words, list_name in found:
            if list_name is None:
                continue
            for position, code in enumerate(self.protocol.code_lists.get(list_name, [])):
                if known and code not in known:
                    yield ("code_lists", list_name, position), *unknown(words, code, known)
        for number, item in enumerate(self.protocol.items):
            if not isinstance(item, Map):
                continue
            known = self.codes(item.of) or self.flag_codes(item.of)
            for code in item.codes if known else ():
                if code not in known:
                    yield ("items", number, "codes", code), *unknown(f'code of "{item.of}"', code, known)

    def flag_codes(self, name: str) -> set[str]:
        item, own = self.items.get(name), {fact.fact: fact.value_type for fact in self.protocol.own_facts}
        is_flag = item is not None and value_type(self.protocol, item, fact_types() | own) == "flag"
        return {"true", "false"} if is_flag else set()

    def limits(self) -> Iterator[Problem]:
        """Limits that the catalogue says no value can reach, and parameters in another unit."""
        asked = [(place, row, row.item) for place, row in self.criteria()] + list(self.conditions())
        for place, row, name in asked:
            unit = self.unit_of(name)
            for field in ("min", "max", "over", "under"):
                limit = getattr(row, field, None)
                yield from self.beyond((*place, field), limit, name)
                yield from self.other_unit(limit, unit, name)

    def beyond(self, place: Place, limit: Limit, name: str) -> Iterator[Problem]:
        value, where = self.value(limit), ("parameters", limit, "value") if isinstance(limit, str) else place
        can_be = self.range_of(name)
        if not _is_number(value):
            return
        if (can_be.low is not None and value < can_be.low) or (can_be.high is not None and value > can_be.high):
            what = f'{value} is beyond what "{getattr(self.items[name], "fact", name)}" can be ({_plain(can_be)})'
            yield where, what, "give the limit in its unit"

    def range_of(self, name: str) -> Range:
        """Least and greatest number that an item can be, and their unit."""
        item, fact = self.items.get(name), self.fact_of(name)
        if fact is not None:
            return Range(fact.low, fact.high, fact.unit)
        if isinstance(item, Score):
            return Range(0, sum(point.points for point in item.points), "1")
        if isinstance(item, Bound):
            return self.range_of(item.of) if isinstance(self.items.get(item.of), Score) else Range()
        if isinstance(item, Day) and item.kind == "age":
            return Range(0, OLDEST_YEARS, "a")
        return Range(0) if isinstance(item, Window) and item.kind == "count" else Range()

    def other_unit(self, limit: Limit, unit: str | None, name: str) -> Iterator[Problem]:
        declared = self.protocol.parameters.get(limit) if isinstance(limit, str) else None
        if isinstance(limit, str) and declared and declared.unit and unit and declared.unit != unit:
            what = f'the unit {declared.unit} is not that of "{name}", {unit}'
            yield ("parameters", limit, "unit"), what, f"give value and unit in {unit}"

    def windows(self) -> Iterator[Problem]:
        for place, row in self.selections():
            yield from self.order(place, row, "from_day", "to_day", "no day is in it")
        for number, scans in enumerate(self.protocol.schedule):
            yield from self.order(("schedule", number), scans, "from_day", "to_day", "no day is in it")
        for place, part in self.criteria():
            yield from self.order(place, part, "min", "max", "nothing lies between")
        for place, condition, _ in self.conditions():
            for first, last in (("min", "max"), ("over", "max"), ("min", "under"), ("over", "under")):
                yield from self.order(place, condition, first, last, "nothing lies between")

    def order(self, place: Place, row: Any, first: str, last: str, words: str) -> Iterator[Problem]:
        """Two limits that leave nothing: of those that are themselves left out (over, under) equal ones do."""
        low, high = (self.value(getattr(row, field)) for field in (first, last))
        if not (_is_number(low) and _is_number(high)) and not (isinstance(low, dt.date) and isinstance(high, dt.date)):
            return
        if low > high or (low == high and {first, last} & {"over", "under"}):
            limit = getattr(row, first)
            where = ("parameters", limit, "value") if isinstance(limit, str) else (*place, first)
            yield where, f"from {low} to {high} {words}", "exchange or correct the limits, mind the signs"

    def dates(self) -> Iterator[Problem]:
        cut = self.protocol.study.data_cut_date
        said: list[tuple[Place, Any]]
        said = [(("parameters", name, "value"), each.value) for name, each in self.protocol.parameters.items()]
        said += [((*place, field), getattr(part, field)) for place, part in self.criteria() for field in ("min", "max")]
        for place, value in said:
            if isinstance(value, dt.date) and not _EARLIEST <= value <= cut:
                what = f"{value} is after the data cut, {cut}" if value > cut else f"{value} is long past"
                yield place, what, "correct the year, or the data cut"
        if cut < _EARLIEST:
            yield ("study", "data_cut_date"), f"{cut} is long past", "correct the year"

    def criteria(self) -> Iterator[tuple[Place, CriterionPart]]:
        for number, criterion in enumerate(self.protocol.criteria):
            for position, part in enumerate(criterion.parts):
                yield ("criteria", number, "parts", position), part

    def conditions(self) -> Iterator[tuple[Place, Condition, str]]:
        for number, item in enumerate(self.protocol.items):
            if isinstance(item, Cutoff):
                yield ("items", number), item, item.of
            elif isinstance(item, Score):
                yield from ((("items", number, "points", at), row, row.item) for at, row in enumerate(item.points))

    def value(self, limit: Limit) -> Any:
        if not isinstance(limit, str):
            return limit
        return self.protocol.parameters[limit].value if limit in self.protocol.parameters else None

    def fact_of(self, name: str) -> Fact | None:
        item = self.items.get(name)
        return self.facts.get(item.fact) if isinstance(item, Pick) else None

    def unit_of(self, name: str) -> str | None:
        item, fact = self.items.get(name), self.fact_of(name)
        if isinstance(item, Day | Days):
            return {"age": "a", "days": "d"}.get(item.kind)
        return fact.unit or None if fact else None

    def value_codes(self, fact: str) -> set[str]:
        return codes_of(self.facts[fact].values, self.lists)

    def codes(self, name: str) -> set[str]:
        """The codes that an item can have; empty: any."""
        item, groups = self.items.get(name), self.protocol.groups
        if isinstance(item, Pick) and item.fact in self.facts:
            return self.value_codes(item.fact)
        if isinstance(item, Map):
            return set(item.codes.values())
        if isinstance(item, GroupItem) and item.kind == "group":
            return set(groups.labels)
        if isinstance(item, GroupItem) and item.kind == "stratum" and groups.by == "rules":
            return strata(groups)
        if isinstance(item, GroupItem) and item.kind == "subgroup" and groups.by == "rules":
            return {rule.subgroup_code for rule in groups.rules if rule.subgroup_code}
        return set()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(can_be: Range) -> str:
    """Its limits in words, without exponents."""
    ends = [("from", can_be.low), ("to", can_be.high)]
    return " ".join(
        [*(f"{word} {end:.10g}" for word, end in ends if end is not None), can_be.unit.removeprefix("1")]
    ).strip()
