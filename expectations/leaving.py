"""What must hold of what leaves: checks of the tables that analysts and statistics read, from what a study declares."""

from __future__ import annotations

from typing import Any

from cartwright.expectations import leaving_endpoints, leaving_subjects
from cartwright.expectations.check import Check, no_rows
from cartwright.expectations.rule import REPORT
from cartwright.warehouse.study.definition import Study

_CURVES = ("km", "standardised")  # kinds of analysis that leave rows in results.curve
_HEADLINES = ("km", "logrank", "hr_cox")  # those that leave rows in results.second_opinion where they are headline


def checks(study: Study) -> list[Check]:
    """All checks of what leaves, in the order of the layers; none asks for what the study does not have."""
    return [*leaving_subjects.checks(study), *leaving_endpoints.checks(study)]


def results_checks(study: Study) -> list[Check]:
    """Checks of the statistics, run after they are computed; of curves where the plan draws some."""
    key = ("analysis_id",)
    remedy = "Run the reference tests of analysis/; compare with the release before by `cartwright releases diff`."
    about: dict[str, Any] = {"severity": "fatal", "endangers": REPORT, "remedy": remedy}
    found = [
        no_rows(
            "results.ard.interval_in_order",
            "results.ard",
            "t.ci_low > t.ci_high",
            key,
            **about,
            why="An interval whose lower limit lies above the upper one is a mix-up of columns or transforms.",
        ),
        no_rows(
            "results.ard.events_within_n",
            "results.ard",
            "t.events > t.n OR t.n < 0 OR t.events < 0",
            key,
            **about,
            why="There cannot be more subjects with an event than subjects.",
        ),
    ]
    if any(analysis.kind in _CURVES for analysis in study.plan.analyses):
        curve = no_rows(
            "results.curve.is_survival",
            "results.curve",
            "t.survival NOT BETWEEN 0 AND 1 OR t.ci_low > t.survival OR t.ci_high < t.survival",
            key,
            **about,
            why="A survival probability lies between 0 and 1, and inside its own confidence limits.",
        )
        found.append(curve)
    if any(analysis.kind in _HEADLINES and analysis.options.get("headline") for analysis in study.plan.analyses):
        second = no_rows(
            "results.second_opinion.agrees",
            "results.second_opinion",
            "NOT t.is_agreed",
            (*key, "statistic"),
            **about,
            why="Two independent programs give one headline; where they differ, one of them is wrong.",
        )
        found.append(second)
    return found
