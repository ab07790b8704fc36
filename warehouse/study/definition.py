"""What a study folder may say: the shape of protocol.yml and analysis_plan.yml. Shapes only; checks are elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, StrictFloat, StrictInt

from cartwright.warehouse.study.followup import Endpoint, Response, Safety, Schedule, Visit
from cartwright.warehouse.study.place import MAX_ID
from cartwright.warehouse.study.subject import (
    Anchor,
    Criterion,
    Groups,
    Id,
    Item,
    Limit,
    Origin,
    OwnFact,
    Screening,
    Strict,
)


class Header(Strict):
    study_id: Annotated[Id, Field(max_length=MAX_ID)]
    """Short name; also of its folder below studies/ of a house."""
    title: str
    """Title of the report."""
    question: str | None = None
    """The question it asks, in one sentence: what the report begins with; none: its title."""
    caveat: str | None = None
    """What the design cannot answer; stands below the answer, whatever the numbers are."""
    source_doi: str | None = None
    """DOI of the publication that the study repeats, where there is one."""
    data_cut_date: dt.date
    """Nothing dated after this day counts."""


class Parameter(Strict):
    value: StrictInt | StrictFloat | dt.date | str
    """A number, a day (YYYY-MM-DD) or a text; a yes or no is no number."""
    unit: str | None = None
    """UCUM; compared with the unit of what it limits."""
    origin: Origin
    """Who decided: `paper` (printed in the publication) or `decided` (this project)."""
    description: str
    """Meaning and unit."""


class Protocol(Strict):
    study: Header
    """What the study is."""
    parameters: dict[Id, Parameter]
    """Named values; a limit anywhere else is a value or such a name."""
    code_lists: dict[Id, Annotated[list[str], Field(min_length=1)]]
    """Named lists of codes."""
    own_facts: list[OwnFact] = Field(default_factory=list)
    """Dated facts that models of the study's own give (sql/facts of its folder)."""
    screening: Screening
    """Who is screened."""
    anchors: list[Anchor] = Field(default_factory=list)
    """Named days beyond that of the screening."""
    time_zero: Id
    """The anchor that is the day on which follow-up starts, its own day whole."""
    items: list[Item]
    """What is known of each screened patient, one value an item."""
    criteria: list[Criterion]
    """In their order: the first that is not met, or not evaluable, is why a patient leaves."""
    groups: Groups = Field(default_factory=Groups)
    """What is compared."""
    response: Response | None = None
    """Where responses come from; none: the study has no responses."""
    schedule: list[Schedule] = Field(default_factory=list)
    """Planned response assessments; the interval valid on a day is the shortest of the rows that cover it."""
    visits: list[Visit] = Field(default_factory=list)
    """Nominal visits of the response table."""
    endpoints: list[Endpoint]
    """Times to event."""
    safety: Safety | None = None
    """What is treatment-emergent; none: nothing is asked of adverse events and laboratory values."""
    datasets: list[str] = Field(default_factory=list)
    """What the release holds of schema adam beyond adsl, adtte and adrs."""


class Population(Strict):
    population: Id
    """Name; every row of one name must hold."""
    column_name: Id
    """A column of adam.adsl."""
    operator: Literal["=", "!=", ">", ">=", "<", "<=", "in", "known", "unknown"]
    """How it is compared; `known` and `unknown` ask whether there is a value."""
    value: str | int | float | bool | None
    """What it is compared with; for `in` values joined by commas."""


class Output(Strict):
    output_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
    """`section.name`; the section is a heading of the report."""
    seq: int = Field(ge=0, le=1_000_000)
    """Order in the report."""
    kind: Literal["table", "figure"]
    """`table`, or `figure` when one of its analyses draws."""
    title: str
    """Title."""
    footnote: str | None = None
    """Footnote."""
    meaning: str | None = None
    """For a clinician: the question it answers and how to read it."""
    part: Literal["main", "annex"] = "main"
    """`main`: among the printed pages; `annex`: folded away behind them, as reviewer and quality always are."""
    answer: int | None = Field(default=None, ge=1, le=9)
    """Place of its sentence in the answer on the first screen, where the figure of the first stands too. Where no
    output has one: the first two survival outputs with a headline, else the first response rate with one."""


class Analysis(Strict):
    analysis_id: str
    """Name; `cartwright trace` takes it."""
    output_id: str
    """The output that shows it."""
    seq: int = Field(ge=0, le=1_000_000)
    """Order within the output."""
    kind: Id
    """What is computed."""
    title: str
    """Title."""
    population: Id
    """Whom it is computed over."""
    endpoint: str | None = None
    """A paramcd of the protocol, or a yes/no column of adsl in lower case."""
    group_by: str | None = None
    """A column of adsl, or `population` when the levels are populations; none: everybody."""
    group_levels: list[Any] = Field(default_factory=list)
    """Groups in their order, each `{level, label}`."""
    variables: list[Any] = Field(default_factory=list)
    """Rows of a table, or covariates."""
    options: dict[str, Any] = Field(default_factory=dict)
    """The choices of the method, all spelled out."""


class Plan(Strict):
    populations: list[Population]
    """Whom analyses are computed over."""
    outputs: list[Output]
    """What the reader sees."""
    analyses: list[Analysis]
    """What is computed for it."""


class ChecklistItem(Strict):
    standard: str
    item: str
    topic: str
    where: list[str]
    note: str


class Checklist(RootModel[list[ChecklistItem]]):
    """A reporting guideline item by item; `where` names outputs, sections of the report or tables of the release."""


class Study(Strict):
    """One study, checked: its protocol, its analysis plan, the printed figures (tables of claims.py)."""

    protocol: Protocol
    plan: Plan
    claims: dict[str, list[dict[str, str]]] = Field(default_factory=dict)
    checklist: Checklist = Field(default_factory=lambda: Checklist([]))
    own_models: dict[str, list[str]] = Field(default_factory=dict)  # folder of the study's sql/ -> its models

    @property
    def data_cut_date(self) -> dt.date:
        """Nothing dated after this day counts."""
        return self.protocol.study.data_cut_date

    @property
    def own_fact_types(self) -> dict[str, str]:
        """Facts of the study's own -> number, code, flag or date."""
        return {fact.fact: fact.value_type for fact in self.protocol.own_facts}

    def value(self, limit: Limit) -> Limit:
        """The value of a limit: itself, or that of the parameter it names."""
        return self.protocol.parameters[limit].value if isinstance(limit, str) else limit
