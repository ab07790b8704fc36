"""Stage 2: the records that a planned patient leaves in the three feeds, complete and correct."""

from __future__ import annotations

from random import Random
from typing import Any

from cartwright.simulator import (
    render_care,
    render_events,
    render_imaging,
    render_lab,
    render_others,
    render_pathology,
    render_restaging,
    render_safety,
)
from cartwright.simulator.chart import Chart


def render(plan: dict[str, Any], number: int, prefix: str, seed: int) -> Chart:
    """Plan row -> chart. `number` is unique within `prefix` (a site); the same arguments give the same chart."""
    chart = Chart(plan, number, prefix, Random(f"render:{seed}:{prefix}{number}"))
    _vague_death(chart)
    if plan["cd19_infusion_date"] is None:
        render_others.render_other(chart)
        return chart
    render_care.person(chart)
    render_care.history(chart)
    render_care.cell_therapy(chart)
    render_care.salvage(chart)
    scans = render_imaging.scans(chart)
    render_pathology.biopsies(chart)
    render_safety.toxicity(chart)
    render_care.visits(chart, scans)
    render_lab.labs(chart)
    render_care.after_the_cut(chart, scans)
    chart.turn_page(Random(f"supplement:{seed}:{prefix}{number}"))
    render_restaging.restage(chart)
    render_events.misrecorded_grades(chart)
    render_events.usual_events(chart)
    return chart


def _vague_death(chart: Chart) -> None:
    """Some deaths happen elsewhere: the patient is last seen days before, and only the month reaches the hospital."""
    plan, rng = chart.plan, chart.rng
    died = plan["death_date"]
    if died is None or plan["is_fully_dated"] or rng.random() > 0.12:
        return
    latest = max(day for name, day in plan.items() if name.endswith("_date") and day and day < died)
    if plan["pd_kind"] != "death" and died - latest > 6:
        chart.end = died - rng.randrange(2, 6)
