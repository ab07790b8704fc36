"""The Cox partial likelihood and its derivatives from sums per event time, and Newton's method on them.

All that depends on n is in `RiskSets`: rows stand in order of time, so that sums by event time are sums over runs of
rows, one pass a column; rows, start-stop rows and counts by day share every formula below. Efron (1977) JASA 72:557;
Breslow (1974); Therneau & Grambsch (2000), ch. 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

TIES = ("efron", "breslow")
SMALL = 60_000  # rows times event times up to which membership of risk sets is kept as a matrix
FLAT = 1e-10  # a likelihood this much flatter than at the start has run off to infinity, however still it lies


@dataclass(frozen=True)
class Sums:
    """Per event time k (strata one after the other), at one beta: sums of w exp(eta), and of x and xx' under it, over
    those at risk (s0, s1, s2) and over those who have the event (d0, d1, d2); number and weight of events; sum of
    w x and of w eta over events. A constant common to all eta cancels."""

    s0: np.ndarray
    s1: np.ndarray  # (K, p)
    s2: np.ndarray  # (K, p, p)
    d0: np.ndarray
    d1: np.ndarray
    d2: np.ndarray
    events: np.ndarray
    weight: np.ndarray
    wx: np.ndarray  # (K, p)
    weta: float


@dataclass(frozen=True)
class TieSums:
    """Per event time, over the steps l of a tie with f = l/d (Efron) or 0 (Breslow) and den = s0 - f d0, times the mean
    event weight: a1 = sum 1/den, a2 = sum f/den, b0, b1, b2 = sum f^j/den^2, log_den = sum log den."""

    a1: np.ndarray
    a2: np.ndarray
    b0: np.ndarray
    b1: np.ndarray
    b2: np.ndarray
    log_den: np.ndarray


class RiskSets:
    """Who is at risk when: built once from a design, asked for sums at many betas."""

    def __init__(
        self,
        x: np.ndarray,
        time: np.ndarray,
        event: np.ndarray,
        entry: np.ndarray | None,
        weight: np.ndarray,
        stratum: np.ndarray,
    ) -> None:
        order = np.lexsort((~event, time, stratum))  # events come first among the rows of their time
        self.order = order
        self.x = np.empty((x.shape[1], order.size))  # (p, n): a column is contiguous
        for row, column in zip(self.x, x.T, strict=True):
            row[:] = column[order]
        self.weight, self.event = weight[order], event[order]
        time, stratum = time[order], stratum[order]
        when, where = time[self.event], stratum[self.event]
        is_new = np.append(True, (np.diff(when) != 0) | (np.diff(where) != 0))[: when.size]
        self.times, self.strata = when[is_new], where[is_new].astype(int)
        edges = np.searchsorted(self.strata, np.arange(stratum.max() + 2))
        self.blocks = [slice(a, b) for a, b in pairwise(edges) if b > a]
        # a row is at risk at event times first .. last - 1 of its stratum
        self.last = np.empty(time.size, dtype=np.intp)
        self.first = np.empty(time.size, dtype=np.intp)
        starts = np.searchsorted(stratum, np.arange(stratum.max() + 2))
        for s, (a, b) in enumerate(pairwise(starts)):
            block = self.times[edges[s] : edges[s + 1]]
            self.last[a:b] = edges[s] + np.searchsorted(block, time[a:b], side="right")
            self.first[a:b] = (
                edges[s] if entry is None else edges[s] + np.searchsorted(block, entry[order][a:b], side="right")
            )
        self.truncated = entry is not None
        self.useful = self.last > self.first
        self.at = (self.last - 1)[self.event]
        self.events = np.bincount(self.at, minlength=self.times.size)
        self.event_weight = self._by_event(self.weight)
        self.wx = np.zeros((self.k, len(self.x)))
        for i, column in enumerate(self.x):
            self.wx[:, i] = self._by_event(self.weight * column)
        self._runs, self._is_run = self._find_runs()
        self._lower = np.tril_indices(len(self.x))
        self._matrices = self._as_matrices() if self.useful.size * self.k <= SMALL else None

    def _as_matrices(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For few rows, where a call costs more than its arithmetic: 1, x and xx' as columns to be summed, and who is
        at risk and who has the event at each time, so that all sums are two matrix products."""
        times, (i, j) = np.arange(self.k), self._lower
        columns = np.vstack([np.ones_like(self.weight), self.x, self.x[i] * self.x[j]])
        at_risk = (self.first[:, None] <= times) & (times < self.last[:, None])
        happens = self.event[:, None] & (times == self.last[:, None] - 1)
        return columns, at_risk.astype(float), happens.astype(float)

    @property
    def k(self) -> int:
        return self.times.size

    def eta(self, beta: np.ndarray) -> np.ndarray:
        return beta @ self.x if beta.size else np.zeros(self.weight.size)

    def sums(self, beta: np.ndarray) -> Sums:
        eta = self.eta(beta)
        eta = eta - eta.max(initial=-np.inf) if eta.size else eta
        risk = self.weight * np.exp(eta)
        if self._matrices is not None:
            return self._small_sums(self._matrices, risk, eta)
        p, weta = len(self.x), float((self.weight * eta)[self.event].sum())
        s1, d1 = (np.empty((self.k, p)) for _ in range(2))
        s2, d2 = (np.empty((self.k, p, p)) for _ in range(2))
        risk = risk * self.useful
        s0, d0 = self._over(risk)
        for i in range(p):
            first = risk * self.x[i]
            s1[:, i], d1[:, i] = self._over(first)
            for j in range(i + 1):
                over_risk, over_event = self._over(first * self.x[j])
                s2[:, i, j] = s2[:, j, i] = over_risk
                d2[:, i, j] = d2[:, j, i] = over_event
        return Sums(s0, s1, s2, d0, d1, d2, self.events, self.event_weight, self.wx, weta)

    def _small_sums(
        self, matrices: tuple[np.ndarray, np.ndarray, np.ndarray], risk: np.ndarray, eta: np.ndarray
    ) -> Sums:
        columns, at_risk, happens = matrices
        p = len(self.x)
        weighted = columns * risk
        over_risk, over_event = at_risk.T @ weighted.T, happens.T @ weighted.T
        i, j = self._lower
        second = np.empty((2, self.k, p, p))
        for part, sums in zip(second, (over_risk, over_event), strict=True):
            part[:, i, j] = part[:, j, i] = sums[:, p + 1 :]
        return Sums(
            over_risk[:, 0],
            over_risk[:, 1 : p + 1],
            second[0],
            over_event[:, 0],
            over_event[:, 1 : p + 1],
            second[1],
            self.events,
            self.event_weight,
            self.wx,
            float((self.weight * eta)[self.event].sum()),
        )

    def _by_event(self, values: np.ndarray) -> np.ndarray:
        return np.bincount(self.at, values[self.event], self.k)

    def _find_runs(self) -> tuple[np.ndarray, np.ndarray]:
        """Where runs of rows begin: per event time those with the event, then those leaving before the next time; and
        which of these 2 K runs have rows at all."""
        begins = np.searchsorted(self.last, np.arange(1, self.k + 2))
        bounds = np.append(np.stack([begins[:-1], begins[:-1] + self.events], axis=1), begins[-1])
        is_run = np.diff(bounds) > 0
        return bounds[:-1][is_run], is_run

    def _over(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sums per event time over those at risk and over those with the event; values are 0 where a row is at risk
        at no event time."""
        runs = np.zeros(2 * self.k)
        if self.k:
            runs[self._is_run] = np.add.reduceat(values, self._runs)
        happening = runs[::2]
        leaving, total = happening + runs[1::2], np.empty(self.k)
        not_yet = np.bincount(self.first[self.useful], values[self.useful], self.k) if self.truncated else None
        for block in self.blocks:
            total[block] = np.cumsum(leaving[block][::-1])[::-1]
            if not_yet is not None:
                waiting = np.cumsum(not_yet[block][::-1])[::-1]
                total[block] -= np.append(waiting[1:], 0.0)
        return total, happening

    def at_risk_sums(self, values: np.ndarray) -> np.ndarray:
        """Sums of `values` (m, n), in the sorted order of the rows, over those at risk at each event time: (K, m)."""
        if self._matrices is not None:
            return self._matrices[1].T @ values.T
        return np.stack([self._over(row * self.useful)[0] for row in values], axis=1)

    def between(self, per_time: np.ndarray) -> np.ndarray:
        """Sum of `per_time` (K or K, p) over the event times at which each (sorted) row is at risk."""
        total = np.concatenate([np.zeros((1, *per_time.shape[1:])), np.cumsum(per_time, axis=0)])
        inside = total[self.last] - total[self.first]
        inside[~self.useful] = 0.0
        return inside


def tie_sums(sums: Sums, ties: str) -> TieSums:
    d = sums.events
    k = np.repeat(np.arange(d.size), d)
    step = np.arange(k.size) - np.repeat(np.cumsum(d) - d, d)
    f = step / d[k] if ties == "efron" else np.zeros(k.size)
    den = sums.s0[k] - f * sums.d0[k]
    mean_weight = sums.weight / np.maximum(d, 1)

    def over_ties(values: np.ndarray) -> np.ndarray:
        return np.bincount(k, values, d.size) * mean_weight

    return TieSums(
        over_ties(1 / den),
        over_ties(f / den),
        over_ties(1 / den**2),
        over_ties(f / den**2),
        over_ties((f / den) ** 2),
        over_ties(np.log(den)),
    )


def log_likelihood(sums: Sums, tie: TieSums) -> float:
    return sums.weta - float(tie.log_den.sum())


def score(sums: Sums, tie: TieSums, g: np.ndarray | None = None) -> np.ndarray:
    """First derivative (p); with `g` (K), each event time counted g times."""
    per_time = sums.wx - tie.a1[:, None] * sums.s1 + tie.a2[:, None] * sums.d1
    return per_time.sum(axis=0) if g is None else g @ per_time


def information(sums: Sums, tie: TieSums, g: np.ndarray | None = None) -> np.ndarray:
    """Minus the second derivative (p, p); with `g` (K), each event time counted g times."""
    g = np.ones_like(tie.a1) if g is None else g
    s1, d1 = sums.s1, sums.d1
    linear = _weighed(g * tie.a1, sums.s2) - _weighed(g * tie.a2, sums.d2)
    cross = (s1 * (g * tie.b1)[:, None]).T @ d1
    squares = (s1 * (g * tie.b0)[:, None]).T @ s1 + (d1 * (g * tie.b2)[:, None]).T @ d1
    return linear - squares + cross + cross.T


def _weighed(weight: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Sum of weight (K) times matrices (K, p, p): `np.tensordot`, without what it costs beside the product."""
    k, p, _ = matrices.shape
    return (weight[None, :] @ matrices.reshape(k, p * p)).reshape(p, p)


@dataclass(frozen=True)
class Optimum:
    beta: np.ndarray
    log_likelihood: float
    log_likelihood_null: float
    score_null: float  # chi-square of the score test at the starting beta
    covariance: np.ndarray
    iterations: int
    converged: bool


def maximise(
    sums_at: Callable[[np.ndarray], Sums],
    p: int,
    ties: str = "efron",
    free: np.ndarray | None = None,
    start: np.ndarray | None = None,
    most_steps: int = 60,
) -> Optimum:
    """Newton's method with step halving. `free` (p, bool) holds the other coefficients at their starting value.

    Stops when a Newton step moves beta by less than 1e-9 of itself and 1e-7 standard errors: as Newton's error squares,
    what is left is rounding. A likelihood that no longer rises while beta runs away (separation): not converged.
    """
    if ties not in TIES:
        raise ValueError(f"ties must be one of {', '.join(TIES)}, not {ties!r}")
    free = np.ones(p, dtype=bool) if free is None else free
    beta = np.zeros(p) if start is None else start.astype(float).copy()
    state = _state(sums_at, beta, ties)
    null, score_null, converged, iterations = state[0], np.nan, False, 0
    curvature = np.diag(state[2])[free]
    for iterations in range(1, most_steps + 1):
        value, gradient, info = state
        step = np.zeros(p)
        try:
            step[free] = np.linalg.solve(info[np.ix_(free, free)], gradient[free])
        except np.linalg.LinAlgError:
            break
        decrement = float(gradient[free] @ step[free])
        if iterations == 1:
            score_null = decrement
        size = np.abs(step).max(initial=0) / max(1.0, np.abs(beta).max(initial=0))
        if not np.isfinite(decrement) or abs(decrement) < 1e-20:
            converged = bool(np.isfinite(decrement) and size < 1e-6)
            break
        candidate = state
        for _ in range(25):
            candidate = _state(sums_at, beta + step, ties)
            if np.isfinite(candidate[0]) and candidate[0] >= value - 1e-12 * abs(value):
                break
            step = step / 2
        else:
            break
        beta, state = beta + step, candidate
        if abs(decrement) < 1e-14 and size < 1e-9:
            converged = True
            break
    if (np.diag(state[2])[free] < FLAT * curvature).any():
        converged = False
    covariance = np.zeros((p, p))
    try:
        covariance[np.ix_(free, free)] = np.linalg.inv(state[2][np.ix_(free, free)])
    except np.linalg.LinAlgError:
        converged = False
        covariance[np.ix_(free, free)] = np.nan
    return Optimum(beta, state[0], null, score_null, covariance, iterations, converged)


def _state(sums_at: Callable[[np.ndarray], Sums], beta: np.ndarray, ties: str) -> tuple[float, np.ndarray, np.ndarray]:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        sums = sums_at(beta)
        tie = tie_sums(sums, ties)
        return log_likelihood(sums, tie), score(sums, tie), information(sums, tie)
