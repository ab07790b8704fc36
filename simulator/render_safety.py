"""Toxicity of cell infusions: vital signs, vasopressors, ICE scores and findings that make the planned ASTCT grade."""

from __future__ import annotations

from typing import Any

from cartwright.simulator.chart import Chart
from cartwright.simulator.days import iso, stamp

_ICE = {0: (4, 3, 1, 1, 1), 1: (3, 2, 1, 1, 1), 2: (2, 1, 1, 0, 0), 3: (1, 0, 0, 0, 0), 4: (0, 0, 0, 0, 0)}
_CYTOPENIAS = (("neutropenia", (3, 4)), ("thrombocytopenia", (1, 2, 3, 4)), ("anaemia", (1, 2, 3)))


def toxicity(chart: Chart) -> None:
    """Around CD19 cells (where anything was recorded) and CD20 cells, as planned."""
    plan = chart.plan
    if plan["cd19_crs_grade"] is not None:
        grades = plan["cd19_crs_grade"], plan["cd19_icans_grade"]
        _course(chart, plan["cd19_infusion_date"], *grades, days=(0, 2, 3, 5, 8), steroid=max(grades) >= 3)
    if plan["role"] == "cd20":
        days = tuple(range(12))
        _course(chart, plan["time_zero_date"], plan["crs_grade"], plan["icans_grade"], days, plan["has_corticosteroid"])


def _course(chart: Chart, infused: int, crs: int, icans: int, days: tuple[int, ...], steroid: bool) -> None:
    onset, length = 2, 3 + crs
    for offset in days:
        grade = crs if onset <= offset < onset + length else 0
        _vitals(chart, infused + offset, grade)
    if crs:
        record_event(chart, "crs", crs, infused + onset, infused + onset + length)
    for offset in (1, 5, 7, 10):
        _ice(chart, infused + offset, icans if offset in (5, 7) else 0)
    if icans:
        record_event(chart, "icans", icans, infused + 5, infused + 9)
    if steroid:
        for offset in range(4, 4 + max(2, crs)):
            chart.dose(infused + offset, "dexamethasone", None, "crs_icans")
    if crs >= 2:
        chart.dose(infused + 3, "tocilizumab", None, "crs_icans")
    for term, grades in _CYTOPENIAS:
        if chart.rng.random() < 0.6:
            record_event(chart, term, chart.rng.choice(grades), infused + 4, infused + chart.rng.randrange(10, 40))


def _vitals(chart: Chart, day: int, grade: int) -> None:
    """One set of measurements that amounts to the grade (ASTCT 2019: fever, hypotension, hypoxia)."""
    rng = chart.rng
    minute = rng.randrange(480, 1080)
    oxygen: dict[str, Any] = {"oxygen_device_code": "none", "oxygen_flow_l_per_min": None}
    by_oxygen = rng.random() < 0.4
    if grade == 2 and by_oxygen:
        oxygen = {"oxygen_device_code": "nasal_cannula", "oxygen_flow_l_per_min": float(rng.randrange(1, 5))}
    elif grade == 3 and by_oxygen:
        oxygen = {"oxygen_device_code": "facemask", "oxygen_flow_l_per_min": 8.0}
    low_pressure = grade >= 2 and not (by_oxygen and grade < 4)
    chart.add(
        "vital_sign",
        day,
        minute=minute,
        measured_at=stamp(day, minute),
        temperature_cel=round(rng.uniform(38.1, 39.8) if grade else rng.uniform(36.2, 37.4), 1),
        systolic_mmhg=float(rng.randrange(72, 88) if low_pressure else rng.randrange(104, 138)),
        is_hypotensive=low_pressure,
        spo2_percent=float(rng.randrange(86, 92) if grade >= 2 and by_oxygen else rng.randrange(95, 100)),
        has_other_fever_cause=False if grade else None,
        **oxygen,
    )
    if grade >= 3 and low_pressure:
        for drug in ("norepinephrine", "epinephrine")[: grade - 2]:
            begun = minute + 20
            chart.add(
                "vasopressor",
                day,
                minute=begun,
                drug_code=drug,
                started_at=stamp(day, begun),
                stopped_at=stamp(day, begun + 240) if day < chart.end else None,
            )


def _ice(chart: Chart, day: int, grade: int) -> None:
    minute = 540
    names = ("orientation_points", "naming_points", "command_points", "writing_points", "attention_points")
    chart.add(
        "ice_score",
        day,
        minute=minute,
        assessed_at=stamp(day, minute),
        **dict(zip(names, _ICE[grade], strict=True)),
        is_arousable=grade < 4,
    )
    finding = "unarousable" if grade >= 4 else "headache" if chart.rng.random() < 0.05 else None
    if finding:
        at = stamp(day, minute)
        chart.add(
            "neuro_finding", day, minute=minute, assessed_at=at, finding_code=finding, is_attributed=grade >= 4 or None
        )


def record_event(chart: Chart, term: str, grade: int, onset: int, end: int, attribution: str = "cart") -> None:
    """An adverse event as the clinician writes it down; not recorded when it begins after the patient was last seen.

    The row is written when it has ended.
    """
    last = min(end, chart.end)
    chart.add(
        "adverse_event",
        onset,
        delay=600 + (last - onset) * 1440,
        term_code=term,
        toxicity_grade=grade,
        onset_date=iso(onset),
        end_date=iso(last),
        attribution_code=attribution,
    )
