"""One quantity in two columns of the same patients, as of two products; described and tested like two groups."""

from __future__ import annotations

from ..ard import Collector
from ..plan import Analysis, PlanError, compared_values, levels_of, values
from .describe import describe_variable


def run(analysis: Analysis, collect: Collector) -> None:
    levels = levels_of(analysis.option("levels"))
    if len(levels) != 2:
        raise PlanError(f"analysis {analysis.analysis_id}: option levels must name the two columns")
    first, second = (level.level for level in levels)
    for level in (first, second):
        collect.statistic(
            analysis, "n", len(analysis.subjects), group_level=level, n=len(analysis.subjects), method="count"
        )
    for variable in analysis.variables:
        samples = {
            first: values(variable, analysis.subjects, analysis.datasets),
            second: compared_values(variable, analysis.subjects, analysis.datasets),
        }
        describe_variable(analysis, collect, variable, samples)
