"""Survival had everybody been in one group, then in the other: g-computation over a Cox model.

Standardised to the covariates of all subjects (the marginal effect), with percentile bootstrap limits. Makuch (1982)
J Chron Dis 35:437; Hernan & Robins, Causal Inference: What If, ch. 13.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from analysis.cox.fit import cox
from analysis.cox.hazard import predicted_survival
from analysis.estimate import UnusableData
from analysis.sensitivity.resample import bootstrap


def standardised_survival(table: pd.DataFrame, group: str, covariates, times, duration: str = "duration",
                          event: str = "event", replicates: int = 0, seed: int = 20220831, confidence: float = 0.95,
                          progress: Callable[[Iterable], Iterable] = iter) -> pd.DataFrame:
    """Columns group (0, 1 or "difference"), time, survival, ci_low, ci_high, method, flag.

    group: 0/1. Limits are NaN when replicates is 0. Rows with a missing covariate are left out.
    """
    covariates = [covariates] if isinstance(covariates, str) else list(covariates)
    complete = table.dropna(subset=[group, *covariates])
    if set(complete[group].unique()) != {0, 1}:
        raise UnusableData(f"{group} must be 0 and 1 among complete rows")
    times = np.atleast_1d(np.asarray(times, dtype=float))

    def statistic(part: pd.DataFrame) -> np.ndarray:
        fit = cox(part, [group, *covariates], duration, event, firth=False)
        if not fit.converged:
            raise UnusableData("model did not converge")
        treated, control = (predicted_survival(fit, part.assign(**{group: level}), times).mean(axis=0)
                            for level in (1, 0))
        return np.concatenate([control, treated, treated - control])

    values = statistic(complete)
    low = high = np.full(values.size, np.nan)
    flag = ""
    if replicates:
        drawn = bootstrap(complete, statistic, replicates, seed, strata=group, progress=progress)
        (low, high), flag = drawn.limits(confidence), drawn.flag
    labels = np.repeat(np.array([0, 1, "difference"], dtype=object), times.size)
    method = "standardised survival (cox g-computation)" + (f", bootstrap {replicates}" if replicates else "")
    return pd.DataFrame({"group": labels, "time": np.tile(times, 3), "survival": values, "ci_low": low, "ci_high": high,
                         "method": method, "flag": flag})
