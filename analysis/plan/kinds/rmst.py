"""Restricted mean survival time of two groups and its difference, in months, up to each horizon of `tau_months`."""

from __future__ import annotations

from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.logrank import two_groups
from cartwright.analysis.plan.kinds.members import write_groups


def run(analysis: Analysis, collect: Collector) -> None:
    from cartwright.analysis.methods.survival import kaplan_meier, rmst, rmst_difference

    times, month = event_times(analysis), analysis.months(1)
    group, reference = two_groups(analysis)
    write_groups(analysis, collect, times)
    members = [times[times.index.isin(each.ids)] for each in (group, reference)]
    n, events = sum(map(len, members)), int(sum(part["is_event"].sum() for part in members))
    curves = [kaplan_meier(part["time"], part["is_event"]) if len(part) else None for part in members]
    for tau in analysis.option("tau_months"):
        at: Where = {"variable": "month", "variable_level": f"{tau:g}"}
        for each, part, curve in zip((group, reference), members, curves, strict=True):
            where: Where = {**at, "group_level": each.level, "n": len(part), "events": int(part["is_event"].sum())}
            if curve is None:
                collect.statistic(analysis, "rmst", flag="no patients", **where)
            else:
                collect.estimate(analysis, "rmst", rmst(curve, tau / month), scale=month, **where)
        both: Where = {**at, "group_level": group.level, "comparator": reference.level, "n": n, "events": events}
        first, second = curves
        if first is None or second is None:
            collect.statistic(analysis, "rmst_difference", flag="fewer than two groups", **both)
            continue
        difference = rmst_difference(first, second, tau / month)
        collect.estimate(analysis, "rmst_difference", difference, scale=month, **both)
        collect.p_value(analysis, difference, **both)
