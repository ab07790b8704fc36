"""Maximum penalised likelihood after Firth: the maximum of log L + log det(I) / 2, its profile limits and its p.

Firth (1993) Biometrika 80:27; Heinze & Schemper (2001) Biometrics 57:114, (2002) Stat Med 21:2409. Scoring with step
halving, as coxphf and logistf. Ours: general solvers stop where rounding lets them, so that the order of the rows
decided whether a p was found.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cartwright.analysis.methods.estimate import chi_square_p, normal_quantile

MOST_STEPS = 500
LARGEST_STEP = 5.0  # of a coefficient per standard deviation of its covariate, in one step
WIDEST = 200.0  # standard errors beyond which a limit is called infinite
SETTLED = 1e-10  # a step below this share of a standard error moves nothing that is printed

State = tuple[float, np.ndarray, np.ndarray]  # penalised log-likelihood, its score, the information


@dataclass(frozen=True)
class Top:
    """A maximum of the penalised likelihood; `reason` says why it was not found (empty: found)."""

    beta: np.ndarray
    value: float
    score: np.ndarray
    covariance: np.ndarray
    reason: str = ""


@dataclass(frozen=True)
class Penalised:
    """One coefficient; what has no answer is NaN (a limit: infinite) and `flag` says why."""

    beta: float
    se: float
    low: float
    high: float
    p: float
    flag: str


def coefficients(at: Callable[[np.ndarray], State], size: int, wanted: range, confidence: float) -> list[Penalised]:
    """Estimate, profile limits and likelihood ratio p of the `wanted` of `size` coefficients.

    at: value, score and information at a vector of coefficients; minus infinity where the information is singular.
    """
    top = maximise(at, np.zeros(size))
    return [_coefficient(at, top, j, confidence) for j in wanted]


def log_det(information: np.ndarray) -> float:
    """Minus infinity unless the information is positive."""
    if not np.isfinite(information).all():
        return -math.inf
    sign, value = np.linalg.slogdet(information)
    return float(value) if sign > 0 else -math.inf


def _coefficient(at: Callable[[np.ndarray], State], top: Top, j: int, confidence: float) -> Penalised:
    if top.reason:
        nan = math.nan
        return Penalised(nan, nan, nan, nan, nan, f"firth fit: {top.reason}")
    (low, low_reason), (high, high_reason) = (_limit(at, top, j, side, confidence) for side in (-1, 1))
    without = maximise(at, np.where(np.arange(top.beta.size) == j, 0.0, top.beta), hold=j)
    p = math.nan if without.reason else chi_square_p(max(2 * (top.value - without.value), 0.0), 1)
    reasons = {"lower limit": low_reason, "upper limit": high_reason, "p": without.reason}
    flag = "; ".join(f"firth {what}: {why}" for what, why in reasons.items() if why)
    return Penalised(float(top.beta[j]), math.sqrt(top.covariance[j, j]), low, high, p, flag)


def maximise(at: Callable[[np.ndarray], State], start: np.ndarray, hold: int | None = None) -> Top:
    """Scoring steps, halved until the likelihood rises; `hold`: a coefficient that stays where it starts."""
    free = np.arange(start.size) != hold
    beta, state = start, at(start)
    for _ in range(MOST_STEPS):
        value, score, information = state
        if value == -math.inf:
            return _top(beta, state, "the information is singular")
        step = np.zeros(beta.size)
        step[free] = np.linalg.solve(information[np.ix_(free, free)], score[free])
        gain = float(score @ step)  # twice what a parabola would rise
        if gain < SETTLED**2:
            return _top(beta, state, "")
        step *= min(1.0, LARGEST_STEP / np.abs(step).max())
        candidate = state
        for _ in range(40):
            candidate = at(beta + step)
            if candidate[0] > value + 1e-4 * float(score @ step) - 1e-13 * abs(value):
                break
            step = step / 2
        else:
            return _top(beta, state, "no step raises the likelihood")
        beta, state = beta + step, candidate
    return _top(beta, state, f"not converged in {MOST_STEPS} steps")


def _top(beta: np.ndarray, state: State, reason: str) -> Top:
    value, score, information = state
    covariance = np.full(information.shape, math.nan) if value == -math.inf else np.linalg.inv(information)
    return Top(beta, value, score, covariance, reason)


def _limit(at: Callable[[np.ndarray], State], top: Top, j: int, side: int, confidence: float) -> tuple[float, str]:
    """Where the profile has fallen by the chi-square quantile, and why there is no such place (empty: found).

    Newton's method on the profile, whose slope is the score of the coefficient held (the others being at their best),
    kept within the bracket found so far.
    """
    target = top.value - normal_quantile(confidence) ** 2 / 2
    se = math.sqrt(top.covariance[j, j])
    inside, outside = 0.0, math.inf  # distances from the estimate, in its standard errors
    distance, beta = normal_quantile(confidence), top.beta
    for _ in range(100):
        start = beta.copy()
        start[j] = top.beta[j] + side * distance * se
        found = maximise(at, start, hold=j)
        if found.reason:
            return math.nan, found.reason
        gap, beta = found.value - target, found.beta
        inside, outside = (distance, outside) if gap > 0 else (inside, distance)
        slope = side * found.score[j] * se
        following = distance - gap / slope if slope < 0 else math.inf
        if not inside < following < outside:
            following = min((inside + outside) / 2, 2 * inside + 1)
        if abs(following - distance) < SETTLED * max(1.0, distance):
            return float(top.beta[j] + side * following * se), ""
        if following > WIDEST:
            return side * math.inf, "the likelihood stays flat without end"
        distance = following
    return math.nan, "not found in 100 steps"
