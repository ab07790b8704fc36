"""The tables of the schema `study` that say of its follow-up: responses, safety, schedule, visits, endpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.followup import ALWAYS

Rows = Callable[[Study], Iterator[dict[str, Any]]]
_SEQ = {"seq": ("INTEGER", "Order.")}
_PARAMCD = {"paramcd": ("VARCHAR", "Endpoint, as in adam.adtte.")}
_PRIORITY = {"priority": ("INTEGER", "Of sources on one day the lowest is named.")}
_DAYS = {
    "interval_days": ("INTEGER", "Planned interval between assessments, in days."),
    "window_days": ("INTEGER", "Tolerance of a planned assessment, in days."),
}
_SOURCE_WORDS = {
    "lesions": " (Lugano 2014)",
    "rated": " (as rated)",
    "rated_where_lesions_missing": " (Lugano 2014, as rated where lesions are missing)",
}


def _response(study: Study) -> Iterator[dict[str, Any]]:
    if declared := study.protocol.response:
        yield {
            "source_code": declared.source,
            "source_words": _SOURCE_WORDS[declared.source],
            "stable_from_day": study.value(declared.stable_from_day),
            "death_code": declared.death_without_progression,
            "progression_paramcd": declared.progression_endpoint,
        }


def _safety(study: Study) -> Iterator[dict[str, Any]]:
    if declared := study.protocol.safety:
        yield {"emergent_to_day": study.value(declared.emergent_to_day)}


def _datasets(study: Study) -> Iterator[dict[str, Any]]:
    yield from ({"dataset": name} for name in (*ALWAYS, *study.protocol.datasets))


def _rows(section: str, *limits: str) -> Rows:
    """Rows of a protocol section in its order (`seq`), the named limits resolved."""

    def rows(study: Study) -> Iterator[dict[str, Any]]:
        for seq, row in enumerate(getattr(study.protocol, section), start=1):
            yield {"seq": seq, **row.model_dump(), **{name: study.value(getattr(row, name)) for name in limits}}

    return rows


def _sources(study: Study) -> Iterator[dict[str, Any]]:
    for endpoint in study.protocol.endpoints:
        for priority, source in enumerate(endpoint.sources, start=1):
            yield {
                "paramcd": endpoint.paramcd,
                "priority": priority,
                **source.model_dump(exclude={"codes", "detail_codes"}),
                "evntcd": (source.evntcd or source.fact) if source.role == "event" else None,
                "is_by_code": bool(source.codes),
                "is_by_detail": bool(source.detail_codes),
            }


def _codes(study: Study) -> Iterator[dict[str, Any]]:
    for endpoint in study.protocol.endpoints:
        for priority, source in enumerate(endpoint.sources, start=1):
            for kind, codes in (("value", source.codes), ("detail", source.detail_codes)):
                for code in dict.fromkeys(codes):
                    yield {"paramcd": endpoint.paramcd, "priority": priority, "code_kind": kind, "code": code}


# table -> what a row is, its columns (type, description), its rows
TABLES: dict[str, tuple[str, dict[str, tuple[str, str]], Rows]] = {
    "response": (
        "Where responses come from and what counts as the best one: one row, or none when the study has no responses.",
        {
            "source_code": ("VARCHAR", "lesions, rated, or rated_where_lesions_missing."),
            "source_words": ("VARCHAR", "The source as it stands in the parameter of adam.adrs."),
            "stable_from_day": ("INTEGER", "Day from time zero on which stable disease first counts as best response."),
            "death_code": ("VARCHAR", "What a death without progression is as best response: progression or unrated."),
            "progression_paramcd": ("VARCHAR", "Endpoint whose event ends a response."),
        },
        _response,
    ),
    "safety": (
        "What counts as treatment-emergent: one row, or none when the study does not ask.",
        {"emergent_to_day": ("INTEGER", "Last day after time zero that counts.")},
        _safety,
    ),
    "dataset": (
        "Datasets of schema adam that the release of the study has.",
        {"dataset": ("VARCHAR", "Table of schema adam.")},
        _datasets,
    ),
    "schedule": (
        "Planned response assessments; the shortest interval of the rows that cover a day is valid on it.",
        {
            **_SEQ,
            "group_code": ("VARCHAR", "Group; empty: every group."),
            "modality": ("VARCHAR", "CT, MRI or PET_CT."),
            "from_day": ("INTEGER", "First day from time zero."),
            "to_day": ("INTEGER", "Last day from time zero; empty: until progression."),
            **_DAYS,
        },
        _rows("schedule", "from_day", "to_day", "interval_days", "window_days"),
    ),
    "visit": (
        "Nominal visits at which responses are tabulated (adam.adrv).",
        {
            **_SEQ,
            "paramcd": ("VARCHAR", "Parameter of adam.adrv."),
            "param": ("VARCHAR", "Visit in words."),
            "day": ("INTEGER", "Nominal day from time zero."),
            "window_days": ("INTEGER", "A scan this many days earlier or later belongs to the visit."),
        },
        _rows("visits", "window_days"),
    ),
    "endpoint": (
        "Time-to-event endpoints.",
        {
            **_SEQ,
            **_PARAMCD,
            "param": ("VARCHAR", "Endpoint in words."),
            "start_fact": ("VARCHAR", "Fact from which time runs; who has none has no row."),
            "entry_fact": ("VARCHAR", "Fact from which the patient is under observation; empty: from the start."),
            "interval_days": ("INTEGER", "One assessment interval for all groups; empty: from the schedule."),
            "window_days": ("INTEGER", "Tolerance that goes with it."),
        },
        _rows("endpoints", "interval_days", "window_days"),
    ),
    "endpoint_source": (
        "What ends or censors an endpoint.",
        {
            **_PARAMCD,
            **_PRIORITY,
            "role": ("VARCHAR", "event, end (of observation) or censor."),
            "fact": ("VARCHAR", "Dated fact (eligibility.endpoint_fact)."),
            "is_by_code": ("BOOLEAN", "Only occurrences of certain codes count (study.endpoint_code)."),
            "is_by_detail": ("BOOLEAN", "Only occurrences of certain details count."),
            "evntcd": ("VARCHAR", "Code of the event in adam.adtte; empty for ends and censors."),
            "cnsr": ("INTEGER", "ADaM censoring code; events have none."),
            "description": ("VARCHAR", "Wording for evntdesc and cnsdtdsc."),
        },
        _sources,
    ),
    "endpoint_code": (
        "Codes to which a source of an endpoint is restricted.",
        {
            **_PARAMCD,
            **_PRIORITY,
            "code_kind": ("VARCHAR", "value (the cause of a death) or detail (the kind of a therapy)."),
            "code": ("VARCHAR", "Code that counts."),
        },
        _codes,
    ),
}
