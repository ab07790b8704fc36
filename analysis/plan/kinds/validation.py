"""How well a Cox model ranks patients, and how much of that is optimism: bootstrap of `resamples` from `seed`."""

from __future__ import annotations

from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.coefficients import names, with_covariates
from cartwright.analysis.plan.kinds.members import write_model
from cartwright.analysis.plan.resampling import PROGRESS


def run(analysis: Analysis, collect: Collector) -> None:
    """statistics c_apparent, optimism, c_corrected and calibration_slope (below 1: predictions too extreme)."""
    from cartwright.analysis.methods.cox import concordance, cox
    from cartwright.analysis.methods.sensitivity import optimism

    columns, resamples = names(analysis.variables), analysis.option("resamples")
    every = with_covariates(analysis, event_times(analysis), analysis.variables)
    table = every.dropna(subset=columns)
    write_model(analysis, collect, every, table.index, analysis.variables)
    fit = cox(table, columns, "time", "is_event", ties=analysis.option("ties"), firth=False)
    where: Where = {"n": fit.n, "events": fit.events}
    collect.estimate(analysis, "c_apparent", concordance(fit), **where)
    if not resamples:
        return
    found = optimism(
        table, columns, "time", "is_event", replicates=resamples, seed=analysis.option("seed"), progress=PROGRESS.get()
    )
    for statistic, value, drawn in (
        ("optimism", found.optimism, found.drawn),
        ("c_corrected", found.corrected, found.drawn),
        ("calibration_slope", found.slope, found.slope_drawn),
    ):
        collect.statistic(analysis, statistic, value, drawn, method=found.method, flag=found.flag, **where)
