"""The tables of the schema `study` that say of its subjects: screening, anchors, items, criteria, groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.fact_catalogue import fact_types
from cartwright.warehouse.study.order import (
    anchor_levels,
    item_facts,
    item_levels,
    leaves,
    subject_columns,
    value_type,
)
from cartwright.warehouse.study.subject import (
    Anchor,
    Bound,
    Condition,
    Cutoff,
    Details,
    Item,
    Map,
    Pick,
    Score,
    Selection,
    Total,
    Window,
    details,
)

Rows = Callable[[Study], Iterator[dict[str, Any]]]
_SEQ = {"seq": ("INTEGER", "Order.")}
_ITEM = {"item": ("VARCHAR", "Item.")}
_SELECTION = {
    "fact": ("VARCHAR", "Fact of the catalogue (standards.fact) or of the study's own."),
    "detail_code": ("VARCHAR", "Its detail, several joined by comma; empty: any."),
    "code_list": ("VARCHAR", "Its code is in this list; empty: any code."),
    "without_code_list": ("VARCHAR", "Its code is not in this list; an unknown one stays."),
    "without_max_num": ("DOUBLE", "Its number is above this; an unknown one stays."),
    "of_course": ("VARCHAR", "It belongs to the course of this anchor."),
    "from_anchor": ("VARCHAR", "It is on or after this anchor."),
    "after_anchor": ("VARCHAR", "It is later than this anchor."),
    "until_anchor": ("VARCHAR", "It is not later than this anchor, where that is known."),
    "before_anchor": ("VARCHAR", "It is earlier than this anchor, where that is known."),
    "anchor": ("VARCHAR", "Anchor from which from_day and to_day count."),
    "from_day": ("INTEGER", "First day from the anchor; empty: ever."),
    "to_day": ("INTEGER", "Last day from the anchor; empty: ever."),
}
_CONDITION = {
    "min_num": ("DOUBLE", "Smallest number that holds."),
    "max_num": ("DOUBLE", "Largest number that holds."),
    "over_num": ("DOUBLE", "A number above this holds."),
    "under_num": ("DOUBLE", "A number below this holds."),
    "code_list": ("VARCHAR", "Code list whose codes hold."),
}


def _selection(study: Study, row: Anchor | Pick | Window) -> dict[str, Any]:
    return {
        "fact": row.fact,
        "detail_code": _joined(row.detail_code),
        "code_list": row.code_list,
        "without_code_list": row.without_code_list,
        "without_max_num": study.value(row.without_max),
        "of_course": row.of_course,
        "from_anchor": row.from_,
        "after_anchor": row.after,
        "until_anchor": row.until,
        "before_anchor": row.before,
        "anchor": row.anchor,  # of an anchor its own name
        "from_day": study.value(row.from_day),
        "to_day": study.value(row.to_day),
    }


def _joined(said: Details) -> str | None:
    return ",".join(details(said)) or None


def _condition(study: Study, row: Condition) -> dict[str, Any]:
    limits = {f"{name}_num": study.value(getattr(row, name)) for name in ("min", "max", "over", "under")}
    return limits | {"code_list": row.code_list}


def _screening(study: Study) -> Iterator[dict[str, Any]]:
    row = study.protocol.screening
    yield row.model_dump() | {"detail_code": _joined(row.detail_code)}


def _anchors(study: Study) -> Iterator[dict[str, Any]]:
    protocol, levels = study.protocol, anchor_levels(study.protocol)
    for seq, row in enumerate(protocol.anchors, start=1):
        selection = _selection(study, row) | {"anchor": row.from_ or row.after}  # from it days are counted
        named = {"seq": seq, "name": row.anchor, "level_no": levels[row.anchor], "label": row.label, "pick": row.pick}
        yield named | selection | {"is_complete": row.is_complete or row.anchor == protocol.time_zero}


def _time_zero(study: Study) -> Iterator[dict[str, Any]]:
    yield {"anchor": study.protocol.time_zero}


def _items(study: Study) -> Iterator[dict[str, Any]]:
    protocol, levels = study.protocol, item_levels(study.protocol)
    facts = fact_types() | study.own_fact_types
    columns = {column.item: column for column in subject_columns(protocol) if column.end is None}
    for seq, item in enumerate(protocol.items, start=1):
        column = columns.get(item.item)
        named = {
            "seq": seq,
            "item": item.item,
            "label": item.label,
            "kind_code": item.kind,
            "level_no": levels[item.item],
            "value_type": value_type(protocol, item, facts),
            "only_if_item": item.only_if,
            "otherwise": getattr(item, "otherwise", None),
            "column_name": column.name if column else None,
            "column_type": column.type if column else None,
            "is_followed_only": item.is_followed_only,
        }
        yield named | _picked(study, item)


def _picked(study: Study, item: Item) -> dict[str, Any]:
    """What a kind of item says of facts and days."""
    if isinstance(item, Selection):
        return _selection(study, item) | {"pick": getattr(item, "pick", None), "each": getattr(item, "each", None)}
    return {
        "anchor": getattr(item, "anchor", None),
        "from_anchor": getattr(item, "from_", None),
        "to_anchor": getattr(item, "to", None),
    }


def _item_parts(study: Study) -> Iterator[dict[str, Any]]:
    for item in study.protocol.items:
        for part_no, part in enumerate(_parts(study, item), start=1):
            yield {"item": item.item, "part_no": part_no, **part}


def _parts(study: Study, item: Item) -> Iterator[dict[str, Any]]:
    if isinstance(item, Score):
        for point in item.points:
            yield {"of_item": point.item, "points": point.points} | _condition(study, point)
    elif isinstance(item, Cutoff):
        yield {"of_item": item.of} | _condition(study, item)
    elif isinstance(item, Total):
        yield from ({"of_item": name} for name in item.of)
    elif isinstance(item, Bound):
        yield {"of_item": item.of, "end_code": item.end}
    elif isinstance(item, Map):
        yield {"of_item": item.of}


def _item_codes(study: Study) -> Iterator[dict[str, Any]]:
    for item in study.protocol.items:
        if isinstance(item, Map):
            yield from ({"item": item.item, "code": code, "mapped_code": to} for code, to in item.codes.items())


def _item_facts(study: Study) -> Iterator[dict[str, Any]]:
    for item, facts in item_facts(study.protocol).items():
        yield from ({"item": item, "fact": fact} for fact in sorted(facts))


def _criteria(study: Study) -> Iterator[dict[str, Any]]:
    for seq, criterion in enumerate(study.protocol.criteria, start=1):
        for part_no, part in enumerate(criterion.parts, start=1):
            suffix = "date" if part.kind == "date" else "num"
            limits = {f"{name}_{suffix}": study.value(getattr(part, name)) for name in ("min", "max")}
            whole = {"criterion_id": criterion.criterion_id, "seq": seq, "label": criterion.label}
            judged = {"part_no": part_no, "item": part.item, "kind": part.kind, "code_list": part.code_list}
            yield whole | judged | limits


def _code_lists(study: Study) -> Iterator[dict[str, Any]]:
    for name, codes in study.protocol.code_lists.items():
        yield from ({"code_list": name, "code": code} for code in codes)


def _grouping(study: Study) -> Iterator[dict[str, Any]]:
    groups = study.protocol.groups
    yield {"by_code": groups.by, "fact": groups.fact, "item": groups.item, "otherwise": groups.otherwise}


def _groups(study: Study) -> Iterator[dict[str, Any]]:
    labels = study.protocol.groups.labels or {"all": "All"}
    for seq, (code, label) in enumerate(labels.items(), start=1):
        yield {"seq": seq, "group_code": code, "label": label}


def _group_rules(study: Study) -> Iterator[dict[str, Any]]:
    for seq, rule in enumerate(study.protocol.groups.rules, start=1):
        yield {"seq": seq, **rule.model_dump(), "stratum_code": rule.stratum_code or rule.group_code}


# table -> what a row is, its columns (type, description), its rows
TABLES: dict[str, tuple[str, dict[str, tuple[str, str]], Rows]] = {
    "screening": (
        "Which fact brings a patient in, and which occurrence the study follows: one row.",
        {
            "anchor": ("VARCHAR", "Name of that day, the first anchor."),
            "label": ("VARCHAR", "Day in words."),
            "fact": ("VARCHAR", "Fact of the catalogue."),
            "detail_code": ("VARCHAR", "Its detail, several joined by comma; empty: any."),
            "pick": ("VARCHAR", "first, last, or first_flagged: the first of which the flag is 1, else the last."),
            "flag": ("VARCHAR", "Fact of the same course that flags it."),
        },
        _screening,
    ),
    "anchor": (
        "Named days in their order: the first or last day of the occurrences that a row selects.",
        {
            **_SEQ,
            "name": ("VARCHAR", "Anchor."),
            "level_no": (
                "INTEGER",
                "1 when it refers to the screened day at most, else one more than those it names.",
            ),
            "label": ("VARCHAR", "Day in words."),
            **_SELECTION,
            "pick": ("VARCHAR", "first or last."),
            "is_complete": ("BOOLEAN", "true: a day known in part gives no anchor."),
        },
        _anchors,
    ),
    "time_zero": (
        "The anchor from which the comparison starts: one row.",
        {"anchor": ("VARCHAR", "Anchor.")},
        _time_zero,
    ),
    "item": (
        "What is known of each screened subject, one value an item.",
        {
            **_SEQ,
            **_ITEM,
            "label": ("VARCHAR", "Item in words."),
            "kind_code": ("VARCHAR", "How it is found: pick, count, exists, sum, date, age, days, cutoff, score ..."),
            "level_no": ("INTEGER", "0 when read off facts and days, else one more than the items it is derived from."),
            "value_type": ("VARCHAR", "number, code, flag or date."),
            **_SELECTION,
            "to_anchor": ("VARCHAR", "Anchor up to which days are counted."),
            "pick": ("VARCHAR", "first, latest or nearest to the anchor (of equals the earlier)."),
            "each": ("VARCHAR", "What is counted: occurrence or course."),
            "only_if_item": ("VARCHAR", "The question does not arise where this flag is 0."),
            "otherwise": ("VARCHAR", "The words for none."),
            "column_name": ("VARCHAR", "Column of adam.adsl; empty: none."),
            "column_type": ("VARCHAR", "Its type."),
            "is_followed_only": ("BOOLEAN", "true: the column stands for included subjects with a time zero only."),
        },
        _items,
    ),
    "item_part": (
        "What a derived item is made of, one row a part.",
        {
            **_ITEM,
            "part_no": ("INTEGER", "Part within the item."),
            "of_item": ("VARCHAR", "Item it looks at."),
            **_CONDITION,
            "points": ("INTEGER", "Points of a score when the condition holds."),
            "end_code": ("VARCHAR", "low or high: which bound of a score."),
        },
        _item_parts,
    ),
    "item_code": (
        "Codes of items that map codes to codes.",
        {**_ITEM, "code": ("VARCHAR", "Code."), "mapped_code": ("VARCHAR", "What it becomes.")},
        _item_codes,
    ),
    "item_leaf": (
        "The items read off facts and days that an item rests on; its own name when it is one.",
        {**_ITEM, "leaf": ("VARCHAR", "Item it rests on.")},
        lambda study: ({"item": item, "leaf": leaf} for item, leaf in leaves(study.protocol)),
    ),
    "item_fact": (
        "The facts of the catalogue that an item rests on, through its days and the items it is made of.",
        {**_ITEM, "fact": ("VARCHAR", "Fact (standards.fact).")},
        _item_facts,
    ),
    "criterion": (
        "Eligibility criteria in their order, one row a part; every part must hold.",
        {
            "criterion_id": ("VARCHAR", "Criterion."),
            **_SEQ,
            "label": ("VARCHAR", "Criterion in words."),
            "part_no": ("INTEGER", "Part within the criterion."),
            "item": ("VARCHAR", "Item that is judged (study.item)."),
            "kind": ("VARCHAR", "flag, number, date or code."),
            "min_num": ("DOUBLE", "Smallest number that is met."),
            "max_num": ("DOUBLE", "Largest number that is met."),
            "min_date": ("DATE", "First day that is met."),
            "max_date": ("DATE", "Last day that is met."),
            "code_list": ("VARCHAR", "Code list whose codes are met."),
        },
        _criteria,
    ),
    "code_list": (
        "Code lists of the study.",
        {"code_list": ("VARCHAR", "Name."), "code": ("VARCHAR", "Code.")},
        _code_lists,
    ),
    "grouping": (
        "How groups are made: one row.",
        {
            "by_code": ("VARCHAR", "none (everybody is in group all), rules, or item."),
            "fact": ("VARCHAR", "By rules: the fact whose detail is the class of a start."),
            "item": ("VARCHAR", "By item: the item whose code is the group."),
            "otherwise": ("VARCHAR", "The words for whoever fits none."),
        },
        _grouping,
    ),
    "study_group": (
        "Groups that are compared.",
        {**_SEQ, "group_code": ("VARCHAR", "Group."), "label": ("VARCHAR", "Group in words.")},
        _groups,
    ),
    "group_rule": (
        "Which class that starts at time zero, or which item, puts a subject into a group; the first decides.",
        {
            **_SEQ,
            "class_code": ("VARCHAR", "Class that the combination contains."),
            "item": ("VARCHAR", "Or a flag that is 1."),
            "group_code": ("VARCHAR", "Group, empty when outside the comparison."),
            "stratum_code": ("VARCHAR", "Stratum within the group."),
            "subgroup_code": ("VARCHAR", "Class within the group."),
            "outside": ("VARCHAR", "Why such a combination is outside the comparison."),
            "origin": ("VARCHAR", "paper or decided."),
        },
        _group_rules,
    ),
}
