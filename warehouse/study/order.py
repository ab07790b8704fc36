"""The order in which a study's days and items can be found, and the columns that come of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cartwright.warehouse.study.definition import Protocol
from cartwright.warehouse.study.fact_catalogue import fact_types, may_be_bound
from cartwright.warehouse.study.subject import (
    DERIVED,
    GROUPED,
    SELECTED,
    Anchor,
    Bound,
    Day,
    Days,
    Item,
    Own,
    Pick,
    Score,
    Total,
    Window,
    inputs,
)


class Column(NamedTuple):
    """A declared column of adam.adsl."""

    name: str
    type: str
    item: str
    is_followed_only: bool
    description: str
    end: str | None = None  # least or greatest that a number can be, of one that can be a bound


def anchors_named(anchor: Anchor) -> list[str]:
    """The other anchors that an anchor refers to."""
    named = (anchor.of_course, anchor.from_, anchor.after, anchor.until, anchor.before)
    return [name for name in named if name is not None]


def anchor_levels(protocol: Protocol) -> dict[str, int]:
    """Anchor -> 0 for the screening's, else one more than the anchors it names. Names nobody declares count as 0."""
    names = {anchor.anchor: anchors_named(anchor) for anchor in protocol.anchors}
    return {protocol.screening.anchor: 0} | _levels(names)


def item_levels(protocol: Protocol) -> dict[str, int]:
    """Item -> 0 for one that is read off facts and days, else one more than the items it is derived from."""
    derived = {item.item: inputs(item) for item in protocol.items if isinstance(item, DERIVED)}
    return {item.item: 0 for item in protocol.items} | _levels(derived)


def _levels(names: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """One more than the highest level named; a circle ends at its own length (the checks refuse it)."""
    found = dict.fromkeys(names, 1)
    for _ in names:
        found = {name: 1 + max((found.get(other, 0) for other in others), default=0) for name, others in names.items()}
    return found


def circles(names: Mapping[str, Iterable[str]]) -> set[str]:
    """Names that lead back to themselves."""
    return {name for name, level in _levels(names).items() if level > len(names)}


def leaves(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Item and each item that is not derived itself and that it rests on (its own name, when it is none derived)."""
    by_name = {item.item: item for item in protocol.items}

    def below(name: str) -> set[str]:
        item = by_name.get(name)
        parts = inputs(item) if item is not None else []
        return set().union(*map(below, parts)) if parts else {name}

    for name in by_name:
        for leaf in sorted(below(name)):
            yield name, leaf


def item_facts(protocol: Protocol) -> dict[str, set[str]]:
    """Item -> the facts it rests on: its own, those of the days it names, those of the items it is made of."""
    screening, anchors = protocol.screening, {anchor.anchor: anchor for anchor in protocol.anchors}
    items = {item.item: item for item in protocol.items}

    def of_days(names: Iterable[str | None]) -> set[str]:
        found: set[str] = set()
        for name in names:
            if name == screening.anchor:
                found |= {screening.fact} | ({screening.flag} if screening.flag else set())
            elif name in anchors:
                found |= {anchors[name].fact} | of_days(anchors_named(anchors[name]))
        return found

    def of_groups() -> set[str]:
        groups = protocol.groups
        asked = [groups.item, *(rule.item for rule in groups.rules)]
        own = {groups.fact} if groups.fact else set()
        return own.union(of_days([protocol.time_zero]), *(of_item(items[name]) for name in asked if name in items))

    def of_item(item: Item) -> set[str]:
        if isinstance(item, DERIVED):
            return set().union(*(of_item(items[name]) for name in inputs(item) if name in items))
        if isinstance(item, GROUPED):
            return of_groups()
        if isinstance(item, Own):
            return set(item.facts)
        named = ("of_course", "anchor", "from_", "after", "until", "before", "to")
        days = of_days(getattr(item, name, None) for name in named)
        own = {item.fact} if isinstance(item, SELECTED) else {"birth"} if item.kind == "age" else set()
        return own | days

    return {name: of_item(item) for name, item in items.items()}


def value_type(protocol: Protocol, item: Item, facts: Mapping[str, str]) -> str:
    """number, code, flag or date: what an item holds."""
    if isinstance(item, Pick):
        return facts.get(item.fact, "number")
    if isinstance(item, Own):
        return item.value_type
    kinds = {"exists": "flag", "cutoff": "flag", "date": "date"}
    codes = ("group", "stratum", "subgroup", "classes", "map")
    return kinds.get(item.kind, "code" if item.kind in codes else "number")


def subject_columns(protocol: Protocol) -> list[Column]:
    """The declared columns of adam.adsl as in the protocol; behind a number that can be a bound its two ends."""
    facts = fact_types() | {fact.fact: fact.value_type for fact in protocol.own_facts}
    by_name = {item.item: item for item in protocol.items}
    found = []
    for item in (item for item in protocol.items if item.column):
        column = Column(
            item.item if item.column is True else str(item.column),
            item.type or _column_type(protocol, item, facts, by_name),
            item.item,
            item.is_followed_only,
            item.description or item.label,
        )
        found.append(column)
        if isinstance(item, Pick) and may_be_bound(item.fact) and column.type in ("double", "integer"):
            found += [_end_of(column, end, side) for end, side in (("least", "below"), ("greatest", "above"))]
    return found


def _end_of(column: Column, end: str, side: str) -> Column:
    said = f"{end.capitalize()} that {column.name} can be; empty where all that is known is what it lies {side}."
    return column._replace(name=f"{column.name}_{end}", description=said, end=end)


def _column_type(protocol: Protocol, item: Item, facts: Mapping[str, str], by_name: Mapping[str, Item]) -> str:
    kind = value_type(protocol, item, facts)
    if kind != "number":
        return {"code": "varchar", "flag": "boolean", "date": "date"}[kind]
    whole = isinstance(item, Day | Days | Score | Bound) or (isinstance(item, Window) and item.kind == "count")
    if isinstance(item, Total):
        whole = all(isinstance(by_name.get(name), Window) and by_name[name].kind == "count" for name in item.of)
    return "integer" if whole else "double"
