"""What a study folder may say: the shape of protocol.yml and analysis_plan.yml. Shapes only; checks are elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, StrictFloat, StrictInt

Anchor = Literal["cd19_infusion", "cd19_failure", "first_salvage_dose", "time_zero"]
Limit = int | float | dt.date | str | None  # a str names a parameter
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
ParamCode = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")]
Origin = Literal["paper", "decided"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Header(_Strict):
    study_id: Id
    title: str
    source_doi: str | None = None
    data_cut_date: dt.date


class Parameter(_Strict):
    value: StrictInt | StrictFloat | dt.date | str  # strict: a yes or no is no number
    origin: Origin
    description: str


class CriterionPart(_Strict):
    fact: Id
    kind: Literal["flag", "number", "date", "code"]
    min: Limit = None
    max: Limit = None
    code_list: Id | None = None


class Criterion(_Strict):
    criterion_id: Id
    label: str
    parts: list[CriterionPart] = Field(min_length=1)


class GroupRule(_Strict):
    class_code: Id
    group_code: Id | None = None
    stratum_code: Id | None = None
    noncart_class_code: Id | None = None
    outside: str | None = None
    origin: Origin


class BaselineItem(_Strict):
    item: Id
    label: str
    anchor: Anchor
    from_day: Limit = None
    to_day: Limit = None
    after: Anchor | None = None
    until: Anchor | None = None
    pick: Literal["nearest", "latest"]


class Schedule(_Strict):
    group_code: Id
    modality: Literal["CT", "MRI", "PET_CT"]
    from_day: Limit
    to_day: Limit = None
    interval_days: Limit
    window_days: Limit


class Visit(_Strict):
    paramcd: ParamCode
    param: str
    day: int = Field(ge=1)
    window_days: Limit


class EndpointSource(_Strict):
    role: Literal["event", "end", "censor"]
    fact: Id
    cnsr: int | None = Field(default=None, ge=1)
    description: str


class Endpoint(_Strict):
    paramcd: ParamCode
    param: str
    start_fact: Id
    entry_fact: Id | None = None
    interval_days: Limit = None
    window_days: Limit = None
    sources: list[EndpointSource] = Field(min_length=2)


class Protocol(_Strict):
    study: Header
    parameters: dict[Id, Parameter]
    code_lists: dict[Id, list[str]]
    criteria: list[Criterion]
    group_rules: list[GroupRule]
    baseline_items: list[BaselineItem]
    schedule: list[Schedule]
    visits: list[Visit] = Field(default_factory=list)
    endpoints: list[Endpoint]


class Population(_Strict):
    population: Id
    column_name: Id
    operator: Literal["=", "!=", ">", ">=", "<", "<=", "in", "known", "unknown"]
    value: str | int | float | bool | None


class Output(_Strict):
    output_id: str
    seq: int
    kind: Literal["table", "figure"]
    title: str
    footnote: str | None = None
    meaning: str | None = None  # for a clinician: the question it answers and how to read it


class Analysis(_Strict):
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


class Plan(_Strict):
    populations: list[Population]
    outputs: list[Output]
    analyses: list[Analysis]


class ChecklistItem(_Strict):
    standard: str
    item: str
    topic: str
    where: list[str]
    note: str


class Checklist(RootModel[list[ChecklistItem]]):
    """A reporting guideline item by item; `where` names outputs, sections of the report or tables of the release."""


class Study(_Strict):
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

    def value(self, limit: Limit) -> Limit:
        """The value of a limit: itself, or that of the parameter it names."""
        return self.protocol.parameters[limit].value if isinstance(limit, str) else limit
