"""Interval-censored survival: what a response schedule really tells about progression (Turnbull 1976, JRSS B 38:290).

The nonparametric maximum by EM over the innermost intervals, run until the Kuhn-Tucker conditions hold; lifelines stops
on a loose change of the likelihood. An event is known to lie in (left, right]; left = right is an exact time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, UnusableData

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
        return float(1 - self.table.loc[self.table["right"] <= time, "mass"].sum())

    def quantile(self, p: float = 0.5) -> Estimate:
        """The interval in which the curve crosses 1 - p, reported by its right end with the interval as limits."""
        reached = self.table["mass"].cumsum() >= p - 1e-9
        if not reached.any() or not np.isfinite(self.table.loc[reached.idxmax(), "right"]):
            return Estimate(np.nan, method=self.method, flag="not reached")
        row = self.table.loc[reached.idxmax()]
        left, right = float(row["left"]), float(row["right"])
        return Estimate(right, left, right, f"{self.method}, support interval")


def turnbull(left, right) -> IntervalCurve:
    """left: last time known event-free (>= 0); right: first time known to have had it (infinite: never seen)."""
    left, right = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    if not left.size or left.size != right.size:
        raise UnusableData("left and right must be columns of one length")
    if np.isnan(left).any() or np.isnan(right).any() or (left < 0).any() or (right < left).any():
        raise UnusableData("intervals need 0 <= left <= right without missing values")
    starts, ends = _innermost(left, right)
    exact = starts == ends
    after = left[:, None] <= starts[None, :]
    after &= ~exact[None, :] | (left[:, None] < starts[None, :]) | (left == right)[:, None]
    mass, flag = _maximise((after & (ends[None, :] <= right[:, None])).astype(float))
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


def _maximise(inside: np.ndarray) -> tuple[np.ndarray, str]:
    """Masses that maximise sum log(inside @ mass). Optimal when no interval's gradient exceeds n."""
    n, m = inside.shape
    mass = np.full(m, 1 / m)
    for _ in range(MOST_STEPS):
        gradient = (inside / (inside @ mass)[:, None]).sum(axis=0) / n
        if gradient.max() < 1 + TOLERANCE:
            return mass, ""
        mass = mass * gradient
    return mass, "not converged"
