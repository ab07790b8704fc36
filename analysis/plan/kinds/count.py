"""How many patients are in each group, and what share of the analysis population that is."""

from __future__ import annotations

from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis


def run(analysis: Analysis, collect: Collector) -> None:
    total = len(analysis.subjects)
    for group in analysis.groups:
        collect.members(analysis, group.ids, group_level=group.level)
        where: Where = {"group_level": group.level, "n": total}
        collect.statistic(analysis, "count", len(group.ids), method="count", **where)
        collect.statistic(
            analysis,
            "proportion",
            len(group.ids) / total if total else None,
            method="share of the population",
            flag=None if total else "no patients",
            **where,
        )
