"""Interval-censored survival: what a response schedule really tells about progression (Turnbull 1976, JRSS B 38:290).

The nonparametric maximum by EM over the innermost intervals, run until the Kuhn-Tucker conditions hold; lifelines stops
on a loose change of the likelihood. An event is known to lie in (left, right]; left = right is an exact time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cartwright.analysis.methods.estimate import Estimate, UnusableData
from cartwright.analysis.methods.input_checks import same_times

TOLERANCE = 1e-9
MOST_STEPS = 100_000


@dataclass(frozen=True)
class IntervalCurve:
    """`table`: one row an interval with mass: left, right, mass; survival falls somewhere inside it."""

    table: pd.DataFrame
    n: int
    method: str = "turnbull"
    flag: str = ""

    def survival_at(self, time: float) -> float:
        """S(t), mass counted at the right end of its interval (the latest curve that fits the data)."""
        return float(1 - self.table.loc[self.table["right"] <= time + 1e-9, "mass"].sum())

    def quantile(self, p: float = 0.5) -> Estimate:
        """The interval in which the curve crosses 1 - p, reported by its right end with the interval as limits."""
        reached = self.table["mass"].cumsum() >= p - 1e-9
        place = int(reached.to_numpy().argmax())
        left, right = (self.table[end].to_numpy(float) for end in ("left", "right"))
        if not reached.any() or not np.isfinite(right[place]):
            return Estimate(np.nan, method=self.method, flag="not reached")
        method = f"{self.method}, support interval"
        if abs(self.table["mass"].to_numpy().cumsum()[place] - p) > 1e-9:
            return Estimate(right[place], left[place], right[place], method)
        # the curve rests on 1 - p: the middle of the step, as `quantile` of a curve
        if place + 1 == right.size or not np.isfinite(right[place + 1]):
            return Estimate(np.nan, method=method, flag="not reached")
        low, high = ((end[place] + end[place + 1]) / 2 for end in (left, right))
        return Estimate(high, low, high, method)


def turnbull(left: ArrayLike, right: ArrayLike) -> IntervalCurve:
    """left: last time known event-free (>= 0); right: first time known to have had it (infinite: never seen)."""
    left, right = np.array(left, dtype=float), np.array(right, dtype=float)
    if not left.size or left.size != right.size:
        raise UnusableData("left and right must be columns of one length")
    finite = np.isfinite(right)
    if np.isfinite(left).all():
        left, right[finite] = same_times(left, right[finite])
    if not np.isfinite(left).all() or np.isnan(right).any() or (left < 0).any() or (right < left).any():
        raise UnusableData("intervals need 0 <= left <= right without missing values")
    starts, ends = _innermost(left, right)
    # The innermost intervals stand in order, so those inside a patient's interval are one run, first .. beyond - 1.
    exact = left == right
    first = np.where(exact, np.searchsorted(starts, left, side="left"), _first_after(starts, ends, left))
    mass, flag = _maximise(first, np.searchsorted(ends, right, side="right"), starts.size)
    kept = mass > 1e-10
    table = pd.DataFrame({"left": starts[kept], "right": ends[kept], "mass": mass[kept]})
    return IntervalCurve(table, left.size, flag=flag)


def _innermost(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Intervals that begin with a left end and end with the next right end: only they can carry mass.

    At one value an exact time opens first, then right ends close, then (open) left ends begin.
    """
    exact = left == right
    value = np.concatenate([left, right])
    rank = np.concatenate([np.where(exact, 0, 2), np.ones(right.size, dtype=int)])
    order = np.lexsort((rank, value))
    value, rank = value[order], rank[order]
    opens = np.flatnonzero((rank[:-1] != 1) & (rank[1:] == 1))
    return value[opens], value[opens + 1]


def _first_after(starts: np.ndarray, ends: np.ndarray, left: np.ndarray) -> np.ndarray:
    """First innermost interval after an open left end: one that begins there, but not the exact time itself."""
    at = np.searchsorted(starts, left, side="left")
    is_exact = np.append(starts == ends, False)
    return at + (is_exact[at] & (np.append(starts, np.nan)[at] == left))


def _maximise(first: np.ndarray, beyond: np.ndarray, m: int) -> tuple[np.ndarray, str]:
    """Masses of m intervals that maximise sum log(mass inside each run). Optimal when no gradient exceeds n."""
    n = first.size
    mass = np.full(m, 1 / m)
    for _ in range(MOST_STEPS):
        total = np.concatenate([[0.0], np.cumsum(mass)])
        share = 1 / (total[beyond] - total[first])
        opened, closed = np.bincount(first, share, m + 1), np.bincount(beyond, share, m + 1)
        gradient = np.cumsum(opened - closed)[:m] / n
        if gradient.max() < 1 + TOLERANCE:
            return mass, ""
        mass = mass * gradient
    return mass, "not converged"
