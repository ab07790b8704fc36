"""What a study folder may say: the shape of protocol.yml and analysis_plan.yml. Shapes only; checks are elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import Field, RootModel, StrictFloat, StrictInt

from .study_followup import Endpoint, Response, Safety, Schedule, Visit
from .study_subject import Anchor, Criterion, Groups, Id, Item, Limit, Origin, OwnFact, Screening, Strict


class Header(Strict):
    study_id: Id
    title: str
    source_doi: str | None = None
    data_cut_date: dt.date


class Parameter(Strict):
    value: StrictInt | StrictFloat | dt.date | str  # strict: a yes or no is no number
    unit: str | None = None  # UCUM; compared with that of what it limits
    origin: Origin
    description: str


class Protocol(Strict):
    study: Header
    parameters: dict[Id, Parameter]
    code_lists: dict[Id, list[str]]
    own_facts: list[OwnFact] = Field(default_factory=list)
    screening: Screening
    anchors: list[Anchor] = Field(default_factory=list)
    time_zero: Id  # an anchor: the day on which the comparison starts
    items: list[Item]
    criteria: list[Criterion]
    groups: Groups = Field(default_factory=Groups)
    response: Response | None = None  # none: the study has no responses
    schedule: list[Schedule] = Field(default_factory=list)
    visits: list[Visit] = Field(default_factory=list)
    endpoints: list[Endpoint]
    safety: Safety | None = None  # none: nothing is asked of adverse events and laboratory values
    datasets: list[str] = Field(default_factory=list)  # of schema adam, beyond adsl, adtte and adrs


class Population(Strict):
    population: Id
    column_name: Id
    operator: Literal["=", "!=", ">", ">=", "<", "<=", "in", "known", "unknown"]
    value: str | int | float | bool | None


class Output(Strict):
    output_id: str
    seq: int
    kind: Literal["table", "figure"]
    title: str
    footnote: str | None = None
    meaning: str | None = None  # for a clinician: the question it answers and how to read it


class Analysis(Strict):
    analysis_id: str
    output_id: str
    seq: int
    kind: Id
    title: str
    population: Id
    endpoint: str | None = None
    group_by: str | None = None
    group_levels: list[Any] = Field(default_factory=list)
    variables: list[Any] = Field(default_factory=list)
    options: dict[str, Any] = Field(default_factory=dict)


class Plan(Strict):
    populations: list[Population]
    outputs: list[Output]
    analyses: list[Analysis]


class ChecklistItem(Strict):
    standard: str
    item: str
    topic: str
    where: list[str]
    note: str


class Checklist(RootModel[list[ChecklistItem]]):
    """A reporting guideline item by item; `where` names outputs, sections of the report or tables of the release."""


class Study(Strict):
    """One study, checked: its protocol, its analysis plan, the printed figures (tables of warehouse/study_claims)."""

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
