"""Two ratings of the same patients: the cross table, the share of equal ratings, and kappa.

Rows of the cross table are `count` with the first rating as group_level and the second as variable_level; `unknown`
stands for a rating that is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, PlanError, Variable, compared, levels_of, values

if TYPE_CHECKING:
    from pandas import Series

UNKNOWN = "unknown"


def run(analysis: Analysis, collect: Collector) -> None:
    from cartwright.analysis.methods.compare import kappa, proportion

    if len(levels_of(analysis.option("levels"))) != 2:
        raise PlanError(f"analysis {analysis.analysis_id}: option levels must name the two ratings")
    for variable in analysis.variables:
        scale = [level.level for level in variable.levels]
        first = values(variable, analysis.subjects, analysis.datasets).fillna(UNKNOWN)
        second = values(compared(variable), analysis.subjects, analysis.datasets).fillna(UNKNOWN)
        if outside := sorted((set(first) | set(second)) - {*scale, UNKNOWN}):
            raise PlanError(f"analysis {analysis.analysis_id}: {variable.name} has levels not declared: {outside}")
        _members(analysis, collect, variable, first, second)
        where: Where = {"variable": variable.name, "n": len(first)}
        for one in (*scale, UNKNOWN):
            for other in (*scale, UNKNOWN):
                count = int(((first == one) & (second == other)).sum())
                cell: Where = {**where, "group_level": one, "variable_level": other}
                collect.statistic(analysis, "count", count, method="cross table", **cell)
        table = [[int(((first == one) & (second == other)).sum()) for other in scale] for one in scale]
        rated, equal = sum(map(sum, table)), sum(table[i][i] for i in range(len(scale)))
        where["n"] = rated
        collect.statistic(analysis, "agreeing", equal, method="count", **where)
        collect.estimate(analysis, "agreement", proportion(equal, rated, "clopper_pearson"), **where)
        collect.estimate(analysis, "kappa", kappa(table, analysis.option("weights")), **where)


def _members(analysis: Analysis, collect: Collector, variable: Variable, first: Series, second: Series) -> None:
    """Every patient in the cell of the cross table: the first rating as group_level, the second as variable_level."""
    both = (first != UNKNOWN) & (second != UNKNOWN)
    where = {"variable": variable.name, "group_level": first, "variable_level": second, "has_level": True}
    collect.members(analysis, first.index[both], **where)
    collect.members(analysis, first.index[~both], False, reason=UNKNOWN, **where)
