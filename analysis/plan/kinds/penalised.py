"""How many events carry each covariate of a Cox model, and Firth's estimate of every coefficient beside Wald's."""

from __future__ import annotations

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.coefficients import names, with_covariates, write_unusable
from cartwright.analysis.plan.kinds.cox import FIRTH
from cartwright.analysis.plan.kinds.members import write_model, write_unusable_model
from cartwright.analysis.records import records

FEW_EVENTS = 10  # per covariate; Peduzzi et al. (1995) J Clin Epidemiol 48:1503


def run(analysis: Analysis, collect: Collector) -> None:
    """statistics events_per_covariate, hr, p, hr_firth, p_firth."""
    from cartwright.analysis.methods.cox import cox, firth_cox

    columns = names(analysis.variables)
    table = with_covariates(analysis, event_times(analysis), analysis.variables)
    try:
        fit = cox(table, columns, "time", "is_event", ties=analysis.option("ties"), firth=False)
    except UnusableData as error:
        write_unusable(analysis, collect, "hr", analysis.variables, table, str(error))
        write_unusable_model(analysis, collect, table, analysis.variables, str(error))
        return
    write_model(analysis, collect, table, table.index[fit.design.rows], analysis.variables)
    fitted = int(fit.design.is_fitted.sum())
    ratio = fit.events / fitted if fitted else None
    collect.statistic(
        analysis,
        "events_per_covariate",
        ratio,
        n=fit.n,
        events=fit.events,
        method=f"events / {fitted} covariates",
        flag=f"fewer than {FEW_EVENTS} events per covariate" if ratio is None or ratio < FEW_EVENTS else None,
    )
    found = records(firth_cox(table, columns, "time", "is_event")) if fit.events and fitted else []
    firth = {row["term"]: row for row in found}
    for name, variable, row in zip(columns, analysis.variables, records(fit.coefficients), strict=True):
        where: Where = {"variable": variable.name, "variable_level": variable.level, "n": fit.n, "events": fit.events}
        limits = {"ci_low": row["ci_low"], "ci_high": row["ci_high"]}
        collect.statistic(analysis, "hr", row["hr"], method=row["method"], flag=row["flag"], **limits, **where)
        collect.statistic(analysis, "p", row["p"], method=f"{row['method']}, wald", flag=row["flag"], **where)
        if not firth:
            continue
        other = firth[name]
        limits = {"ci_low": other["ci_low"], "ci_high": other["ci_high"]}
        method = f"{FIRTH}, profile limits"
        collect.statistic(analysis, "hr_firth", other["hr"], method=method, flag=other["flag"], **limits, **where)
        method = f"{FIRTH}, penalised likelihood ratio"
        collect.statistic(analysis, "p_firth", other["p"], method=method, flag=other["flag"], **where)
