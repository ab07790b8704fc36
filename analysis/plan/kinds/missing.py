"""Unknown values by item and group."""

from __future__ import annotations

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import ALL, Analysis, values
from cartwright.analysis.plan.kinds.members import write_sample


def run(analysis: Analysis, collect: Collector) -> None:
    everybody = [(ALL, frozenset(analysis.subjects["usubjid"]))] if len(analysis.groups) > 1 else []
    groups = [(group.level, group.ids) for group in analysis.groups] + everybody
    for level, ids in groups:
        collect.members(analysis, ids, group_level=level)
        collect.statistic(analysis, "n", len(ids), group_level=level, n=len(ids), method="count")
    for variable in analysis.variables:
        column = values(variable, analysis.subjects, analysis.datasets)
        for level, ids in groups:
            asked = analysis.asked(ids, variable.asked_of)
            sample = column[column.index.isin(asked)]
            write_sample(analysis, collect, variable, sample, level, ids - asked)
            collect.statistic(
                analysis,
                "unknown",
                int(sample.isna().sum()),
                method="count",
                n=len(sample),
                group_level=level,
                variable=variable.name,
                variable_level=variable.level,
                flag="all values unknown" if len(sample) and sample.isna().all() else None,
            )
