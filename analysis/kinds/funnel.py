"""A flow of patients by the step they did not reach, and the groups they end in; `value_txt` carries the words.

`options.steps` names the dataset with the steps (seq, criterion_id, label, excluded_count, remaining_count).
"""

from __future__ import annotations

from ..ard import Collector
from ..plan import Analysis, PlanError


def run(analysis: Analysis, collect: Collector) -> None:
    name = analysis.option("steps")
    steps = analysis.datasets.get(name)
    if steps is None:
        raise PlanError(f"analysis {analysis.analysis_id}: there is no dataset {name}")
    steps = steps[steps["criterion_id"] != "screened"].sort_values("seq")  # the start is not a step
    screened = len(analysis.subjects)
    analysed = int(steps["remaining_count"].iloc[-1]) if len(steps) else screened
    collect.statistic(analysis, "screened", screened, method="count", n=screened)
    for step in steps.itertuples():
        where = {"variable": step.criterion_id, "n": screened, "method": "first criterion not met"}
        collect.statistic(analysis, "excluded", step.excluded_count, value_txt=step.label, **where)
        collect.statistic(analysis, "remaining", step.remaining_count, **where)
    grouped = sum(len(group.ids) for group in analysis.groups)
    collect.statistic(
        analysis, "analysed", analysed, method="count", n=screened,
        flag=None if grouped == analysed else f"groups hold {grouped} patients",
    )  # fmt: skip
    for group in analysis.groups:
        collect.statistic(
            analysis,
            "group",
            len(group.ids),
            group_level=group.level,
            value_txt=group.label,
            method="count",
            n=analysed,
        )
