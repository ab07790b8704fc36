"""Interval-censored survival by group (dataset adic): an event lies between two visits, and only that much is used."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, PlanError
from cartwright.analysis.plan.kinds.logrank import two_groups
from cartwright.analysis.plan.kinds.members import write_groups

if TYPE_CHECKING:
    from pandas import DataFrame

DATINGS = {"start": 0.0, "middle": 0.5, "end": 1.0}  # where in its interval an event is put


def run(analysis: Analysis, collect: Collector) -> None:
    """Medians and survival of Turnbull's curve by group; hr with every event put at the start, middle, end of its
    interval: how far the visits alone can move the comparison.
    """
    group, reference = two_groups(analysis)
    intervals = _intervals(analysis)
    intervals = intervals[intervals.index.isin(group.ids | reference.ids)]
    write_groups(analysis, collect, intervals.assign(is_event=intervals["right"] < math.inf))
    for each in (group, reference):
        _curve(analysis, collect, intervals[intervals.index.isin(each.ids)], each.level)
    _ratios(analysis, collect, intervals.assign(x0=intervals.index.isin(group.ids).astype(float)))


def _intervals(analysis: Analysis) -> DataFrame:
    """left and right (days; right infinite when event-free) by usubjid."""
    import numpy as np

    adic = analysis.datasets.get("adic")
    if adic is None:
        raise PlanError(f"analysis {analysis.analysis_id}: there is no dataset adic")
    rows = adic[(adic["paramcd"] == analysis.endpoint) & adic["usubjid"].isin(analysis.subjects["usubjid"])]
    if rows["usubjid"].duplicated().any():
        raise PlanError(f"analysis {analysis.analysis_id}: adic holds a patient twice for {analysis.endpoint}")
    days = rows.set_index("usubjid")[["left_days", "right_days"]].astype(float)
    return days.rename(columns={"left_days": "left", "right_days": "right"}).fillna({"right": np.inf})


def _curve(analysis: Analysis, collect: Collector, part: DataFrame, level: str) -> None:
    import numpy as np

    from cartwright.analysis.methods.survival import turnbull

    month, events = analysis.months(1), int(np.isfinite(part["right"]).sum())
    where: Where = {"group_level": level, "n": len(part), "events": events}
    width = (part["right"] - part["left"])[np.isfinite(part["right"])].median()
    collect.statistic(
        analysis, "interval_days", width, method="median width", flag=None if events else "no events", **where
    )
    if part.empty:
        collect.statistic(analysis, "median_survival_months", flag="no patients", **where)
        return
    curve = turnbull(part["left"], part["right"])
    collect.estimate(analysis, "median_survival_months", curve.quantile(0.5), scale=month, **where)
    table = curve.table
    edges = np.unique(np.concatenate([[0.0], table["left"], table["right"][np.isfinite(table["right"])]]))
    for day in edges:  # mass inside an interval may lie anywhere in it: the curve is somewhere between the two
        latest = curve.survival_at(day)
        earliest = float(1 - table.loc[table["left"] <= day, "mass"].sum())  # just after `day`
        collect.add(
            "point",
            analysis_id=analysis.analysis_id,
            group_level=level,
            variable="turnbull",
            x=day * month,
            y=latest,
            ci_low=max(earliest, 0.0),
            ci_high=latest,
        )


def _ratios(analysis: Analysis, collect: Collector, intervals: DataFrame) -> None:
    import numpy as np

    from cartwright.analysis.methods.cox import cox

    group, reference = two_groups(analysis)
    is_event = np.isfinite(intervals["right"])
    width = (intervals["right"] - intervals["left"]).where(is_event, 0.0)
    for dating, share in DATINGS.items():
        where: Where = {
            "group_level": group.level,
            "comparator": reference.level,
            "variable": "dating",
            "variable_level": dating,
            "n": len(intervals),
            "events": int(is_event.sum()),
        }
        table = intervals.assign(time=intervals["left"] + share * width, is_event=is_event)
        try:
            row = cox(table, "x0", "time", "is_event", ties=analysis.option("ties"), firth=False).coefficients.iloc[0]
        except UnusableData as error:
            collect.statistic(analysis, "hr", flag=str(error), **where)
            continue
        limits = {"ci_low": row["ci_low"], "ci_high": row["ci_high"]}
        collect.statistic(analysis, "hr", row["hr"], method=row["method"], flag=row["flag"], **limits, **where)
        collect.statistic(analysis, "p", row["p"], method=f"{row['method']}, wald", flag=row["flag"], **where)
