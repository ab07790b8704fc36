"""Continuous items of Table 1: numbers on a grid with the printed medians, quartiles and rank-sum p values."""

from __future__ import annotations

from collections.abc import Sequence
from math import erf, sqrt
from typing import NamedTuple

import numpy as np

from studies.cd20_salvage.calibration.compiled import compiled
from studies.cd20_salvage.calibration.targets import Window


class Spread(NamedTuple):
    """Printed quantiles of the rows `members`: pairs of probability and window."""

    members: np.ndarray
    quantiles: tuple[tuple[float, Window], ...]


class Contrast(NamedTuple):
    """Printed rank-sum p of the rows `a` against the rows `b` (of `other`, when given, in place of the values)."""

    a: np.ndarray
    b: np.ndarray
    p: Window
    other: np.ndarray | None = None


@compiled
def quantile(values, p):
    """SAS definition 5: the mean of two neighbours when n p is whole, else the next value."""
    ordered = np.sort(values)
    rank = ordered.size * p
    whole = int(rank + 1e-9)
    if abs(rank - whole) < 1e-9:
        return (ordered[whole - 1] + ordered[whole]) / 2
    return ordered[whole]


@compiled
def ranksum_p(a, b):
    """Two-sided Wilcoxon rank-sum p: normal approximation with ties and continuity correction."""
    ordered = np.sort(np.concatenate((a, b)))
    n, m, total = a.size, b.size, ordered.size
    u, ties, i = -n * (n + 1) / 2, 0.0, 0
    while i < total:
        j = i
        while j < total and ordered[j] == ordered[i]:
            j += 1
        u += (a == ordered[i]).sum() * (i + j + 1) / 2
        ties += (j - i) ** 3 - (j - i)
        i = j
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    z = max(abs(u - n * m / 2) - 0.5, 0.0) / sqrt(variance)
    return 1 - erf(z / sqrt(2))


@compiled
def _distance(values, members, sizes, marks, a, b, other, p_low, p_high, scale):
    found = 0.0
    for k in range(marks.shape[0]):
        group = int(marks[k, 0])
        at = quantile(values[members[group, : sizes[group]]], marks[k, 1])
        found += max(marks[k, 2] - at, at - marks[k, 3], 0.0) / scale
    if a.size:
        p = ranksum_p(values[a], other[b] if other.size else values[b])
        found += 0.3 * max(p_low - p, p - p_high, 0.0)
    return found


@compiled
def _anneal(values, low, high, members, sizes, marks, a, b, other, p_low, p_high, scale, step, tries, seed):
    np.random.seed(seed)
    current = _distance(values, members, sizes, marks, a, b, other, p_low, p_high, scale)
    best, kept = current, values.copy()
    for trial in range(tries):
        if best < 1e-9:
            break
        temperature = 0.05 * (1 - trial / tries) ** 2 + 1e-6
        i = np.random.randint(values.size)
        old = values[i]
        kind = np.random.random()
        reach = np.random.normal() * (2 * step if kind < 0.4 else 0.08 * scale if kind < 0.7 else 0.4 * scale)
        moved = np.round((old + reach) / step) * step
        if moved == old or not low[i] <= moved <= high[i]:  # put to its bound it would pile up there
            continue
        values[i] = moved
        new = _distance(values, members, sizes, marks, a, b, other, p_low, p_high, scale)
        if new <= current - temperature * np.log(np.random.random() + 1e-300):
            current = new
            if current < best - 1e-12:
                best = current
                kept[:] = values
        else:
            values[i] = old
    return kept, best


def fit(
    rng: np.random.Generator,
    low: np.ndarray,
    high: np.ndarray,
    spreads: Sequence[Spread],
    contrast: Contrast | None = None,
    *,
    start: np.ndarray | None = None,
    step: float = 1.0,
    tries: int = 300_000,
) -> tuple[np.ndarray, float]:
    """Values in multiples of `step` within [low, high] whose quantiles and p value print as published.

    Returns them with the distance that is left: 0, or more when print and bounds admit no such values.
    """
    values = np.round((low + (high - low) * rng.random(low.size)) / step) * step if start is None else start.copy()
    members = np.zeros((len(spreads), low.size), np.int64)
    for k, spread in enumerate(spreads):
        members[k, : spread.members.size] = spread.members
    marks = np.array([[k, p, *window] for k, spread in enumerate(spreads) for p, window in spread.quantiles], float)
    sizes, nothing = np.array([spread.members.size for spread in spreads]), np.zeros(0)
    other = nothing if contrast is None or contrast.other is None else contrast.other
    rows = (np.zeros(0, np.int64),) * 2 if contrast is None else (contrast.a, contrast.b)
    p = (0.0, 1.0) if contrast is None else contrast.p
    scale, seed = max(float(np.median(values)), step), int(rng.integers(2**31))
    return _anneal(values, low, high, members, sizes, marks, *rows, other, *p, scale, step, tries, seed)
