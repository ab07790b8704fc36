"""What a protocol says of its follow-up: responses, planned assessments, visits, endpoints, safety. Shapes only.

None of it is demanded of a study that has none; what is declared is declared whole: no limit has a silent default.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from cartwright.warehouse.study.subject import Id, Limit, Strict

ParamCode = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")]
# Facts that follow-up derives (eligibility.endpoint_fact) -> their meaning.
OF_EVERY_STUDY = {
    "time_zero": "the study's time zero, of included subjects",
    "new_therapy": "first start of therapy of the disease after the day of time zero",
    "clinical_pd": "progression recorded without imaging after time zero",
    "death": "death, also one recorded before the start",
    "last_alive": "last date known alive, not after the data cut",
}
# Those of them that are told from a fact of the catalogue under another name.
RESTS_ON = {"new_therapy": "therapy_start", "last_alive": "contact"}
OF_RESPONSES = {  # they need the section `response`
    "first_response": "first complete or partial response that counts",
    "imaging_pd": "progressive disease at a response time point, measured or rated",
    "adequate_assessment": "response time point that could be judged and shows no progression",
    "assessment_gap": "last day on which an event may follow the last adequate assessment",
}


class Dataset(NamedTuple):
    """What a dataset of schema adam holds, and the feed tables without which it would be empty."""

    meaning: str
    needed: frozenset[str] = frozenset()


_CELLS = ("ehr_cart_infusion", "ehr_cart_product")
ALWAYS = ("adsl", "adtte", "adrs")
# The datasets beyond these; a release has those that the study lists.
DATASETS = {
    "adae": Dataset("adverse events", frozenset({"ehr_adverse_event"})),
    "adck": Dataset("kinetics of infused cells", frozenset({*_CELLS, "lis_flow_cytometry"})),
    "adct": Dataset("CRS and ICANS", frozenset({*_CELLS, "ehr_adverse_event"})),
    "adcy": Dataset("cytokines and ferritin", frozenset({*_CELLS, "lis_lab_result"})),
    "adex": Dataset("infused product and treatment", frozenset(_CELLS)),
    "adic": Dataset("progression endpoints as intervals"),
    "adlb": Dataset("laboratory values", frozenset({"lis_lab_result"})),
    "adlbtox": Dataset("worst grade of each laboratory toxicity", frozenset({"lis_lab_result"})),
    "adrv": Dataset("response by nominal visit"),
    "adtr": Dataset("tumour burden", frozenset({"ris_imaging_report"})),
}
OF_SAFETY = ("adae", "adlb")  # datasets that count from time zero to the last day of the section `safety`
OF_VISITS = ("adrv",)


def endpoint_dataset(kind: str) -> str:
    """The dataset in which an analysis of this kind finds its endpoint."""
    return "adic" if kind == "interval" else "adtte"


class Response(Strict):
    """Where responses come from and what counts as the best one."""

    source: Literal["lesions", "rated", "rated_where_lesions_missing"]
    """`lesions`: derived by Lugano 2014; `rated`: the category of an investigator; `rated_where_lesions_missing`: a
    rating counts where no evaluable time point from lesions lies within the days that make one time point."""
    stable_from_day: Limit
    """Stable disease counts as best response from this day after time zero on."""
    death_without_progression: Literal["progression", "unrated"]
    """What the death of somebody who was assessed, before progression and new therapy, is as best
    response."""
    progression_endpoint: ParamCode | None = None
    """The endpoint whose event ends a response."""


class Safety(Strict):
    """What counts as treatment-emergent: from time zero to this day after it."""

    emergent_to_day: Limit
    """Last day after time zero on which it is treatment-emergent."""


class Schedule(Strict):
    group_code: Id | None = None
    """Of this group; none: of every group."""
    modality: Literal["CT", "MRI", "PET_CT"]
    """Kind of scan."""
    from_day: Limit
    """From this day after time zero on."""
    to_day: Limit = None
    """Up to this day; none: to the end."""
    interval_days: Limit
    """Days between two assessments."""
    window_days: Limit
    """Tolerance."""


class Visit(Strict):
    paramcd: ParamCode
    """Code in adam.adrv."""
    param: str
    """The visit in words."""
    day: int = Field(ge=1)
    """Its day after time zero."""
    window_days: Limit
    """Tolerance."""


class EndpointSource(Strict):
    """A fact that is the event of an endpoint, ends its observation or censors it, with its codes if it has."""

    role: Literal["event", "end", "censor"]
    """`event`; `end`: observation ends here; `censor`: last known free of it."""
    fact: Id
    """A fact of follow-up, of the catalogue, or an anchor."""
    codes: list[str] = Field(default_factory=list)
    """Only of these values: the cause of a death."""
    detail_codes: list[str] = Field(default_factory=list)
    """Only of these details: the kind of a therapy."""
    evntcd: Id | None = None
    """Code of the event in adam.adtte; none: the fact."""
    cnsr: int | None = Field(default=None, ge=1, le=99)
    """Reason of censoring, a number from 1 on; an event has none."""
    description: str
    """In words."""


class Endpoint(Strict):
    paramcd: ParamCode
    """Code in adam.adtte."""
    param: str
    """In words."""
    start_fact: Id
    """From this day on."""
    entry_fact: Id | None = None
    """For delayed entry: at risk from this day on."""
    interval_days: Limit = None
    """For assessment_gap: one interval for everybody in place of the schedule."""
    window_days: Limit = None
    """Its tolerance."""
    sources: list[EndpointSource] = Field(min_length=2)
    """Of two events on one day the first listed is named, of two censors the last."""
