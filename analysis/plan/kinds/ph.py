"""Is each hazard ratio of a model constant over time? Score tests, Schoenfeld residuals, log-minus-log curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.coefficients import names, with_covariates
from cartwright.analysis.plan.kinds.members import write_model
from cartwright.analysis.records import records

if TYPE_CHECKING:
    from pandas import DataFrame

    from cartwright.analysis.methods.cox import CoxFit

GLOBAL = "GLOBAL"
LOG_MINUS_LOG = "log_minus_log"  # panel of the curves; the other panels carry the names of the covariates
Places = dict[str, tuple[str, str | None]]  # column of the model -> covariate and its level


def run(analysis: Analysis, collect: Collector) -> None:
    """Rows chi_square and p by covariate and GLOBAL for each of the option `transforms`; the first one is drawn."""
    from cartwright.analysis.methods.cox import cox, ph_test, scaled_schoenfeld

    times, columns = event_times(analysis), names(analysis.variables)
    table = with_covariates(analysis, times, analysis.variables)
    fit = cox(table, columns, "time", "is_event", ties=analysis.option("ties"), firth=False)
    write_model(analysis, collect, table, table.index[fit.design.rows], analysis.variables)
    places: Places = {
        name: (variable.name, variable.level) for name, variable in zip(columns, analysis.variables, strict=True)
    }
    places[GLOBAL] = (GLOBAL, None)
    transforms = analysis.option("transforms")
    for transform in transforms:
        try:
            rows = {row["variable"]: row for row in records(ph_test(fit, transform))}
        except UnusableData as error:
            rows, reason = {}, str(error)
        else:
            reason = "not fitted"
        for name, (variable, level) in places.items():
            where: Where = {"variable": variable, "variable_level": level, "n": fit.n, "events": fit.events}
            if name in rows:
                row = rows[name]
                for statistic, value in (("chi_square", row["statistic"]), ("p", row["p"])):
                    collect.statistic(analysis, statistic, value, method=row["method"], flag=row["flag"], **where)
            else:
                method = f"score test, {transform} time"
                collect.statistic(analysis, "p", method=method, flag=reason, **where)
    if fit.events and fit.beta.size:
        _residuals(analysis, collect, scaled_schoenfeld(fit, transforms[0]), places, fit)
    _log_minus_log(analysis, collect, times)


def _residuals(analysis: Analysis, collect: Collector, points: DataFrame, places: Places, fit: CoxFit) -> None:
    """Group `residual` over time with its smooth, and `fitted`: the constant coefficient of the model."""
    from cartwright.analysis.methods.cox.proportionality import smoothed

    constant = dict(zip(fit.coefficients["variable"], fit.coefficients["beta"], strict=True))
    for term, part in points.groupby("term", sort=False):
        part = part.sort_values("time", kind="stable")
        name, _ = places[str(term)]
        line = smoothed(part["transformed_time"].to_numpy(), part["beta_t"].to_numpy())
        for row, smooth in zip(records(part), line, strict=True):
            x = analysis.months(row["time"])
            for level, y in (("residual", row["beta_t"]), ("smooth", smooth), ("fitted", constant[term])):
                collect.add("point", analysis_id=analysis.analysis_id, group_level=level, variable=name, x=x, y=y)


def _log_minus_log(analysis: Analysis, collect: Collector, times: DataFrame) -> None:
    """log(-log S) by group: parallel where hazards are proportional."""
    import numpy as np

    from cartwright.analysis.methods.survival import kaplan_meier

    for group in analysis.groups if len(analysis.groups) > 1 else ():
        part = times[times.index.isin(group.ids)]
        if part.empty:
            continue
        curve = kaplan_meier(part["time"], part["is_event"]).table
        inside = curve[(curve["events"] > 0) & (curve["survival"] > 0) & (curve["time"] > 0)]
        for time, survival in zip(inside["time"], inside["survival"], strict=True):
            collect.add(
                "point",
                analysis_id=analysis.analysis_id,
                group_level=group.level,
                variable=LOG_MINUS_LOG,
                x=analysis.months(time),
                y=float(np.log(-np.log(survival))),
            )
