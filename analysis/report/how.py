"""How each number came about: one row an analysis, which every number of the page leads to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cartwright.analysis.plan.definition import ALL
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import method_words


@dataclass(frozen=True)
class How:
    """One analysis; `place` is the id of its row on the page, `size` its patients by group."""

    place: str
    analysis_id: str
    title: str
    population: str
    size: str
    endpoint: str
    methods: str


def place_of(analysis_id: str) -> str:
    """The id on the page of the row that an analysis has."""
    return f"how-{re.sub(r'[^A-Za-z0-9_-]', '-', analysis_id)}"


def hows(view: View) -> dict[str, list[How]]:
    """By output id the rows of its analyses, in the order of the plan."""
    return {
        output["output_id"]: [_how(shown) for shown in view.of_output(output["output_id"])] for output in view.outputs
    }


def _how(shown: Shown) -> How:
    methods = dict.fromkeys(method_words(row.method) for row in shown.ard if row.method and row.method != "count")
    return How(
        place=place_of(shown.analysis_id),
        analysis_id=shown.analysis_id,
        title=shown.title,
        population=shown.population,
        size=_size(shown),
        endpoint=shown.endpoint_name or "",
        methods="; ".join(methods) or "counts",
    )


def _size(shown: Shown) -> str:
    """Patients of each group as the analysis counted them; without groups the largest number that it used."""
    found = [(group, shown.one("n", group_level=group.level)) for group in shown.groups]
    counted = [(group, row) for group, row in found if row is not None and row.value == row.value]
    if counted and counted[0][0].level != ALL:
        return ", ".join(f"{group.label} {row.value:.0f}" for group, row in counted)
    used = [row.n for row in shown.ard if row.n is not None]
    return f"{max(used):.0f}" if used else ""
