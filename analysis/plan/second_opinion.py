"""The headline once more, by an independent program: lifelines beside our Kaplan-Meier, log-rank and Cox.

Asked where lifelines computes the same thing (docs/agreement.md): plain curves, tests and Efron ratios that the plan
marks as headline, of patients under observation from the start. What we flag ourselves is not asked; the row then says
that there is no second value.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.endpoint import event_times

if TYPE_CHECKING:
    from pandas import DataFrame

EXACT = 1e-8  # of curves and tests, which are sums: rounding alone separates two programs
OF_AN_ERROR = 1e-4  # of a coefficient, in its standard errors: what no reader could see


def ask(analysis: Analysis, collect: Collector) -> None:
    """Rows of second_opinion, at least one, for a headline analysis of survival whose results are in `collect`."""
    if not analysis.options.get("headline") or analysis.kind not in _OPINIONS:
        return
    before = len(collect.rows["second_opinion"])
    if not analysis.options.get("reverse") and not analysis.options.get("entry"):
        _OPINIONS[analysis.kind](analysis, collect)
    if len(collect.rows["second_opinion"]) == before:
        _add(analysis, collect, "not asked", math.nan, math.nan, math.nan)


def _curves(analysis: Analysis, collect: Collector) -> None:
    """The whole curve of each group, told at the day where both lie furthest apart."""
    from lifelines import KaplanMeierFitter

    times = event_times(analysis)
    for group in analysis.groups:
        ours = [
            (row["time_days"], row["survival"])
            for row in collect.rows["curve"]
            if row["analysis_id"] == analysis.analysis_id and row["group_level"] == group.level
        ]
        if not ours:
            continue
        members = times[times.index.isin(group.ids)]
        fitted = KaplanMeierFitter().fit(members["time"], members["is_event"])
        theirs = fitted.survival_function_at_times([day for day, _ in ours]).tolist()
        pairs = [(own, other) for (_, own), other in zip(ours, theirs, strict=True)]
        _add(
            analysis, collect, "survival", *max(pairs, key=lambda pair: abs(pair[0] - pair[1])), group_level=group.level
        )


def _test(analysis: Analysis, collect: Collector) -> None:
    """The statistic of the log-rank test over all groups."""
    from lifelines.statistics import multivariate_logrank_test

    for row in _unflagged(analysis, collect, "chi_square"):
        table = _grouped(analysis)
        theirs = multivariate_logrank_test(table["time"], table["level"], table["is_event"]).test_statistic
        _add(analysis, collect, "chi_square", row["value"], theirs, **_where(row))


def _ratio(analysis: Analysis, collect: Collector) -> None:
    """The coefficient of the one covariate, the first group against the second."""
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError

    for row in _unflagged(analysis, collect, "hr") if analysis.option("ties") == "efron" else []:
        table = _grouped(analysis)
        table = table.assign(x=(table["level"] == row["group_level"]).astype(float))[["time", "is_event", "x"]]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of separation we tell ourselves
                fit = CoxPHFitter().fit(table, "time", "is_event", fit_options=_TO_THE_END)
        except ConvergenceError:
            _add(analysis, collect, "log_hr", math.log(row["value"]), math.nan, **_where(row))
            continue
        allowed = OF_AN_ERROR * float(fit.standard_errors_.iloc[0])
        _add(analysis, collect, "log_hr", math.log(row["value"]), float(fit.params_.iloc[0]), allowed, **_where(row))


def _grouped(analysis: Analysis) -> DataFrame:
    level = {usubjid: group.level for group in analysis.groups for usubjid in group.ids}
    times = event_times(analysis)
    return times.assign(level=times.index.map(level)).dropna(subset=["level"])


def _unflagged(analysis: Analysis, collect: Collector, statistic: str) -> list[dict[str, Any]]:
    found = collect.found(analysis.analysis_id, statistic)
    return [row for row in found if not row["flag"] and math.isfinite(row["value"])]


def _where(row: dict[str, Any]) -> dict[str, Any]:
    return {"group_level": row["group_level"], "comparator": row["comparator"]}


def _add(
    analysis: Analysis,
    collect: Collector,
    statistic: str,
    ours: float,
    theirs: float,
    tolerance: float | None = None,
    **where: Any,
) -> None:
    """One comparison; without an answer of the other program there is no agreement, and no difference either."""
    allowed = EXACT * max(1.0, abs(ours)) if tolerance is None else tolerance
    is_answered = math.isfinite(theirs)
    collect.add(
        "second_opinion",
        analysis_id=analysis.analysis_id,
        statistic=statistic,
        value=ours,
        second_value=theirs if is_answered else math.nan,
        tolerance=allowed,
        is_agreed=abs(ours - theirs) <= allowed if is_answered else None,
        **where,
    )


# By itself lifelines stops where the likelihood rises little more, up to hundredths of an error before its top.
_TO_THE_END = {"precision": 1e-12, "r_precision": 1e-14}
_OPINIONS: dict[str, Callable[[Analysis, Collector], None]] = {"km": _curves, "logrank": _test, "hr_cox": _ratio}
