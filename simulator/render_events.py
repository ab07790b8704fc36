"""Adverse events beside CRS, ICANS and cytopenias of the cells, and grades that are not recorded as the signs were."""

from __future__ import annotations

from typing import NamedTuple

from cartwright.simulator.chart import Chart
from cartwright.simulator.render_safety import record_event
from cartwright.simulator.vocabulary import DRUG_CLASS, REGIMENS

_MISGRADED = 0.12  # share of recorded grades that differ from the signs
_TAKEN_FOR_CRS = 0.15  # share of uneventful courses in which a passing fever is recorded as CRS
_FIRST_DAYS = 60


class Event(NamedTuple):
    """A term, its share of patients, the grades it takes, and how long it lasts at most, in days."""

    term: str
    share: float
    grades: tuple[int, ...]
    longest: int


# By what was given: plausible rates of salvage therapy after several lines, not taken from any one publication.
_EVENTS: dict[str, tuple[Event, ...]] = {
    "chemotherapy": (
        Event("neutropenia", 0.6, (2, 3, 3, 4, 4), 18),
        Event("thrombocytopenia", 0.45, (1, 2, 3, 4), 20),
        Event("anaemia", 0.5, (1, 2, 2, 3), 40),
        Event("febrile_neutropenia", 0.16, (3,), 7),
        Event("infection", 0.22, (2, 3, 3), 16),
        Event("nausea", 0.35, (1, 1, 2), 6),
    ),
    "pola": (Event("other", 0.3, (1, 1, 2), 60), Event("infection", 0.1, (2, 3), 14)),
    "icpi": (Event("rash", 0.2, (1, 2), 25), Event("alt_increased", 0.15, (1, 2, 3), 25)),
    "bcl2i": (Event("neutropenia", 0.4, (2, 3, 4), 20), Event("diarrhoea", 0.3, (1, 2), 12)),
    "btki": (Event("rash", 0.15, (1, 2), 20), Event("infection", 0.15, (2, 3), 14)),
    "lenalidomide": (Event("neutropenia", 0.35, (2, 3, 4), 20), Event("rash", 0.2, (1, 2), 20)),
    "cells": (
        Event("febrile_neutropenia", 0.2, (3,), 7),
        Event("infection", 0.22, (2, 2, 3), 16),
        Event("hypogammaglobulinaemia", 0.25, (1, 2), 90),
        Event("fatigue", 0.3, (1, 2), 30),
        Event("alt_increased", 0.15, (1, 2, 3), 20),
        Event("nausea", 0.25, (1, 1, 2), 7),
        Event("diarrhoea", 0.12, (1, 1, 2), 8),
        Event("rash", 0.08, (1, 2), 12),
    ),
    "any": (Event("fatigue", 0.3, (1, 2), 40),),
}


def misrecorded_grades(chart: Chart) -> None:
    """Some CRS and ICANS as a busy ward records them: a grade off, or put down to something else.

    Severe grades of the CD20 group are recorded as they were: the published severe rates are those recorded.
    """
    events = [r for r in chart.records if r.table == "adverse_event" and r.row["term_code"] in ("crs", "icans")]
    for record in events:
        grade = record.row["toxicity_grade"]
        if chart.rng.random() >= _MISGRADED or (grade >= 3 and chart.plan["role"] == "cd20"):
            continue
        if grade == 1 and chart.rng.random() < 0.5:
            record.row["attribution_code"] = "other"
        else:
            record.row["toxicity_grade"] = 2 if grade == 1 else grade - 1
    if chart.plan["role"] == "cd20" and chart.plan["crs_grade"] == 0 and chart.rng.random() < _TAKEN_FOR_CRS:
        start = chart.plan["time_zero_date"]
        record_event(chart, "crs", 1, start + 3, start + 4)


def usual_events(chart: Chart) -> None:
    """Events of the therapy after CD19 failure, in its first weeks: by the drugs of the index line, or by the cells."""
    plan, rng = chart.plan, chart.rng
    if plan["role"] == "cd20":
        kinds, attribution = ["cells"], "cart"
    elif plan["regimen"]:
        given = {DRUG_CLASS[drug] for drug in REGIMENS[plan["regimen"]]}
        kinds, attribution = [kind for kind in _EVENTS if kind in given or kind == "any"], "drug"
    else:
        return
    seen: set[str] = set()
    for event in (event for kind in kinds for event in _EVENTS[kind]):
        happens, onset = rng.random() < event.share, plan["time_zero_date"] + rng.randrange(3, _FIRST_DAYS)
        grade, length = rng.choice(event.grades), rng.randrange(2, event.longest)
        if happens and event.term not in seen:
            seen.add(event.term)
            record_event(chart, event.term, grade, onset, onset + length, attribution)
