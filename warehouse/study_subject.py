"""What a protocol says of its subjects: who is screened, the named days, the items known of each, criteria and groups.

Shapes only; checks are in study_checks and study_item_checks. There are no expressions: every clause is a plain word
with one meaning, and anything compound is a model of the study's own (kind own).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr

Limit = StrictInt | StrictFloat | dt.date | StrictStr | None  # a text names a parameter; a yes or no is no number
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Origin = Literal["paper", "decided"]
ValueType = Literal["number", "code", "flag", "date"]
ColumnType = Literal["integer", "double", "boolean", "varchar", "date"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class OwnFact(Strict):
    """A dated fact that a model of the study's own gives (sql/facts of the study folder)."""

    fact: Id
    value_type: ValueType
    description: str


class Selection(Strict):
    """Which occurrences of a fact count: of a detail, of a course, by their code, by their number, by their day."""

    fact: Id
    detail_code: str | None = None
    code_list: Id | None = None  # its code is one of these
    without_code_list: Id | None = None  # its code is none of these (unknown stays)
    without_max: Limit = None  # its number is above this (unknown stays)
    of_course: Id | None = None  # it belongs to the course of this anchor
    from_: Id | None = Field(default=None, alias="from")  # on or after this anchor
    after: Id | None = None  # later than this anchor
    until: Id | None = None  # not later than this anchor, where that is known
    before: Id | None = None  # earlier than this anchor, where that is known


class Screening(Strict):
    """Which fact brings a patient in, and which of its occurrences the study follows; it is the first anchor."""

    anchor: Id
    label: str
    fact: Id
    detail_code: str | None = None
    pick: Literal["first", "last", "first_flagged"]
    flag: Id | None = None  # first_flagged: a fact of the same course; the first with flag 1, else the last


class Anchor(Selection):
    """A named day of a subject: the first or last day of the occurrences selected."""

    anchor: Id
    label: str
    pick: Literal["first", "last"]
    from_day: Limit = None  # days from the anchor `from` or `after`
    to_day: Limit = None
    is_complete: bool = False  # a day known in part gives no anchor (time zero: always so)


class _Item(Strict):
    item: Id
    label: str
    description: str | None = None  # of the column, where the label does not say it all
    column: bool | Id = False  # a column of adam.adsl: of this name, or of the item's
    type: ColumnType | None = None  # of the column, where the kind does not say it
    is_followed_only: bool = False  # the column stands for included subjects with a time zero only
    only_if: Id | None = None  # the question does not arise where this flag is 0; a criterion then counts as met


class _Selected(_Item, Selection):
    anchor: Id | None = None  # the day from which from_day and to_day count
    from_day: Limit = None
    to_day: Limit = None


class Pick(_Selected):
    kind: Literal["pick"]
    pick: Literal["first", "latest", "nearest"]


class Window(_Selected):
    """How many, whether any, or their sum (unknown when one of them is)."""

    kind: Literal["count", "exists", "sum"]
    each: Literal["occurrence", "course"] = "occurrence"  # what is counted
    otherwise: str | None = None  # the words for none


class Day(_Item):
    """The date of an anchor, or the completed years from birth to it."""

    kind: Literal["date", "age"]
    anchor: Id


class Days(_Item):
    kind: Literal["days"]
    from_: Id = Field(alias="from")
    to: Id


class GroupItem(_Item):
    """What grouping gave: group, stratum, subgroup, or the classes that started at time zero."""

    kind: Literal["group", "stratum", "subgroup", "classes"]
    otherwise: str | None = None  # the words where nothing started


class Own(_Item):
    """An item that a model of the study's own gives: own (sql/items), or subject (sql/subject), which is known only
    after criteria and follow-up, so that a column can be made of it and nothing else."""

    kind: Literal["own", "subject"]
    value_type: ValueType
    facts: list[Id] = Field(default_factory=list)  # what the model reads of the catalogue


class Condition(Strict):
    """What is asked of an item: limits for a number, a code list for a code, nothing for a flag."""

    min: Limit = None
    max: Limit = None
    over: Limit = None
    under: Limit = None
    code_list: Id | None = None


class Cutoff(_Item, Condition):
    kind: Literal["cutoff"]
    of: Id


class Map(_Item):
    kind: Literal["map"]
    of: Id
    codes: dict[str, str]


class Total(_Item):
    kind: Literal["total"]
    of: list[Id] = Field(min_length=2)


class Point(Condition):
    item: Id
    points: int = Field(default=1, ge=1)


class Score(_Item):
    """Points of the conditions that hold; known between bounds while one is unknown."""

    kind: Literal["score"]
    points: list[Point] = Field(min_length=1)


class Bound(_Item):
    """The least or greatest value that a score can have."""

    kind: Literal["bound"]
    of: Id
    end: Literal["low", "high"]


Item = Annotated[
    Pick | Window | Day | Days | GroupItem | Own | Cutoff | Map | Total | Score | Bound, Field(discriminator="kind")
]
SELECTED, DERIVED, GROUPED = (Pick, Window), (Cutoff, Map, Total, Score, Bound), (GroupItem,)


def inputs(item: Item) -> list[str]:
    """The items that a derived item is made of."""
    if isinstance(item, Score):
        return [point.item for point in item.points]
    if isinstance(item, Total):
        return item.of
    return [item.of] if isinstance(item, DERIVED) else []


class GroupRule(Strict):
    """Which class of what starts at time zero, or which item of the subject, gives the group."""

    class_code: Id | None = None
    item: Id | None = None
    group_code: Id | None = None
    stratum_code: Id | None = None
    subgroup_code: Id | None = None
    outside: str | None = None
    origin: Origin


class Groups(Strict):
    """none: everybody is in group `all`; rules: by the classes that start at time zero; item: by an item's code."""

    by: Literal["none", "rules", "item"] = "none"
    labels: dict[Id, str] = Field(default_factory=dict)  # the groups compared, in words
    fact: Id | None = None  # rules: the fact whose detail is the class of a start
    item: Id | None = None
    otherwise: str = "outside the compared groups"
    rules: list[GroupRule] = Field(default_factory=list)


class CriterionPart(Strict):
    item: Id
    kind: Literal["flag", "number", "date", "code"]
    min: Limit = None
    max: Limit = None
    code_list: Id | None = None


class Criterion(Strict):
    criterion_id: Id
    label: str
    parts: list[CriterionPart] = Field(min_length=1)
