"""Bootstrap limits of a hazard ratio whose whole procedure, weights included, is repeated on each resample."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from cartwright.analysis.methods.estimate import Drawn, UnusableData
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.resampling import PROGRESS

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame

    from cartwright.analysis.methods.cox import CoxFit


def write_bootstrap(
    analysis: Analysis,
    collect: Collector,
    table: DataFrame,
    refit: Callable[[DataFrame], CoxFit],
    fit: CoxFit,
    where: Where,
    strata: str | None = None,
) -> None:
    """statistic hr_bootstrap by the options `resamples` (0: none) and `seed`; `fit` is the one of the whole table."""
    from cartwright.analysis.methods.sensitivity import bootstrap

    resamples = analysis.option("resamples")
    if not resamples:
        return

    def beta(part: DataFrame) -> ndarray:
        fit = refit(part)
        if not fit.converged:
            raise UnusableData("the fit runs away")
        return fit.beta

    try:
        drawn = bootstrap(table, beta, resamples, analysis.option("seed"), strata, PROGRESS.get())
    except UnusableData as error:
        collect.statistic(analysis, "hr_bootstrap", flag=str(error), **where)
        return
    log_low, log_high, moved = (float(found[0]) for found in drawn.normal_limits(fit.beta))
    low, value, high = (math.exp(log) for log in (log_low, fit.beta[0], log_high))
    dice = Drawn(drawn.draws, drawn.failed, 0.0, moved, moved).exp(low, value, high)
    collect.statistic(
        analysis,
        "hr_bootstrap",
        value,
        dice,
        ci_low=low,
        ci_high=high,
        flag=drawn.flag,
        method=f"{fit.method}, bootstrap {resamples}, normal limits",
        **where,
    )
