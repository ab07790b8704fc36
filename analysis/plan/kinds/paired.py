"""One quantity twice in the same patients, as of two products: described like two groups, tested as pairs or not."""

from __future__ import annotations

from dataclasses import replace

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis, PlanError, bounds, compared, levels_of, values
from cartwright.analysis.plan.kinds.describe import describe_variable, unranked
from cartwright.analysis.plan.kinds.members import write_sample


def run(analysis: Analysis, collect: Collector) -> None:
    import pandas as pd

    from cartwright.analysis.methods.compare import PAIRED_TESTS, paired_test

    levels = levels_of(analysis.option("levels"))
    if len(levels) != 2:
        raise PlanError(f"analysis {analysis.analysis_id}: option levels must name the two of a pair")
    first, second = (level.level for level in levels)
    for level in (first, second):
        collect.members(analysis, analysis.subjects["usubjid"], group_level=level)
        collect.statistic(
            analysis, "n", len(analysis.subjects), group_level=level, n=len(analysis.subjects), method="count"
        )
    for variable in analysis.variables:
        pair = {first: variable, second: compared(variable)}
        samples = {level: values(one, analysis.subjects, analysis.datasets) for level, one in pair.items()}
        limits = {level: bounds(one, analysis.subjects, analysis.datasets) for level, one in pair.items()}
        for level, sample in samples.items():
            write_sample(analysis, collect, variable, sample, level, bounds=limits[level])
        unpaired = tuple(test for test in variable.tests if test not in PAIRED_TESTS)
        describe_variable(analysis, collect, replace(variable, tests=unpaired), samples, limits)
        both = pd.concat(list(limits.values()))
        for test in (test for test in variable.tests if test in PAIRED_TESTS):
            pairs = samples[first].notna() & samples[second].notna()
            collect.p_value(
                analysis,
                unranked(both, 2 * len(analysis.subjects), test) or paired_test(samples[first], samples[second], test),
                group_level=first,
                comparator=second,
                variable=variable.name,
                variable_level=variable.level,
                n=int(pairs.sum()),
            )
