"""Start within a grace period against do not, from a day on which both were still possible: clone, censor, weight.

The first variable is the day of starting (unknown: never), the others are covariates; the groups name both strategies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, PlanError
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.coefficients import names, with_covariates
from cartwright.analysis.plan.kinds.cox import write_ratio
from cartwright.analysis.plan.kinds.logrank import two_groups
from cartwright.analysis.plan.kinds.members import write_model
from cartwright.analysis.plan.kinds.resampled import write_bootstrap

if TYPE_CHECKING:
    from pandas import DataFrame

    from cartwright.analysis.methods.cox import CoxFit

STARTED = "x0"


def run(analysis: Analysis, collect: Collector) -> None:
    """statistics hr (limits clustered by patient), hr_bootstrap, started within `grace_days`, incomplete cases."""
    start, otherwise = (group.level for group in two_groups(analysis))
    if len(analysis.variables) < 2:
        raise PlanError(f"analysis {analysis.analysis_id}: needs the day of starting and covariates")
    every = with_covariates(analysis, event_times(analysis), analysis.variables)
    complete = every.dropna(subset=names(analysis.variables)[1:])
    write_model(analysis, collect, every, complete.index, analysis.variables)
    table = complete.reset_index(drop=True)
    table["patient"] = range(len(table))
    grace, left_out = analysis.option("grace_days"), len(analysis.subjects) - len(table)
    where: Where = {
        "group_level": start,
        "comparator": otherwise,
        "n": len(table),
        "events": int(table["is_event"].sum()),
    }
    collect.statistic(analysis, "unknown", left_out, method="incomplete cases left out", n=len(table))
    inside = int((table[STARTED] <= grace).sum())
    collect.statistic(analysis, "started", inside, method=f"within {grace} days", group_level=start, n=len(table))
    try:
        rows = _clones(analysis, table)
        fit = _fit(analysis, rows, cluster="patient")
    except UnusableData as error:
        collect.statistic(analysis, "hr", flag=str(error), **where)
        return
    write_ratio(analysis, collect, fit, where, rows["flag"].iloc[0])

    def refit(part: DataFrame) -> CoxFit:
        return _fit(analysis, _clones(analysis, part.assign(patient=range(len(part)))))

    write_bootstrap(analysis, collect, table, refit, fit, where)


def _clones(analysis: Analysis, table: DataFrame) -> DataFrame:
    from cartwright.analysis.methods.sensitivity import clone_censor_weight

    covariates, grace = names(analysis.variables)[1:], analysis.option("grace_days")
    rows = clone_censor_weight(table, "patient", STARTED, covariates, grace, "time", "is_event")
    if rows["is_started"].nunique() < 2:
        raise UnusableData("nobody is followed under one of the strategies")
    return rows


def _fit(analysis: Analysis, rows: DataFrame, cluster: str | None = None) -> CoxFit:
    from cartwright.analysis.methods.cox import cox

    return cox(
        rows,
        "is_started",
        "stop",
        "event",
        ties=analysis.option("ties"),
        entry="start",
        weights="weight",
        cluster=cluster,
        robust=cluster is not None,
        firth=False,
    )
