"""Kaplan-Meier by group: curve, numbers at risk, median, survival at fixed months; `reverse: true` gives follow-up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, Group
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.members import write_groups
from cartwright.analysis.records import records

if TYPE_CHECKING:
    from pandas import DataFrame


def run(analysis: Analysis, collect: Collector) -> None:
    times = event_times(analysis)
    write_groups(analysis, collect, times)
    members = {group.level: times[times.index.isin(group.ids)] for group in analysis.groups}
    write_curves(analysis, members, collect)


def write_curves(analysis: Analysis, members: dict[str, DataFrame], collect: Collector) -> None:
    """Everything a survival figure needs, by group level: frames with time, is_event and, if they enter late, entry."""
    ends = [times["time"].max() for times in members.values() if len(times)]
    months = _risk_months(analysis, max(ends, default=None))
    for group in analysis.groups:
        _estimates(analysis, group, members[group.level], collect)
        _numbers_at_risk(analysis, group, members[group.level], months, collect)


def _estimates(analysis: Analysis, group: Group, times: DataFrame, collect: Collector) -> None:
    from cartwright.analysis.methods.survival import kaplan_meier, quantile, reverse_kaplan_meier, survival_at

    reverse = analysis.options.get("reverse", False)
    median_name = "median_followup" if reverse else "median_survival"
    events = int(times["is_event"].sum())
    where: Where = {"group_level": group.level, "n": len(times), "events": events}
    missing = 0 if "entry" in times else len(group.ids) - len(times)
    flag = f"{missing} without the endpoint" if missing else None
    collect.statistic(analysis, "n", len(times), method="count", flag=flag, **where)
    collect.statistic(analysis, "events", events, method="count", **where)
    if times.empty:
        collect.statistic(analysis, f"{median_name}_months", flag="no patients", **where)
        return
    conf_type = analysis.option("conf_type")
    if reverse:
        curve = reverse_kaplan_meier(times["time"], times["is_event"], conf_type=conf_type)
    else:
        curve = kaplan_meier(times["time"], times["is_event"], times.get("entry"), conf_type=conf_type)
    median = quantile(curve, 0.5, rule=analysis.option("rule"))
    month = analysis.months(1)
    collect.estimate(analysis, f"{median_name}_months", median, scale=month, **where)
    collect.estimate(analysis, f"{median_name}_days", median, **where)
    landmarks = [months / month for months in analysis.options.get("landmarks_months", [])]
    for point in records(survival_at(curve, landmarks)):
        at: Where = {**where, "variable": "month", "variable_level": f"{point['time'] * month:g}"}
        collect.statistic(
            analysis,
            "survival",
            point["survival"],
            ci_low=point["ci_low"],
            ci_high=point["ci_high"],
            method=point["method"],
            flag=point["flag"],
            **at,
        )
    for row in records(curve.table):
        collect.add(
            "curve",
            analysis_id=analysis.analysis_id,
            group_level=group.level,
            time_days=row["time"],
            time_months=row["time"] * month,
            at_risk=int(row["at_risk"]),
            events=int(row["events"]),
            censored=int(row["censored"]),
            survival=row["survival"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
        )


def _risk_months(analysis: Analysis, last: float | None) -> list[float]:
    """0 and every step of months up to the last follow-up of the groups together."""
    step = analysis.options.get("at_risk_months")
    if step is None or last is None:
        return []
    return [step * k for k in range(math.floor(analysis.months(last) / step) + 1)]


def _numbers_at_risk(
    analysis: Analysis, group: Group, times: DataFrame, months: list[float], collect: Collector
) -> None:
    from cartwright.analysis.methods.survival import at_risk

    days = [month / analysis.months(1) for month in months]
    counts = [0] * len(days) if times.empty else at_risk(times["time"], days, times.get("entry"))
    for month, count in zip(months, counts, strict=True):
        collect.add(
            "at_risk", analysis_id=analysis.analysis_id, group_level=group.level, time_months=month, at_risk=int(count)
        )
