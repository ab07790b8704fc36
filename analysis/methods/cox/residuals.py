"""Residuals of a Cox fit, consistent with its handling of ties (lifelines' are Breslow's even after an Efron fit).

Therneau, Grambsch & Fleming (1990) Biometrika 77:147; Therneau & Grambsch (2000), ch. 4 and 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from cartwright.analysis.methods.cox.likelihood import RiskSets, tie_sums

if TYPE_CHECKING:
    from cartwright.analysis.methods.cox.fit import CoxFit

KINDS = ("martingale", "deviance", "schoenfeld", "score", "dfbeta")


def residuals(fit: CoxFit, kind: str = "martingale") -> pd.DataFrame:
    """Tidy residuals: `row` (position in the fitted table), `time`, and `residual` or one column a fitted term.

    martingale, deviance: one a row. schoenfeld: one an event, in order of stratum and time. score: unweighted.
    dfbeta: weighted change of each coefficient when the row is left out (the robust variance is their cross product).
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    if kind == "dfbeta":
        return dfbeta(fit)
    sets, design = fit.risk_sets, fit.design
    terms = [term.name for term, fitted in zip(design.terms, design.is_fitted, strict=True) if fitted]
    if kind == "schoenfeld":
        place = sets.order[sets.event]
        values = schoenfeld(sets, fit.beta, fit.ties)
        return pd.DataFrame({"row": design.rows[place], "time": design.time[place]}).join(
            pd.DataFrame(values, columns=terms)
        )
    frame = pd.DataFrame({"row": design.rows, "time": design.time})
    if kind == "score":
        values = np.empty((design.time.size, len(terms)))
        values[sets.order] = score_residuals(sets, fit.beta, fit.ties)
        return frame.join(pd.DataFrame(values, columns=terms))
    values = np.empty(design.time.size)
    values[sets.order] = martingale(sets, fit.beta, fit.ties)
    if kind == "deviance":
        values = deviance(values, design.event)
    return frame.assign(residual=values)


def dfbeta(fit: CoxFit) -> pd.DataFrame:
    """Approximate change in each coefficient caused by each row (weighted, in the order of the table)."""
    design = fit.design
    terms = [term.name for term, fitted in zip(design.terms, design.is_fitted, strict=True) if fitted]
    matrix = dfbeta_matrix(fit.risk_sets, fit.beta, fit.naive_covariance, fit.ties)
    return pd.DataFrame({"row": design.rows, "time": design.time}).join(pd.DataFrame(matrix, columns=terms))


def martingale(sets: RiskSets, beta: np.ndarray, ties: str) -> np.ndarray:
    """Observed less expected events, in the sorted order of the risk sets."""
    tie = _at(sets, beta, ties)[1]
    expected = sets.between(tie.a1)
    expected[sets.event] -= tie.a2[sets.at]
    return sets.event - np.exp(_shifted(sets, beta)) * expected


def deviance(values: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Martingale residuals made roughly symmetric about 0."""
    expected = event - values
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(event, np.log(expected), 0.0)
    return np.sign(values) * np.sqrt(np.maximum(-2 * (values + logs), 0))


def schoenfeld(sets: RiskSets, beta: np.ndarray, ties: str) -> np.ndarray:
    """Covariates at each event less their mean over the risk set (averaged over the steps of a tie)."""
    return sets.x[:, sets.event].T - _means(*_at(sets, beta, ties))[sets.at]


def score_residuals(sets: RiskSets, beta: np.ndarray, ties: str) -> np.ndarray:
    """Each row's share (unweighted) of the score, (n, p), in the sorted order of the risk sets."""
    sums, tie = _at(sets, beta, ties)
    x = sets.x.T
    exposure = sets.between(tie.a1)
    exposure[sets.event] -= tie.a2[sets.at]
    pull = sets.between(tie.b0[:, None] * sums.s1 - tie.b1[:, None] * sums.d1)
    pull[sets.event] -= (tie.b1[:, None] * sums.s1 - tie.b2[:, None] * sums.d1)[sets.at]
    values = -np.exp(_shifted(sets, beta))[:, None] * (x * exposure[:, None] - pull)
    values[sets.event] += schoenfeld(sets, beta, ties)
    return values


def dfbeta_matrix(sets: RiskSets, beta: np.ndarray, covariance: np.ndarray, ties: str) -> np.ndarray:
    """Weighted score residuals times the inverse information, (n, p), in the order of the design's rows."""
    weighted = score_residuals(sets, beta, ties) * sets.weight[:, None]
    matrix = np.empty_like(weighted)
    matrix[sets.order] = weighted @ covariance
    return matrix


def _at(sets: RiskSets, beta, ties):
    sums = sets.sums(beta)
    return sums, tie_sums(sums, ties)


def _means(sums, tie) -> np.ndarray:
    """Risk-set mean of x per event time; a1, a2 carry the total event weight."""
    return (tie.a1[:, None] * sums.s1 - tie.a2[:, None] * sums.d1) / sums.weight[:, None]


def _shifted(sets: RiskSets, beta: np.ndarray) -> np.ndarray:
    """Linear predictor with the same shift that `RiskSets.sums` uses."""
    eta = sets.eta(beta)
    return eta - eta.max(initial=-np.inf)
