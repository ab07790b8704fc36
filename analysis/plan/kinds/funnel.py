"""A flow of patients by the step they did not reach, and the groups they end in; `value_txt` carries the words.

`options.steps` names the dataset with the steps (seq, criterion_id, label, excluded_count, remaining_count).
`options.left_at` names the column of adsl with the step that a patient did not reach: its end_code, else criterion_id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, PlanError
from cartwright.analysis.records import records

if TYPE_CHECKING:
    from pandas import Series

FIRST_UNMET = "first criterion not met"


def _left_at(analysis: Analysis) -> Series:
    """By usubjid the code of the step that the patient did not reach: the column that `options.left_at` names."""
    column = analysis.option("left_at")
    if column not in analysis.subjects:
        raise PlanError(f"analysis {analysis.analysis_id}: adsl has no column {column}")
    return analysis.subjects.set_index("usubjid")[column]


def run(analysis: Analysis, collect: Collector) -> None:
    name = analysis.option("steps")
    steps = analysis.datasets.get(name)
    if steps is None:
        raise PlanError(f"analysis {analysis.analysis_id}: there is no dataset {name}")
    steps = steps[steps["criterion_id"] != "screened"].sort_values("seq")  # the start is not a step
    screened = len(analysis.subjects)
    analysed = int(steps["remaining_count"].iloc[-1]) if len(steps) else screened
    collect.statistic(analysis, "screened", screened, method="count", n=screened)
    left_at, code = _left_at(analysis), "end_code" if "end_code" in steps else "criterion_id"
    remaining = frozenset(analysis.subjects["usubjid"])
    collect.members(analysis, remaining, variable="screened")
    for step in records(steps):
        left, criterion = frozenset(left_at.index[left_at == step[code]]), step["criterion_id"]
        remaining -= left
        collect.members(analysis, left, variable=criterion, variable_level="excluded", has_level=True)
        collect.members(analysis, remaining, variable=criterion, variable_level="remaining", has_level=True)
        where: Where = {"variable": criterion, "n": screened}
        collect.statistic(
            analysis, "excluded", step["excluded_count"], value_txt=step["label"], method=FIRST_UNMET, **where
        )
        collect.statistic(analysis, "remaining", step["remaining_count"], method=FIRST_UNMET, **where)
    grouped = sum(len(group.ids) for group in analysis.groups)
    collect.statistic(
        analysis,
        "analysed",
        analysed,
        method="count",
        n=screened,
        flag=None if grouped == analysed else f"groups hold {grouped} patients",
    )
    for group in analysis.groups:
        collect.members(analysis, group.ids, group_level=group.level)
        collect.statistic(
            analysis,
            "group",
            len(group.ids),
            group_level=group.level,
            value_txt=group.label,
            method="count",
            n=analysed,
        )
