"""Residuals of a Cox fit as vectors and matrices, in the order of its risk sets, consistent with its handling of ties.

lifelines' are Breslow's even after an Efron fit. Therneau, Grambsch & Fleming (1990) Biometrika 77:147; Therneau &
Grambsch (2000), ch. 4 and 7.
"""

from __future__ import annotations

import numpy as np

from cartwright.analysis.methods.cox.likelihood import RiskSets, Sums, TieSums, tie_sums


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


def _at(sets: RiskSets, beta: np.ndarray, ties: str) -> tuple[Sums, TieSums]:
    sums = sets.sums(beta)
    return sums, tie_sums(sums, ties)


def _means(sums: Sums, tie: TieSums) -> np.ndarray:
    """Risk-set mean of x per event time; a1, a2 carry the total event weight."""
    return (tie.a1[:, None] * sums.s1 - tie.a2[:, None] * sums.d1) / sums.weight[:, None]


def _shifted(sets: RiskSets, beta: np.ndarray) -> np.ndarray:
    """Linear predictor with the same shift that `RiskSets.sums` uses."""
    eta = sets.eta(beta)
    return eta - eta.max(initial=-np.inf)
