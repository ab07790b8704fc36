"""The ratio of two groups within the levels of each variable, and whether it differs between them (interaction)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartwright.analysis.methods.estimate import UnusableData, chi_square_p
from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis, PlanError, Variable, values
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.logrank import two_groups
from cartwright.analysis.plan.kinds.members import UNKNOWN, write_groups, write_timed, write_untimed

if TYPE_CHECKING:
    from pandas import DataFrame, Series

LEVELS = {1.0: "yes", 0.0: "no"}


def run(analysis: Analysis, collect: Collector) -> None:
    """statistic hr overall (no variable) and by variable and level; interaction_p by variable."""
    group, reference = two_groups(analysis)
    times = event_times(analysis)
    times = times[times.index.isin(group.ids | reference.ids)]
    times = times.assign(x0=times.index.isin(group.ids).astype(float))
    compared = {"group_level": group.level, "comparator": reference.level}
    _ratio(analysis, collect, times, compared)
    write_groups(analysis, collect, times)
    for variable in analysis.variables:
        if variable.type != "binary":
            raise PlanError(f"analysis {analysis.analysis_id}: {variable.name}: subgroups need a yes/no variable")
        column = values(variable, analysis.subjects, analysis.datasets).reindex(times.index)
        _members(analysis, collect, times, column, variable)
        for value, level in LEVELS.items():
            where = {**compared, "variable": variable.name, "variable_level": level}
            _ratio(analysis, collect, times[column == value], where)
        _interaction(analysis, collect, times, column, variable, compared)


def _members(analysis: Analysis, collect: Collector, times: DataFrame, column: Series, variable: Variable) -> None:
    for group in two_groups(analysis):
        part = times[times.index.isin(group.ids)]
        level, where = column.map(LEVELS), {"variable": variable.name, "group_level": group.level}
        known = level.notna().reindex(part.index)
        write_timed(analysis, collect, part[known], variable_level=level, has_level=True, **where)
        collect.members(analysis, part.index[~known], False, reason=UNKNOWN, **where)
        write_untimed(analysis, collect, group.ids - set(part.index), **where)


def _ratio(analysis: Analysis, collect: Collector, part: DataFrame, compared: dict[str, Any]) -> None:
    from cartwright.analysis.methods.cox import cox

    where = {**compared, "n": len(part), "events": int(part["is_event"].sum())}
    if part["x0"].nunique() < 2:
        collect.statistic(analysis, "hr", flag="fewer than two groups", **where)
        return
    row = cox(part, "x0", "time", "is_event", ties=analysis.option("ties"), firth=False).coefficients.iloc[0]
    limits = {"ci_low": row["ci_low"], "ci_high": row["ci_high"]}
    collect.statistic(analysis, "hr", row["hr"], method=row["method"], flag=row["flag"], **limits, **where)


def _interaction(
    analysis: Analysis, collect: Collector, times: DataFrame, column: Series, variable: Variable, compared: dict
) -> None:
    """Likelihood ratio test of the product of group and variable."""
    from cartwright.analysis.methods.cox import cox

    ties = analysis.option("ties")
    table = times.assign(x1=column, x01=column * times["x0"]).dropna(subset=["x1"])
    where = {
        **compared,
        "variable": variable.name,
        "n": len(table),
        "events": int(table["is_event"].sum()),
        "method": f"cox {ties}, likelihood ratio of the product",
    }
    models = (["x0", "x1"], ["x0", "x1", "x01"])
    try:
        without, within = (cox(table, names, "time", "is_event", ties=ties, firth=False) for names in models)
    except UnusableData as error:
        collect.statistic(analysis, "interaction_p", flag=str(error), **where)
        return
    if not (within.events and within.design.is_fitted.all()):
        collect.statistic(analysis, "interaction_p", flag="a subgroup or group without patients or events", **where)
        return
    p = chi_square_p(max(2 * (within.log_likelihood - without.log_likelihood), 0.0), 1)
    flag = "; ".join(dict.fromkeys(flag for flag in within.coefficients["flag"] if flag))
    collect.statistic(analysis, "interaction_p", p, flag=flag, **where)
