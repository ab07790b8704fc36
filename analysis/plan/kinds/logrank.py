"""Log-rank test over the groups, and the observed/expected hazard ratio that is read off it for two groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, Group, PlanError
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.members import write_groups

if TYPE_CHECKING:
    from pandas import DataFrame

    from cartwright.analysis.methods.survival import LogRank


def run(analysis: Analysis, collect: Collector) -> None:
    """statistic p: all groups share one hazard."""
    times = _grouped_times(analysis)
    write_groups(analysis, collect, times)
    first, *others = (group.level for group in analysis.groups)
    where: Where = {
        "group_level": first,
        "comparator": "+".join(others),
        "n": len(times),
        "events": int(times["is_event"].sum()),
    }
    test = _test(times)
    if test is None:
        collect.statistic(analysis, "p", method="logrank", flag="fewer than two groups", **where)
        return
    collect.statistic(analysis, "chi_square", test.statistic, method=test.method, flag=test.flag, **where)
    collect.statistic(analysis, "p", test.p, method=test.method, flag=test.flag, **where)


def run_ratio(analysis: Analysis, collect: Collector) -> None:
    """statistic hr: first group against the second."""
    from cartwright.analysis.methods.survival import hazard_ratio_oe

    group, reference = two_groups(analysis)
    times = _grouped_times(analysis)
    write_groups(analysis, collect, times)
    where: Where = {
        "group_level": group.level,
        "comparator": reference.level,
        "n": len(times),
        "events": int(times["is_event"].sum()),
    }
    test = _test(times)
    if test is None:
        collect.statistic(analysis, "hr", method="o/e hazard ratio", flag="fewer than two groups", **where)
        return
    ratio = hazard_ratio_oe(test, group.level, reference.level)
    collect.estimate(analysis, "hr", ratio, **where)
    collect.p_value(analysis, ratio, **where)


def two_groups(analysis: Analysis) -> tuple[Group, Group]:
    """Group and reference of a comparison; PlanError unless the plan names exactly two."""
    if len(analysis.groups) != 2:
        raise PlanError(f"analysis {analysis.analysis_id}: a ratio needs exactly two groups")
    group, reference = analysis.groups
    return group, reference


def _grouped_times(analysis: Analysis) -> DataFrame:
    times = event_times(analysis)
    level = {usubjid: group.level for group in analysis.groups for usubjid in group.ids}
    if len(level) != sum(len(group.ids) for group in analysis.groups):
        raise PlanError(f"analysis {analysis.analysis_id}: the compared groups share patients")
    times = times.assign(group=times.index.map(level))
    return times[times["group"].notna()]


def _test(times: DataFrame) -> LogRank | None:
    from cartwright.analysis.methods.survival import logrank

    return logrank(times["time"], times["is_event"], times["group"]) if times["group"].nunique() > 1 else None
