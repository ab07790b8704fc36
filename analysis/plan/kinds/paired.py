"""One quantity twice in the same patients, as of two products: described like two groups, tested as pairs or not."""

from __future__ import annotations

from dataclasses import replace

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis, PlanError, compared_values, levels_of, values
from cartwright.analysis.plan.kinds.describe import describe_variable
from cartwright.analysis.plan.kinds.members import write_sample


def run(analysis: Analysis, collect: Collector) -> None:
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
        samples = {
            first: values(variable, analysis.subjects, analysis.datasets),
            second: compared_values(variable, analysis.subjects, analysis.datasets),
        }
        for level, sample in samples.items():
            write_sample(analysis, collect, variable, sample, level)
        unpaired = tuple(test for test in variable.tests if test not in PAIRED_TESTS)
        describe_variable(analysis, collect, replace(variable, tests=unpaired), samples)
        for test in (test for test in variable.tests if test in PAIRED_TESTS):
            pairs = samples[first].notna() & samples[second].notna()
            collect.p_value(
                analysis,
                paired_test(samples[first], samples[second], test),
                group_level=first,
                comparator=second,
                variable=variable.name,
                variable_level=variable.level,
                n=int(pairs.sum()),
            )
