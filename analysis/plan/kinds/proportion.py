"""Rates with exact limits by group, their difference, and the tests that each row declares."""

from __future__ import annotations

from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, Variable, values
from cartwright.analysis.plan.kinds.members import write_sample


def run(analysis: Analysis, collect: Collector) -> None:
    for group in analysis.groups:
        collect.members(analysis, group.ids, group_level=group.level)
        collect.statistic(analysis, "n", len(group.ids), group_level=group.level, n=len(group.ids), method="count")
    for variable in analysis.variables:
        column = values(variable, analysis.subjects, analysis.datasets)
        counts = {}
        for group in analysis.groups:
            sample = column[column.index.isin(group.ids)]
            write_sample(analysis, collect, variable, sample, group.level)
            counts[group.level] = (int(sample.sum()), int(sample.notna().sum()))
            collect.statistic(
                analysis,
                "unknown",
                len(sample) - counts[group.level][1],
                method="count",
                n=len(sample),
                group_level=group.level,
                variable=variable.name,
                variable_level=variable.level,
            )
        _rates(analysis, collect, variable, counts)
        if len(counts) > 1:
            _comparison(analysis, collect, variable, counts)


def _rates(analysis: Analysis, collect: Collector, variable: Variable, counts: dict[str, tuple[int, int]]) -> None:
    from cartwright.analysis.methods.compare import proportion

    for level, (count, known) in counts.items():
        where: Where = {"group_level": level, "variable": variable.name, "variable_level": variable.level, "n": known}
        collect.statistic(analysis, "count", count, method="count", **where)
        collect.estimate(analysis, "proportion", proportion(count, known, analysis.option("interval")), **where)


def _comparison(analysis: Analysis, collect: Collector, variable: Variable, counts: dict[str, tuple[int, int]]) -> None:
    from cartwright.analysis.methods.compare import contingency_test, proportion_difference

    first, *others = counts
    where: Where = {
        "group_level": first,
        "comparator": "+".join(others),
        "variable": variable.name,
        "variable_level": variable.level,
        "n": sum(known for _, known in counts.values()),
    }
    if len(counts) == 2 and analysis.option("difference") == "newcombe":
        (count_a, n_a), (count_b, n_b) = counts.values()
        collect.estimate(analysis, "difference", proportion_difference(count_a, n_a, count_b, n_b), **where)
    table = [[count, known - count] for count, known in counts.values()]
    for test in variable.tests:
        collect.p_value(analysis, contingency_test(table, test), **where)
