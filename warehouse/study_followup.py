"""What a protocol says of its follow-up: responses, planned assessments, visits, endpoints, safety. Shapes only.

None of it is demanded of a study that has none; what is declared is declared whole: no limit has a silent default.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .study_subject import Id, Limit, Strict

ParamCode = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")]
# Facts that follow-up derives (eligibility.endpoint_fact) -> their meaning.
OF_EVERY_STUDY = {
    "time_zero": "the study's time zero, of included subjects",
    "new_therapy": "first start of therapy of the disease after the day of time zero",
    "clinical_pd": "progression recorded without imaging after time zero",
    "death": "death, also one recorded before the start",
    "last_alive": "last date known alive, not after the data cut",
}
OF_RESPONSES = {  # they need the section `response`
    "first_response": "first complete or partial response that counts",
    "imaging_pd": "progressive disease at a response time point, measured or rated",
    "adequate_assessment": "response time point that could be judged and shows no progression",
    "assessment_gap": "last day on which an event may follow the last adequate assessment",
}
# The datasets beyond adsl, adtte and adrs -> what they hold; a release has those that the study lists.
DATASETS = {
    "adae": "adverse events",
    "adck": "kinetics of CAR-T cells",
    "adct": "CRS and ICANS",
    "adcy": "cytokines and ferritin",
    "adex": "CAR-T product and treatment",
    "adic": "progression endpoints as intervals",
    "adlb": "laboratory values",
    "adlbtox": "worst grade of each laboratory toxicity",
    "adrv": "response by nominal visit",
    "adtr": "tumour burden",
}
OF_SAFETY = ("adae", "adlb")  # datasets that count from time zero to the last day of the section `safety`
OF_VISITS = ("adrv",)


class Response(Strict):
    """Where responses come from and what counts as the best one.

    source: `lesions` (derived by Lugano 2014), `rated` (the investigator's category), `rated_where_lesions_missing`: a
    rating counts where no evaluable time point from lesions lies within the days that make one time point.
    death_without_progression: a death of somebody who was assessed, and had no new therapy before, is the best response
    `progression`, or leaves the subject `unrated`.
    """

    source: Literal["lesions", "rated", "rated_where_lesions_missing"]
    stable_from_day: Limit  # stable disease counts as best response from this day after time zero on
    death_without_progression: Literal["progression", "unrated"]
    progression_endpoint: ParamCode | None = None  # the endpoint whose event ends a response


class Safety(Strict):
    """What counts as treatment-emergent: from time zero to this day after it."""

    emergent_to_day: Limit


class Schedule(Strict):
    group_code: Id | None = None  # none: every group
    modality: Literal["CT", "MRI", "PET_CT"]
    from_day: Limit
    to_day: Limit = None
    interval_days: Limit
    window_days: Limit


class Visit(Strict):
    paramcd: ParamCode
    param: str
    day: int = Field(ge=1)
    window_days: Limit


class EndpointSource(Strict):
    """A fact that is the event of an endpoint, ends its observation or censors it, with its codes if it has."""

    role: Literal["event", "end", "censor"]
    fact: Id
    codes: list[str] = Field(default_factory=list)  # of the fact's value: the cause of a death
    detail_codes: list[str] = Field(default_factory=list)  # of its detail: the class of a therapy
    evntcd: Id | None = None  # code of the event in adam.adtte; none: the fact
    cnsr: int | None = Field(default=None, ge=1)
    description: str


class Endpoint(Strict):
    paramcd: ParamCode
    param: str
    start_fact: Id
    entry_fact: Id | None = None
    interval_days: Limit = None
    window_days: Limit = None
    sources: list[EndpointSource] = Field(min_length=2)
