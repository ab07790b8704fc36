"""Cox models: one a covariate (`model: univariable`) or one with all (`multivariable`); and the ratio of two groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.coefficients import (
    covariate_sets,
    names,
    with_covariates,
    write,
    write_firth,
    write_unusable,
)
from cartwright.analysis.plan.kinds.logrank import two_groups
from cartwright.analysis.plan.kinds.members import write_groups, write_model, write_unusable_model
from cartwright.analysis.records import records

if TYPE_CHECKING:
    from cartwright.analysis.methods.cox import CoxFit

FIRTH = "firth cox"


def run(analysis: Analysis, collect: Collector) -> None:
    from cartwright.analysis.methods.cox import cox

    times = event_times(analysis)
    for variables in covariate_sets(analysis):
        table = with_covariates(analysis, times, variables)
        try:
            fit = cox(table, names(variables), "time", "is_event", ties=analysis.option("ties"))
        except UnusableData as error:
            write_unusable(analysis, collect, "hr", variables, table, str(error))
            write_unusable_model(analysis, collect, table, variables, str(error))
        else:
            write(analysis, collect, "hr", variables, fit, FIRTH)
            write_model(analysis, collect, table, table.index[fit.design.rows], variables)


def run_ratio(analysis: Analysis, collect: Collector) -> None:
    """statistic hr: first group against the second, no other covariate."""
    from cartwright.analysis.methods.cox import cox

    group, reference = two_groups(analysis)
    times = event_times(analysis)
    write_groups(analysis, collect, times)
    table = times[times.index.isin(group.ids | reference.ids)]
    table = table.assign(x0=table.index.isin(group.ids).astype(float))
    where: Where = {
        "group_level": group.level,
        "comparator": reference.level,
        "n": len(table),
        "events": int(table["is_event"].sum()),
    }
    if table["x0"].nunique() < 2:
        collect.statistic(analysis, "hr", flag="fewer than two groups", **where)
        return
    ties, entry = analysis.option("ties"), "entry" if "entry" in table else None
    write_ratio(analysis, collect, cox(table, "x0", "time", "is_event", ties=ties, entry=entry), where)


def write_ratio(analysis: Analysis, collect: Collector, fit: CoxFit, where: Where, doubt: str = "") -> None:
    """The one coefficient of a fit as the rows hr and p, with Firth's where it is flagged; `doubt`: a flag of what the
    fit was given (its weights).
    """
    row = records(fit.coefficients)[0]
    row["flag"] = "; ".join(filter(None, (row["flag"], doubt)))
    limits = {"ci_low": row["ci_low"], "ci_high": row["ci_high"]}
    collect.statistic(analysis, "hr", row["hr"], method=row["method"], flag=row["flag"], **limits, **where)
    collect.statistic(analysis, "p", row["p"], method=f"{row['method']}, wald", flag=row["flag"], **where)
    write_firth(analysis, collect, "hr", row, FIRTH, where)
