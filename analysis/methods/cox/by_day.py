"""Cox regression from sums by day: for cohorts too large to hold as rows.

With whole-day times the partial likelihood needs, at each beta, only sums per day over those who leave on that day. Who
holds the rows (a database: one grouped query a Newton step) answers `day_sums`; the size of the cohort never gets here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cartwright.analysis.methods.cox.likelihood import Sums, maximise
from cartwright.analysis.methods.estimate import UnusableData, normal_p, normal_quantile


@dataclass(frozen=True)
class DaySums:
    """Per day in ascending order, over subjects leaving on it (`leaving`) and over those of them with the event
    (`events`): sums of w exp(x'beta) times 1, x_1..x_p, and x_i x_j for i >= j in the order (1,1), (2,1), (2,2), (3,1)
    ...: arrays (days, 1 + p + p (p + 1) / 2). `count`: events a day; `x`: sum of x over events a day (days, p)."""

    leaving: np.ndarray
    events: np.ndarray
    count: np.ndarray
    x: np.ndarray


def cox_by_day(
    day_sums: Callable[[np.ndarray], DaySums],
    names: list[str],
    ties: str = "efron",
    confidence: float = 0.95,
    start: np.ndarray | None = None,
) -> pd.DataFrame:
    """term, beta, se, hr, ci_low, ci_high, z, p, method, flag. Right censoring, unit weights, one stratum; covariates
    should be roughly centred and scaled, as the sums are taken as they come. start: where Newton's method begins, as
    the beta of a sample of the rows: it finds the same optimum in fewer steps, and each step costs a pass over all."""
    p = len(names)
    if start is not None and np.shape(start) != (p,):
        raise UnusableData(f"start must hold {p} coefficients")
    optimum = maximise(lambda beta: _sums(day_sums(beta), beta, p), p, ties, start=start)
    z_limit, beta = normal_quantile(confidence), optimum.beta
    se = np.sqrt(np.diag(optimum.covariance)) if optimum.converged else np.full(p, np.nan)
    z = beta / se
    return pd.DataFrame(
        {
            "term": names,
            "beta": beta,
            "se": se,
            "hr": np.exp(beta),
            "ci_low": np.exp(beta - z_limit * se),
            "ci_high": np.exp(beta + z_limit * se),
            "z": z,
            "p": [normal_p(value) for value in z],
            "method": f"cox {ties}, by day",
            "flag": "" if optimum.converged else "not converged",
        }
    )


def _sums(found: DaySums, beta: np.ndarray, p: int) -> Sums:
    width = 1 + p + p * (p + 1) // 2
    if found.leaving.shape[1:] != (width,) or found.events.shape != found.leaving.shape:
        raise UnusableData(f"sums by day of {p} covariates need {width} columns")
    if not found.count.any():
        raise UnusableData("no events")
    at_risk = np.cumsum(found.leaving[::-1], axis=0)[::-1]
    days = found.count > 0
    s0, s1, s2 = _parts(at_risk[days], p)
    d0, d1, d2 = _parts(found.events[days], p)
    count = found.count[days].astype(int)
    return Sums(s0, s1, s2, d0, d1, d2, count, count.astype(float), found.x[days], float((found.x @ beta).sum()))


def _parts(sums: np.ndarray, p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    square = np.empty((len(sums), p, p))
    rows, columns = np.tril_indices(p)
    square[:, rows, columns] = square[:, columns, rows] = sums[:, 1 + p :]
    return sums[:, 0], sums[:, 1 : 1 + p], square
