"""Bootstrap limits of a hazard ratio whose whole procedure, weights included, is repeated on each resample."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..ard import Collector
from ..estimate import UnusableData
from ..plan import Analysis
from ..resampling import PROGRESS

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..cox import CoxFit


def write_bootstrap(
    analysis: Analysis, collect: Collector, table: DataFrame, refit: Callable[[DataFrame], CoxFit], fit: CoxFit,
    where: dict[str, Any], strata: str | None = None,
) -> None:  # fmt: skip
    """statistic hr_bootstrap by the options `resamples` (0: none) and `seed`; `fit` is the one of the whole table."""
    from ..sensitivity import bootstrap

    resamples = analysis.option("resamples")
    if not resamples:
        return
    try:
        drawn = bootstrap(
            table, lambda part: refit(part).beta, resamples, analysis.option("seed"), strata, PROGRESS.get()
        )
    except UnusableData as error:
        collect.statistic(analysis, "hr_bootstrap", flag=str(error), **where)
        return
    low, high = drawn.normal_limits(fit.beta)
    collect.statistic(
        analysis, "hr_bootstrap", math.exp(fit.beta[0]), ci_low=math.exp(low[0]), ci_high=math.exp(high[0]),
        method=f"{fit.method}, bootstrap {resamples}, normal limits", flag=drawn.flag, **where,
    )  # fmt: skip
