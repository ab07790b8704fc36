"""Competing events: cumulative incidence by cause; of two groups also Gray's test, cause-specific and subdistribution
ratios.

The causes and the event codes that belong to each are the option `causes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.endpoint import event_causes
from cartwright.analysis.plan.kinds.logrank import two_groups
from cartwright.analysis.plan.kinds.members import write_groups
from cartwright.analysis.records import records

if TYPE_CHECKING:
    from collections.abc import Callable

    from pandas import DataFrame


def run(analysis: Analysis, collect: Collector) -> None:
    table = event_causes(analysis)
    table = table[table.index.isin(frozenset().union(*(group.ids for group in analysis.groups)))]
    for number, cause in enumerate(analysis.option("causes"), 1):
        write_groups(analysis, collect, table.assign(is_event=table["cause"] == number), variable=cause["level"])
        for group in analysis.groups:
            _incidence(analysis, collect, table[table.index.isin(group.ids)], number, cause["level"], group.level)
        if len(analysis.groups) > 1:
            _comparisons(analysis, collect, table, number, cause["level"])


def _incidence(analysis: Analysis, collect: Collector, part: DataFrame, number: int, cause: str, level: str) -> None:
    from cartwright.analysis.methods.survival import cumulative_incidence, incidence_at

    events = int((part["cause"] == number).sum())
    where: Where = {"group_level": level, "variable": cause, "n": len(part), "events": events}
    collect.statistic(analysis, "events", events, method="count", **where)
    months = analysis.option("landmarks_months")
    if part.empty:
        for month in months:
            where["variable_level"] = f"{month:g}"
            collect.statistic(analysis, "incidence", flag="no patients", **where)
        return
    found = cumulative_incidence(part["time"], part["cause"], number)
    for month in months:
        estimate = incidence_at(found, month / analysis.months(1))
        where["variable_level"] = f"{month:g}"
        collect.estimate(analysis, "incidence", estimate, **where)
    collect.add("point", analysis_id=analysis.analysis_id, group_level=level, variable=cause, x=0.0, y=0.0)
    for row in records(found.table):
        collect.add(
            "point",
            analysis_id=analysis.analysis_id,
            group_level=level,
            variable=cause,
            x=analysis.months(row["time"]),
            y=row["incidence"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
        )


def _comparisons(analysis: Analysis, collect: Collector, table: DataFrame, number: int, cause: str) -> None:
    """statistics gray_p, shr (Fine-Gray) and hr (cause-specific: the other events censor), each with its p."""
    from cartwright.analysis.methods.cox import cox, fine_gray
    from cartwright.analysis.methods.survival import gray_test

    group, reference = two_groups(analysis)
    table = table.assign(x0=table.index.isin(group.ids).astype(float))
    own = table["cause"] == number
    where: Where = {
        "group_level": group.level,
        "comparator": reference.level,
        "variable": cause,
        "n": len(table),
        "events": int(own.sum()),
    }
    reason = "fewer than two groups" if table["x0"].nunique() < 2 else None if own.any() else "no events"
    if reason:
        for statistic in ("gray_p", "shr", "hr"):
            collect.statistic(analysis, statistic, flag=reason, **where)
        return
    test = gray_test(table["time"], table["cause"], table["x0"], number)
    collect.statistic(analysis, "gray_p", test.p, method=test.method, flag=test.flag, **where)
    fits = {
        "shr": lambda: fine_gray(table.reset_index(), "x0", "time", "cause", number),
        "hr": lambda: cox(table.assign(own=own), "x0", "time", "own", ties=analysis.option("ties"), firth=False),
    }
    for statistic, fit in fits.items():
        _ratio(analysis, collect, statistic, fit, where)


def _ratio(analysis: Analysis, collect: Collector, statistic: str, fit: Callable[[], Any], where: Where) -> None:
    try:
        row = fit().coefficients.iloc[0]
    except UnusableData as error:
        collect.statistic(analysis, statistic, flag=str(error), **where)
        return
    method = row["method"] if statistic == "shr" else f"{row['method']}, other causes censored"
    limits = {"ci_low": row["ci_low"], "ci_high": row["ci_high"]}
    collect.statistic(analysis, statistic, row["hr"], method=method, flag=row["flag"], **limits, **where)
    collect.statistic(analysis, f"{statistic}_p", row["p"], method=f"{method}, wald", flag=row["flag"], **where)
