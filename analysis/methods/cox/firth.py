"""Firth's penalised Cox regression: finite estimates where a likelihood runs off to infinity, less bias elsewhere.

Heinze & Schemper (2001) Biometrics 57:114. Breslow ties, as coxphf; strata and left truncation as the sums of
`likelihood` have them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cartwright.analysis.methods.cox.design import Design, build
from cartwright.analysis.methods.cox.likelihood import RiskSets
from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.penalised import State, coefficients, log_det, maximise

METHOD = "firth cox, profile limits"


def firth_cox(
    table: pd.DataFrame,
    covariates: Sequence[str],
    duration: str = "duration",
    event: str = "event",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Tidy coefficients: term, beta, se, hr, ci_low, ci_high (profile), p (likelihood ratio), method, flag."""
    design = build(table, covariates, duration, event)
    if not design.event.any():
        raise UnusableData("no events")
    estimates = firth_estimates(design, confidence)
    terms = pd.DataFrame(
        {
            "term": [t.name for t in design.terms],
            "variable": [t.variable for t in design.terms],
            "level": [t.level for t in design.terms],
        }
    )
    result = terms.join(estimates.set_index(np.flatnonzero(design.is_fitted)))
    unfit = pd.Series(design.flags).where(~design.is_fitted, "")
    return result.assign(flag=result["flag"].fillna("") + unfit)


def firth_estimates(design: Design, confidence: float = 0.95) -> pd.DataFrame:
    """beta, se, hr, ci_low, ci_high, p, method, flag, one row a fitted term; what has no answer is NaN and says why."""
    x = design.x[:, design.is_fitted]
    scale = x.std(axis=0)
    sets = RiskSets(x / scale, design.time, design.event, design.entry, design.weight, design.stratum)
    found = coefficients(_Likelihood(sets).at, len(scale), range(len(scale)), confidence)
    with np.errstate(over="ignore"):
        rows = [
            {
                "beta": one.beta / s,
                "se": one.se / s,
                "hr": np.exp(one.beta / s),
                "ci_low": np.exp(one.low / s),
                "ci_high": np.exp(one.high / s),
                "p": one.p,
                "method": METHOD,
                "flag": one.flag,
            }
            for one, s in zip(found, scale, strict=True)
        ]
    return pd.DataFrame(rows, columns=["beta", "se", "hr", "ci_low", "ci_high", "p", "method", "flag"])


def firth_beta(design: Design) -> np.ndarray:
    """The estimate alone, for what a model predicts. Raises UnusableData where there is none."""
    x = design.x[:, design.is_fitted]
    scale = x.std(axis=0)
    sets = RiskSets(x / scale, design.time, design.event, design.entry, design.weight, design.stratum)
    top = maximise(_Likelihood(sets).at, np.zeros(len(scale)))
    if top.reason:
        raise UnusableData(f"penalised model: {top.reason}")
    return top.beta / scale


class _Likelihood:
    """The penalised partial likelihood with its score, which needs third moments of x over those at risk."""

    def __init__(self, sets: RiskSets) -> None:
        self._sets = sets

    def at(self, beta: np.ndarray) -> State:
        sums = self._sets.sums(beta)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            d, s0 = sums.weight, sums.s0
            mean, second = sums.s1 / s0[:, None], sums.s2 / s0[:, None, None]
            spread = second - mean[:, :, None] * mean[:, None, :]
            information = np.tensordot(d, spread, 1)
            penalty = log_det(information) / 2
            value = sums.weta - float(d @ np.log(s0)) + penalty
            if not np.isfinite(value):
                return -math.inf, np.full(beta.size, math.nan), information
            slope = self._penalty_slope(beta, d, s0, mean, spread, np.linalg.inv(information))
        score = (sums.wx - d[:, None] * mean).sum(axis=0)
        return value, score + slope / 2, information

    def _penalty_slope(
        self, beta: np.ndarray, d: np.ndarray, s0: np.ndarray, mean: np.ndarray, spread: np.ndarray, inverse: np.ndarray
    ) -> np.ndarray:
        """Derivative of log det(information) by each coefficient: the sum over event times of d E[(x - m)' V (x - m)
        (x - m)], V the inverse information. With q = x'Vx it takes p + 1 sums over those at risk, where all third
        moments would take p (p + 1) (p + 2) / 6."""
        x = self._sets.x
        eta = self._sets.eta(beta)
        risk = self._sets.weight * np.exp(eta - eta.max())  # the shift that `RiskSets.sums` has
        weighed = risk * np.einsum("in,ij,jn->n", x, inverse, x, optimize=True)
        sums = self._sets.at_risk_sums(np.vstack([weighed, weighed * x])) / s0[:, None]
        own = sums[:, 1:] - mean * sums[:, :1]
        crossed = np.einsum("kab,kb->ka", spread, mean @ inverse)
        return d @ (own - 2 * crossed)
