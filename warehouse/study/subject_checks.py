"""Checks of what a protocol says of its subjects: names are declared, limits fit, nothing leads in a circle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

from cartwright.warehouse.names import unknown
from cartwright.warehouse.study.definition import Protocol
from cartwright.warehouse.study.fact_catalogue import fact_types, facts
from cartwright.warehouse.study.followup import OF_EVERY_STUDY, OF_RESPONSES
from cartwright.warehouse.study.order import anchors_named, circles, value_type
from cartwright.warehouse.study.subject import (
    DERIVED,
    GROUPED,
    Anchor,
    Condition,
    Cutoff,
    GroupItem,
    Item,
    Limit,
    Map,
    Own,
    Score,
    Selection,
    Total,
    Window,
    inputs,
)
from cartwright.warehouse.yaml_file import Place, Problem

NUMBERS, DAYS = ((int, float), "a number"), (int, "whole days")
LONGEST_DAYS = 36525
LARGEST = 1e15  # beyond it a number cannot be told from its neighbour


def subject_problems(protocol: Protocol) -> Iterator[Problem]:
    """Everything wrong with screening, anchors, items, criteria and groups that their shapes do not show."""
    names = _Names(protocol)
    yield from names.screening()
    for position, anchor in enumerate(protocol.anchors):
        yield from names.anchor(("anchors", position), anchor)
    yield from names.known(("time_zero",), protocol.time_zero, names.anchors, "anchor")
    for position, item in enumerate(protocol.items):
        yield from names.item(("items", position), item)
    yield from names.own_facts()
    for number, criterion in enumerate(protocol.criteria):
        for position, part in enumerate(criterion.parts):
            yield from names.criterion_part(("criteria", number, "parts", position), part)
    yield from names.groups()


def limit_problem(protocol: Protocol, place: Place, limit: Limit, wanted: tuple[Any, str]) -> Iterator[Problem]:
    """A limit that names no parameter, or has a value of another type."""
    types, words = wanted
    if isinstance(limit, str) and limit not in protocol.parameters:
        what, remedy = unknown("parameter", limit, protocol.parameters, "declare it, or write the value")
        yield place, what, remedy
        return
    value = protocol.parameters[limit].value if isinstance(limit, str) else limit
    where: Place = ("parameters", limit, "value") if isinstance(limit, str) else place
    if wanted is DAYS and isinstance(value, int) and abs(value) > LONGEST_DAYS:
        yield where, f"{value} days are more than anybody lives", "correct the number"
    elif isinstance(value, int | float) and not abs(value) <= LARGEST:  # nor is nan
        yield where, f"{value} is no number that anything is compared with", "correct the number"
    elif value is not None and (isinstance(value, bool) or not isinstance(value, types)):
        quoted = " without quotation marks" if isinstance(value, str) else ""
        yield where, f"{_shown(value)} is not {words}, as {place[0]} read it", f"give {words}{quoted}"


def duplicates(section: str, ids: list[Any]) -> Iterator[Problem]:
    """Names that are declared twice in a section."""
    for position, identifier in enumerate(ids):
        if identifier in ids[:position]:
            yield (section, position), f'"{identifier}" is declared twice', "rename or remove one of them"


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


class _Names:
    """What a protocol declares, and whether what it names is among it."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.facts = fact_types() | {fact.fact: fact.value_type for fact in protocol.own_facts}
        self.anchors = {protocol.screening.anchor, *(anchor.anchor for anchor in protocol.anchors)}
        self.items = {item.item: item for item in protocol.items}
        late = {name for name, item in self.items.items() if isinstance(item, Own) and item.kind == "subject"}
        self.judged = self.items.keys() - late  # what criteria may judge: known before follow-up
        self.ungrouped = {name for name in self.judged if not isinstance(self.items[name], GROUPED)}
        named = {anchor.anchor: anchors_named(anchor) for anchor in protocol.anchors}
        self.anchor_circles = circles(named)
        self.item_circles = circles({item.item: inputs(item) for item in protocol.items})

    def known(self, place: Place, name: str | None, names: Collection[str], word: str) -> Iterator[Problem]:
        if name is not None and name not in names:
            yield place, *unknown(word, name, names, f"declare the {word}")

    def screening(self) -> Iterator[Problem]:
        row = self.protocol.screening
        yield from duplicates("anchors", [anchor.anchor for anchor in self.protocol.anchors])
        yield from duplicates("items", [item.item for item in self.protocol.items])
        for position, anchor in enumerate(self.protocol.anchors):
            if anchor.anchor == row.anchor:
                yield ("anchors", position), f'"{row.anchor}" is the day of screening', "rename one of them"
        yield from self.fact(("screening", "fact"), row.fact)
        if row.flag is not None:
            yield from self.fact(("screening", "flag"), row.flag, "flag")
        if (row.pick == "first_flagged") is not (row.flag is not None):
            yield ("screening", "pick"), "a flag belongs to pick first_flagged, and only there", "give or drop the flag"

    def own_facts(self) -> Iterator[Problem]:
        yield from duplicates("own_facts", [fact.fact for fact in self.protocol.own_facts])
        for position, fact in enumerate(self.protocol.own_facts):
            if fact.fact in {*fact_types(), *OF_EVERY_STUDY, *OF_RESPONSES}:
                what = f'"{fact.fact}" is a fact of every study already'
                yield ("own_facts", position, "fact"), what, "drop it here, or rename the study's own"

    def fact(self, place: Place, fact: str, kind: str | None = None) -> Iterator[Problem]:
        if fact not in self.facts:
            yield place, *unknown("fact", fact, self.facts, "derive it in the study's sql/facts")
        elif kind is not None and self.facts[fact] != kind:
            yield place, f'"{fact}" is a {self.facts[fact]}, not a {kind}', f"name a fact that is a {kind}"

    def selection(self, place: Place, row: Selection) -> Iterator[Problem]:
        yield from self.fact((*place, "fact"), row.fact)
        for field in ("code_list", "without_code_list"):
            name = getattr(row, field)
            yield from self.known((*place, field), name, self.protocol.code_lists, "code list")
            if name is not None and row.fact in facts() and not facts()[row.fact].has_codes:
                what = f'"{row.fact}" is a {self.facts[row.fact]} without a code'
                yield (*place, field), what, f"drop {field}, or name a fact that has codes"
        yield from limit_problem(self.protocol, (*place, "without_max"), row.without_max, NUMBERS)
        if row.without_max is not None and self.facts.get(row.fact, "number") != "number":
            what = f'"{row.fact}" is a {self.facts[row.fact]}, and only a number has a limit'
            yield (*place, "without_max"), what, "drop without_max, or name a fact that is a number"
        for field in ("of_course", "from_", "after", "until", "before"):
            yield from self.known((*place, field.rstrip("_")), getattr(row, field), self.anchors, "anchor")
        for field in ("from_day", "to_day"):
            yield from limit_problem(self.protocol, (*place, field), getattr(row, field), DAYS)

    def anchor(self, place: Place, row: Anchor) -> Iterator[Problem]:
        yield from self.selection(place, row)
        if row.anchor in self.anchor_circles:
            yield place, f'"{row.anchor}" refers to itself, or to days that refer to it', "break the circle"
        if (row.from_day, row.to_day) != (None, None) and row.from_ is None and row.after is None:
            yield place, "from_day and to_day count from the anchor `from` or `after`", "name one of them"

    def item(self, place: Place, item: Item) -> Iterator[Problem]:
        if isinstance(item, Selection):
            yield from self.selected(place, item)
        for field in ("anchor", "from_", "to"):
            if not isinstance(item, Selection) and hasattr(item, field):
                yield from self.known((*place, field.rstrip("_")), getattr(item, field), self.anchors, "anchor")
        yield from self.known((*place, "only_if"), item.only_if, self.ungrouped, "item")
        if item.only_if == item.item:
            yield (*place, "only_if"), f'"{item.item}" is asked only if it is itself', "name another item"
        elif item.only_if is not None and (kind := self.kind_of(item.only_if)) not in (None, "flag"):
            yield (*place, "only_if"), f'"{item.only_if}" is a {kind}, no flag', "name an item that is a flag"
        if isinstance(item, DERIVED):
            yield from self.derived(place, item)

    def selected(self, place: Place, item: Any) -> Iterator[Problem]:
        yield from self.selection(place, item)
        yield from self.known((*place, "anchor"), item.anchor, self.anchors, "anchor")
        if item.anchor is None and (item.from_day, item.to_day) != (None, None):
            yield place, "from_day and to_day need an anchor to count from", "name the anchor"
        if item.anchor is None and not isinstance(item, Window) and item.pick == "nearest":
            yield place, "the nearest record needs an anchor", "name the anchor, or pick first or latest"
        if isinstance(item, Window) and item.kind == "sum":
            yield from self.fact((*place, "fact"), item.fact, "number")

    def derived(self, place: Place, item: Any) -> Iterator[Problem]:
        if item.item in self.item_circles:
            yield place, f'"{item.item}" is made of itself, or of items that are made of it', "break the circle"
            return
        places: list[Place] = [("of",)]
        if isinstance(item, Score) and item.points:
            places = [("points", number, "item") for number in range(len(item.points))]
        elif isinstance(item, Total):
            places = [("of", number) for number in range(len(item.of))]
            for number, name in enumerate(item.of):
                if name in item.of[:number]:
                    yield (*place, "of", number), f'"{name}" would be added twice', "name it once"
        for own_place, name in zip(places, inputs(item), strict=True):
            yield from self.known((*place, *own_place), name, self.ungrouped, "item")
        if isinstance(item, Cutoff):
            yield from self.condition(place, item, item.of)
        if isinstance(item, Map) and (kind := self.kind_of(item.of)) not in (None, "code", "flag"):
            remedy = "map a code, or a flag: its codes are true and false"
            yield (*place, "of"), f'"{item.of}" is a {kind}, which has no codes', remedy
        if isinstance(item, Score):
            for number, point in enumerate(item.points):
                yield from self.condition((*place, "points", number), point, point.item)

    def condition(self, place: Place, row: Condition, name: str) -> Iterator[Problem]:
        limits = {field: getattr(row, field) for field in ("min", "max", "over", "under")}
        for field, limit in limits.items():
            yield from limit_problem(self.protocol, (*place, field), limit, NUMBERS)
        yield from self.known((*place, "code_list"), row.code_list, self.protocol.code_lists, "code list")
        kind = self.kind_of(name)
        is_limited = any(limit is not None for limit in limits.values())
        asked = "code" if row.code_list is not None else "number" if is_limited else "flag"
        if kind is not None and (asked != kind or (row.code_list is not None and is_limited)):
            wants = {"code": "a code list", "number": "limits", "flag": "no limit", "date": "no condition"}[kind]
            yield place, f'"{name}" is a {kind}: its condition has {wants}', f"give {wants}, and nothing else"

    def kind_of(self, name: str) -> str | None:
        item = self.items.get(name)
        return None if item is None else value_type(self.protocol, item, self.facts)

    def criterion_part(self, place: Place, part: Any) -> Iterator[Problem]:
        yield from self.known((*place, "item"), part.item, self.judged, "item")
        kind = self.kind_of(part.item) or part.kind
        if kind != part.kind:
            yield (*place, "kind"), f'"{part.item}" is a {kind}, not a {part.kind}', f"write kind: {kind}"
        if (part.code_list is None) is (part.kind == "code"):
            yield place, "a code list belongs to kind code, and only there", "name a code list, or change the kind"
        yield from self.known((*place, "code_list"), part.code_list, self.protocol.code_lists, "code list")
        if (part.min is None and part.max is None) is (part.kind in ("number", "date")):
            yield place, "kinds number and date, and only they, have limits", "give min or max, or change the kind"
        for limit in ("min", "max"):
            wanted = (dt.date, "a date") if part.kind == "date" else NUMBERS
            yield from limit_problem(self.protocol, (*place, limit), getattr(part, limit), wanted)

    def groups(self) -> Iterator[Problem]:
        groups = self.protocol.groups
        for field, by in (("fact", "rules"), ("item", "item")):
            value = getattr(groups, field)
            if groups.by == by and value is None:
                yield ("groups", "by"), f"groups by {by} need `{field}`", f"write {field}: ..."
            elif groups.by != by and value is not None:
                yield ("groups", field), f"`{field}` belongs to groups by {by}", f"write by: {by}, or drop {field}"
        if (groups.by == "none") is bool(groups.labels):
            yield ("groups", "labels"), "groups have labels, and none has none", "name each compared group in words"
        if bool(groups.rules) is not (groups.by == "rules"):
            yield ("groups", "rules"), "rules belong to groups by rules, and only there", "give or drop the rules"
        if groups.fact is not None:
            yield from self.fact(("groups", "fact"), groups.fact)
        yield from self.known(("groups", "item"), groups.item, self.ungrouped, "item")
        if self.kind_of(groups.item or "") not in (None, "code"):
            kind, remedy = self.kind_of(groups.item or ""), "name an item that is a code"
            if kind in ("flag", "number"):
                flag = "it" if kind == "flag" else "a cutoff of it"
                remedy = f"make a code of {flag}: {{kind: map, of: ..., codes: {{true: ..., false: ...}}}}"
            yield ("groups", "item"), f'"{groups.item}" is a {kind}, no code', remedy
        if self.protocol.groups.by == "none":
            for item in self.protocol.items:
                if isinstance(item, GroupItem) and item.kind != "classes":
                    yield ("groups", "by"), f'there are no groups, and "{item.item}" asks for one', "declare groups"
        yield from self.rules()
        yield from self.grouped()

    def grouped(self) -> Iterator[Problem]:
        """Somebody of no group cannot be analysed: a criterion has to judge who is in one."""
        groups, lists = self.protocol.groups, self.protocol.code_lists
        telling = {item.item for item in self.protocol.items if isinstance(item, GroupItem) and item.kind == "group"}
        telling |= {groups.item} if groups.item is not None else set()
        is_judged = any(
            part.item in telling and part.code_list and set(lists.get(part.code_list, ())) <= groups.labels.keys()
            for criterion in self.protocol.criteria
            for part in criterion.parts
        )
        if groups.labels and not is_judged:
            part = f"{{item: {groups.item or 'group'}, kind: code, code_list: compared}}"
            remedy = f"add a criterion with the part {part}, and to code_lists compared: [{', '.join(groups.labels)}]"
            if not telling:
                remedy = f"declare {{item: group, label: Group, kind: group, otherwise: ...}}, and {remedy}"
            yield ("groups",), "no criterion asks who is in a group, and whoever is in none cannot be analysed", remedy

    def rules(self) -> Iterator[Problem]:
        seen: set[str | None] = set()
        for position, rule in enumerate(self.protocol.groups.rules):
            place = ("groups", "rules", position)
            if (rule.class_code is None) is (rule.item is None):
                yield place, "a rule names a class or an item", "give one of both"
            name = rule.class_code or rule.item
            if name in seen:
                yield place, f'"{name}" has a rule before', "remove one of them"
            seen.add(name)
            yield from self.known((*place, "item"), rule.item, self.ungrouped, "item")
            if rule.item is not None and self.kind_of(rule.item) not in (None, "flag"):
                yield (*place, "item"), f'"{rule.item}" is no flag', "name an item that is a flag"
            yield from self.known((*place, "group_code"), rule.group_code, self.protocol.groups.labels, "group")
            if (rule.group_code is None) is (rule.outside is None):
                yield place, "a rule gives a group, or says what is outside", "write one: group_code, or outside"
            elif rule.group_code is None and rule.stratum_code is not None:
                yield place, "a stratum is part of a group", "give group_code, or drop stratum_code"
