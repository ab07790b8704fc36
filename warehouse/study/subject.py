"""What a protocol says of its subjects: who is screened, the named days, the items known of each, criteria and groups.

Shapes only; checks are in subject_checks, column_checks and catalogue_checks. There are no expressions: every clause is
a plain word with one meaning, and anything compound is a model of the study's own (kind own).
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
    model_config = ConfigDict(extra="forbid", populate_by_name=True, use_attribute_docstrings=True)


Details = str | Annotated[list[str], Field(min_length=1)] | None


def details(said: Details) -> list[str]:
    """The details that a selection names: none, one or several."""
    return [] if said is None else [said] if isinstance(said, str) else said


class OwnFact(Strict):
    """A dated fact that a model of the study's own gives (sql/facts of the study folder)."""

    fact: Id
    """Its name."""
    value_type: ValueType
    """What it holds."""
    description: str
    """Meaning and unit."""


class Selection(Strict):
    """Which occurrences of a fact count: of a detail, of a course, by their code, by their number, by their day."""

    fact: Id
    """A fact of the catalogue, or the study's own."""
    detail_code: Details = None
    """Only occurrences of this detail, or of one of these (see the catalogue)."""
    code_list: Id | None = None
    """Only those whose code is in this list."""
    without_code_list: Id | None = None
    """None whose code is in this list; an unknown code stays."""
    without_max: Limit = None
    """None whose number is up to this; an unknown number stays."""
    of_course: Id | None = None
    """Only those of the course of this anchor."""
    from_: Id | None = Field(default=None, alias="from")
    """Only those on or after this anchor."""
    after: Id | None = None
    """Only those later than this anchor."""
    until: Id | None = None
    """None later than this anchor, where the patient has it."""
    before: Id | None = None
    """Only those earlier than this anchor, where the patient has it."""


class Screening(Strict):
    """Which fact brings a patient in, and which of its occurrences the study follows; it is the first anchor."""

    anchor: Id
    """Name of the day."""
    label: str
    """The day in words."""
    fact: Id
    """Whoever has it is screened."""
    detail_code: Details = None
    """Only occurrences of this detail, or of one of these."""
    pick: Literal["first", "last", "first_flagged"]
    """Which occurrence is followed; first_flagged: the first course whose flag is 1, else the last."""
    flag: Id | None = None
    """For first_flagged: a yes/no fact of the same course."""


class Anchor(Selection):
    """A named day of a subject: the first or last day of the occurrences selected."""

    anchor: Id
    """Name of the day."""
    label: str
    """The day in words."""
    pick: Literal["first", "last"]
    """The first or the last such day."""
    from_day: Limit = None
    """Not before this day, counted from the anchor `from` or `after`."""
    to_day: Limit = None
    """Not after this day, counted likewise."""
    is_complete: bool = False
    """A day that is known in part gives no anchor; of time zero that is always so."""


class _Item(Strict):
    item: Id
    """Name."""
    label: str
    """The item in words."""
    description: str | None = None
    """Meaning of the column, where the label does not say it all."""
    column: bool | Id = False
    """`true`: a column of adam.adsl of this name; or the name of the column."""
    type: ColumnType | None = None
    """SQL type of the column, where the kind does not say it."""
    is_followed_only: bool = False
    """The column stands for included patients with a time zero only."""
    only_if: Id | None = None
    """The question does not arise where this flag is 0; a criterion then counts as met."""


class _Selected(_Item, Selection):
    anchor: Id | None = None
    """The day from which from_day and to_day count; of whoever has no such day the item is unknown."""
    from_day: Limit = None
    """First day that counts."""
    to_day: Limit = None
    """Last day that counts."""


class Pick(_Selected):
    kind: Literal["pick"]
    """The value of one record."""
    pick: Literal["first", "latest", "nearest"]
    """Which; of two equally near ones the earlier."""


class Window(_Selected):
    """How many, whether any, or their sum (unknown when one of them is)."""

    kind: Literal["count", "exists", "sum"]
    """How many, whether any, or the sum of their numbers (unknown when one of them is)."""
    each: Literal["occurrence", "course"] = "occurrence"
    """What is counted."""
    otherwise: str | None = None
    """The words for none, as reason of a criterion."""


class Day(_Item):
    """The date of an anchor, or the completed years from birth to it."""

    kind: Literal["date", "age"]
    """The date of an anchor, or the completed years from birth to it."""
    anchor: Id
    """The day."""


class Days(_Item):
    kind: Literal["days"]
    """Days between two anchors (plain difference)."""
    from_: Id = Field(alias="from")
    """The earlier day."""
    to: Id
    """The later day."""


class GroupItem(_Item):
    """What grouping gave: group, stratum, subgroup, or the classes that started at time zero."""

    kind: Literal["group", "stratum", "subgroup", "classes"]
    """What grouping gave: group, stratum or subgroup, or the classes that started at time zero."""
    otherwise: str | None = None
    """The words where nothing started."""


class Own(_Item):
    """An item that a model of the study's own gives: own (sql/items), or subject (sql/subject), which is known only
    after criteria and follow-up, so that a column can be made of it and nothing else."""

    kind: Literal["own", "subject"]
    """A model of the study's own gives it: own (sql/items), or subject (sql/subject), known after follow-up."""
    value_type: ValueType
    """What it holds."""
    facts: list[Id] = Field(default_factory=list)
    """What the model reads of the catalogue."""


class Condition(Strict):
    """What is asked of an item: limits for a number, a code list for a code, nothing for a flag."""

    min: Limit = None
    """At least this."""
    max: Limit = None
    """At most this."""
    over: Limit = None
    """More than this."""
    under: Limit = None
    """Less than this."""
    code_list: Id | None = None
    """One of these codes."""


class Cutoff(_Item, Condition):
    kind: Literal["cutoff"]
    """Whether an item meets a condition: limits for a number, a list for a code, nothing for a flag."""
    of: Id
    """The item."""


class Map(_Item):
    kind: Literal["map"]
    """A code for each code of an item, or for `true` and `false` of a flag."""
    of: Id
    """The item."""
    codes: dict[str, str]
    """Its code (of a flag `true`, `false`) and what becomes of it; any other is unknown."""


class Total(_Item):
    kind: Literal["total"]
    """The sum of items; unknown when one of them is."""
    of: list[Id] = Field(min_length=2)
    """The items."""


class Point(Condition):
    item: Id
    """The item."""
    points: int = Field(default=1, ge=1, le=1000)
    """How many points when the condition holds."""


class Score(_Item):
    """Points of the conditions that hold; known between bounds while one is unknown."""

    kind: Literal["score"]
    """Points of the conditions that hold; it lies between bounds while one is unknown."""
    points: list[Point] = Field(min_length=1)
    """The conditions."""


class Bound(_Item):
    """The least or greatest value that a score can have."""

    kind: Literal["bound"]
    """The least or greatest value that a score can have."""
    of: Id
    """The score."""
    end: Literal["low", "high"]
    """Which."""


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
    """A class that starts at time zero."""
    item: Id | None = None
    """Or a flag of the patient."""
    group_code: Id | None = None
    """The group it gives."""
    stratum_code: Id | None = None
    """The stratum within it; none: the group is one stratum."""
    subgroup_code: Id | None = None
    """A coarser or finer part of it."""
    outside: str | None = None
    """Instead of a group: why it is not compared."""
    origin: Origin
    """Who decided."""


class Groups(Strict):
    """none: everybody is in group `all`; rules: by the classes that start at time zero; item: by an item's code. Where
    there are groups a criterion judges who is in one of them: by an item of kind `group`, or by the item itself."""

    by: Literal["none", "rules", "item"] = "none"
    """`none`: everybody is in group `all`; `rules`: by what starts at time zero; `item`: by the code of an item."""
    labels: dict[Id, str] = Field(default_factory=dict)
    """The groups compared, in words; another code of the item is outside."""
    fact: Id | None = None
    """For rules: the fact whose detail is the class of a start, as therapy_class."""
    item: Id | None = None
    """For item: the item whose code is the group; of a flag or a number make a code first (kind `map`)."""
    otherwise: str = "outside the compared groups"
    """The words for whoever no rule fits."""
    rules: list[GroupRule] = Field(default_factory=list)
    """In their order: the first that fits."""


def strata(groups: Groups) -> set[str]:
    """The strata that rules give; a rule without one gives its group."""
    return {code for rule in groups.rules if (code := rule.stratum_code or rule.group_code)}


class CriterionPart(Strict):
    item: Id
    """What is judged."""
    kind: Literal["flag", "number", "date", "code"]
    """How."""
    min: Limit = None
    """At least, or from this day on."""
    max: Limit = None
    """At most, or up to this day."""
    code_list: Id | None = None
    """One of these codes."""


class Criterion(Strict):
    criterion_id: Id
    """Name."""
    label: str
    """In words, for the flow of patients."""
    parts: list[CriterionPart] = Field(min_length=1)
    """All must hold."""
