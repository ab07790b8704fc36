"""Kaplan-Meier by group: curve, numbers at risk, median, survival at fixed months; `reverse: true` gives follow-up."""

from __future__ import annotations

import math

from ..ard import Collector
from ..endpoint import event_times
from ..plan import Analysis, Group


def run(analysis: Analysis, collect: Collector) -> None:
    times = event_times(analysis)
    for group in analysis.groups:
        _one_group(analysis, group, times[times.index.isin(group.ids)], collect)


def _one_group(analysis: Analysis, group: Group, times, collect: Collector) -> None:
    from ..survival import kaplan_meier, quantile, reverse_kaplan_meier, survival_at

    reverse = analysis.options.get("reverse", False)
    median_name = "median_followup" if reverse else "median_survival"
    where = {"group_level": group.level, "n": len(times), "events": int(times["is_event"].sum())}
    missing = len(group.ids) - len(times)
    collect.statistic(
        analysis, "n", len(times), method="count", flag=f"{missing} without the endpoint" if missing else None, **where
    )
    collect.statistic(analysis, "events", where["events"], method="count", **where)
    if times.empty:
        collect.statistic(analysis, f"{median_name}_months", flag="no patients", **where)
        return
    fit = reverse_kaplan_meier if reverse else kaplan_meier
    curve = fit(times["time"], times["is_event"], conf_type=analysis.option("conf_type"))
    median = quantile(curve, 0.5, rule=analysis.option("rule"))
    month = analysis.months(1)
    collect.estimate(analysis, f"{median_name}_months", median, scale=month, **where)
    collect.estimate(analysis, f"{median_name}_days", median, **where)
    for point in survival_at(
        curve, [months / month for months in analysis.options.get("landmarks_months", [])]
    ).itertuples():
        collect.statistic(
            analysis, "survival", point.survival, ci_low=point.ci_low, ci_high=point.ci_high, method=point.method,
            variable="month", variable_level=f"{point.time * month:g}", flag=point.flag, **where,
        )  # fmt: skip
    for row in curve.table.itertuples():
        collect.add(
            "curve", analysis_id=analysis.analysis_id, group_level=group.level, time_days=row.time,
            time_months=row.time * month, at_risk=int(row.at_risk), events=int(row.events),
            censored=int(row.censored), survival=row.survival, ci_low=row.ci_low, ci_high=row.ci_high,
        )  # fmt: skip
    if "at_risk_months" in analysis.options:
        _numbers_at_risk(analysis, group, times, collect)


def _numbers_at_risk(analysis: Analysis, group: Group, times, collect: Collector) -> None:
    """At risk at the start of every step of months, up to the last follow-up of any group of the analysis."""
    from ..survival import at_risk

    step, longest = analysis.options["at_risk_months"], analysis.months(event_times(analysis)["time"].max())
    months = [step * k for k in range(math.floor(longest / step) + 1)]
    counts = at_risk(times["time"], [m / analysis.months(1) for m in months])
    for month, count in zip(months, counts, strict=True):
        collect.add(
            "at_risk", analysis_id=analysis.analysis_id, group_level=group.level, time_months=month, at_risk=int(count)
        )
