"""Firth's penalised Cox regression: finite estimates where a likelihood runs off to infinity, less bias elsewhere.

Heinze & Schemper (2001) Biometrics 57:114. Breslow ties, as coxphf; strata and left truncation as the sums of
`likelihood` have them.
"""

from __future__ import annotations

import math
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from analysis.cox.design import Design, build
from analysis.cox.likelihood import RiskSets
from analysis.estimate import UnusableData
from analysis.penalised import State, coefficients, log_det, maximise

METHOD = "firth cox, profile limits"


def firth_cox(table: pd.DataFrame, covariates, duration: str = "duration", event: str = "event",
              confidence: float = 0.95) -> pd.DataFrame:
    """Tidy coefficients: term, beta, se, hr, ci_low, ci_high (profile), p (likelihood ratio), method, flag."""
    design = build(table, covariates, duration, event)
    if not design.event.any():
        raise UnusableData("no events")
    estimates = firth_estimates(design, confidence)
    terms = pd.DataFrame({"term": [t.name for t in design.terms], "variable": [t.variable for t in design.terms],
                          "level": [t.level for t in design.terms]})
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
        rows = [{"beta": one.beta / s, "se": one.se / s, "hr": np.exp(one.beta / s), "ci_low": np.exp(one.low / s),
                 "ci_high": np.exp(one.high / s), "p": one.p, "method": METHOD, "flag": one.flag}
                for one, s in zip(found, scale, strict=True)]  # fmt: skip
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
        p = len(sets.x)
        triples = list(combinations_with_replacement(range(p), 3))
        self._triples = np.stack([sets.x[i] * sets.x[j] * sets.x[k] for i, j, k in triples])
        place = {triple: number for number, triple in enumerate(triples)}
        self._place = np.array([place[tuple(sorted(index))] for index in np.ndindex(p, p, p)]).reshape(p, p, p)

    def at(self, beta: np.ndarray) -> State:
        sums = self._sets.sums(beta)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            d, s0 = sums.weight, sums.s0
            mean, second = sums.s1 / s0[:, None], sums.s2 / s0[:, None, None]
            information = np.tensordot(d, second - mean[:, :, None] * mean[:, None, :], 1)
            penalty = log_det(information) / 2
            value = sums.weta - float(d @ np.log(s0)) + penalty
            if not np.isfinite(value):
                return -math.inf, np.full(beta.size, math.nan), information
            slope = self._information_slope(beta, d, s0, mean, second)
        score = (sums.wx - d[:, None] * mean).sum(axis=0)
        return value, score + np.einsum("ab,abc->c", np.linalg.inv(information), slope) / 2, information

    def _information_slope(self, beta, d, s0, mean, second) -> np.ndarray:
        """Derivative of the information (p, p) by each coefficient: the third central moments, (p, p, p)."""
        eta = self._sets.eta(beta)
        risk = self._sets.weight * np.exp(eta - eta.max())  # the shift that `RiskSets.sums` has
        third = self._sets.at_risk_sums(self._triples * risk)[:, self._place] / s0[:, None, None, None]
        pairs = second[:, :, :, None] * mean[:, None, None, :]
        pairs = pairs + pairs.transpose(0, 1, 3, 2) + pairs.transpose(0, 3, 1, 2)
        cubes = mean[:, :, None, None] * mean[:, None, :, None] * mean[:, None, None, :]
        return np.tensordot(d, third - pairs + 2 * cubes, 1)
