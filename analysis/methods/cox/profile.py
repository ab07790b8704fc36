"""Profile-likelihood limits of hazard ratios: where twice the log-likelihood has fallen by the chi-square quantile.

Venzon & Moolgavkar (1988) Appl Stat 37:87. Better than Wald limits when the likelihood is skewed, as with few events.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cartwright.analysis.methods.cox.likelihood import maximise
from cartwright.analysis.methods.estimate import normal_quantile

if TYPE_CHECKING:
    from cartwright.analysis.methods.cox.fit import CoxFit

WIDEST = 50.0  # standard errors from the estimate beyond which a limit does not exist


def profile_limits(fit: CoxFit, confidence: float = 0.95) -> pd.DataFrame:
    """term, hr, ci_low, ci_high, method, flag; a limit at 0 or infinity (monotone likelihood) is NaN and flagged."""
    drop = normal_quantile(confidence) ** 2 / 2
    fitted = [t for t, ok in zip(fit.design.terms, fit.design.is_fitted, strict=True) if ok]
    rows = []
    for j, term in enumerate(fitted):
        low, high = (_limit(fit, j, side, fit.log_likelihood - drop) for side in (-1, 1))
        open_ended = ["open interval"] if math.isnan(low) or math.isnan(high) else []
        rows.append(
            {
                "term": term.name,
                "hr": math.exp(fit.beta[j]) if fit.events and fit.converged else math.nan,
                "ci_low": math.exp(low),
                "ci_high": math.exp(high),
                "method": f"{fit.method}, profile likelihood",
                "flag": "; ".join([*open_ended, *fit.flags]),
            }
        )
    return pd.DataFrame(rows)


def _limit(fit: CoxFit, j: int, side: int, target: float) -> float:
    from scipy.optimize import brentq

    p, variance = fit.beta.size, float(fit.naive_covariance[j, j])
    if not 0 < variance < math.inf:
        return math.nan
    se = math.sqrt(variance)
    free = np.arange(p) != j

    def above(distance: float) -> float:
        start = fit.beta.copy()
        start[j] += side * distance
        return maximise(fit.risk_sets.sums, p, fit.ties, free=free, start=start).log_likelihood - target

    far = se
    while above(far) > 0:
        far *= 1.6
        if far > WIDEST * se:
            return math.nan
    return fit.beta[j] + side * brentq(above, 0.0, far, xtol=1e-12, rtol=1e-12)
