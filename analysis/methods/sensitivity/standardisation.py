"""Survival had everybody been in one group, then in the other: g-computation over a Cox model.

Standardised to the covariates of all subjects (the marginal effect). Bootstrap limits are normal: on the log(-log)
scale for survival, on its own for the difference. Makuch (1982) J Chron Dis 35:437; Hernan & Robins, Causal Inference:
What If, ch. 13.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cartwright.analysis.methods.cox.fit import cox
from cartwright.analysis.methods.cox.hazard import predicted_survival
from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.sensitivity.resample import Bootstrap, bootstrap


def standardised_survival(
    table: pd.DataFrame,
    group: str,
    covariates: Sequence[str],
    times: ArrayLike,
    duration: str = "duration",
    event: str = "event",
    replicates: int = 0,
    seed: int = 20220831,
    confidence: float = 0.95,
    progress: Callable[[Iterable], Iterable] = iter,
) -> pd.DataFrame:
    """Columns group (0, 1 or "difference"), time, survival, ci_low, ci_high, low_error and high_error (Monte-Carlo),
    draws, failed, method, flag.

    group: 0/1. Limits are NaN when replicates is 0, and where more than half of the replicates end earlier. Rows with a
    missing covariate are left out.
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
        treated, control = (
            predicted_survival(fit, part.assign(**{group: level}), times).mean(axis=0) for level in (1, 0)
        )
        return np.concatenate([control, treated, treated - control])

    values = statistic(complete)
    found: dict[str, np.ndarray | float]
    found = {**dict.fromkeys(("ci_low", "ci_high", "low_error", "high_error"), np.nan), "draws": 0, "failed": 0}
    flag: str | list[str] = ""
    if replicates:
        drawn = bootstrap(complete, statistic, replicates, seed, strata=group, progress=progress)
        found = _limits(values, drawn, 2 * times.size, confidence)
        short = np.isnan(drawn.replicates).sum(axis=0)
        flag = [_joined(drawn.flag, f"{n} of {drawn.draws} replicates end earlier" if n else "") for n in short]
    labels = np.repeat(np.array([0, 1, "difference"], dtype=object), times.size)
    method = "standardised survival (cox g-computation)" + (f", bootstrap {replicates}" if replicates else "")
    return pd.DataFrame(
        {"group": labels, "time": np.tile(times, 3), "survival": values, **found, "method": method, "flag": flag}
    )


def _limits(values: np.ndarray, drawn: Bootstrap, survivals: int, confidence: float) -> dict[str, np.ndarray | float]:
    """Limits with their Monte-Carlo errors; the first `survivals` values are shares, the others differences."""
    is_share = np.arange(values.size) < survivals
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(is_share, np.log(-np.log(values)), values)
        replicates = np.where(is_share, np.log(-np.log(drawn.replicates)), drawn.replicates)
        low, high, error = replace(drawn, replicates=replicates).normal_limits(scaled, confidence)
        low, high = np.where(is_share, np.exp(-np.exp(high)), low), np.where(is_share, np.exp(-np.exp(low)), high)
        low_error, high_error = (
            np.where(is_share, np.abs(limit * np.log(limit)) * error, error) for limit in (low, high)
        )
    certain = is_share & (values == 1)  # before the first event nothing varies
    return {
        "ci_low": np.where(certain, 1.0, low),
        "ci_high": np.where(certain, 1.0, high),
        "low_error": np.where(certain, 0.0, low_error),
        "high_error": np.where(certain, 0.0, high_error),
        "draws": drawn.draws,
        "failed": drawn.failed,
    }


def _joined(*flags: str) -> str:
    return "; ".join(filter(None, flags))
