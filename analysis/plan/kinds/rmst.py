"""Restricted mean survival time of two groups and its difference, in months, up to each horizon of `tau_months`."""

from __future__ import annotations

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.logrank import two_groups
from cartwright.analysis.plan.kinds.members import write_groups


def run(analysis: Analysis, collect: Collector) -> None:
    from cartwright.analysis.methods.survival import kaplan_meier, rmst, rmst_difference

    times, month = event_times(analysis), analysis.months(1)
    groups = two_groups(analysis)
    write_groups(analysis, collect, times)
    members = [times[times.index.isin(group.ids)] for group in groups]
    n, events = sum(map(len, members)), int(sum(part["is_event"].sum() for part in members))
    curves = [kaplan_meier(part["time"], part["is_event"]) if len(part) else None for part in members]
    for tau in analysis.option("tau_months"):
        at = {"variable": "month", "variable_level": f"{tau:g}"}
        for group, part, curve in zip(groups, members, curves, strict=True):
            where = {"group_level": group.level, "n": len(part), "events": int(part["is_event"].sum()), **at}
            if curve is None:
                collect.statistic(analysis, "rmst", flag="no patients", **where)
            else:
                collect.estimate(analysis, "rmst", rmst(curve, tau / month), scale=month, **where)
        where = {"group_level": groups[0].level, "comparator": groups[1].level, "n": n, "events": events, **at}
        if None in curves:
            collect.statistic(analysis, "rmst_difference", flag="fewer than two groups", **where)
            continue
        difference = rmst_difference(*curves, tau / month)
        collect.estimate(analysis, "rmst_difference", difference, scale=month, **where)
        collect.p_value(analysis, difference, **where)
