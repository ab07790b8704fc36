"""Random draws with exact counts: quotas, stratified quantiles, choices by risk."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from random import Random
from typing import Any


def deal(rng: Random, counts: dict[Any, int]) -> list[Any]:
    """Each value as often as its count says, in random order."""
    hand = [value for value, count in counts.items() for _ in range(count)]
    rng.shuffle(hand)
    return hand


def quantiles(rng: Random, n: int, knots: Sequence[tuple[float, float]]) -> list[float]:
    """`n` values, one from each n-th of a distribution given by (probability, value) knots, in random order."""
    probabilities = [p for p, _ in knots]
    values = []
    for i in range(n):
        u = (i + rng.random()) / n
        k = min(max(bisect(probabilities, u), 1), len(knots) - 1)
        (p0, v0), (p1, v1) = knots[k - 1], knots[k]
        values.append(v0 + (v1 - v0) * (u - p0) / (p1 - p0))
    rng.shuffle(values)
    return values


def weibull_times(rng: Random, n: int, median: float, shape: float, low: int, high: int) -> list[int]:
    """`n` whole days, stratified, ascending, clipped into [low, high]."""
    from math import log

    days = []
    for i in range(n):
        u = (i + rng.random()) / n
        days.append(round(median * (-log(1 - u) / log(2)) ** (1 / shape)))
    return [min(max(d, low), high) for d in days]


def lowest(rng: Random, scores: Sequence[float], count: int, noise: float = 1.0) -> set[int]:
    """Positions of the `count` lowest scores after adding normal noise."""
    noisy = [(score + rng.gauss(0, noise), i) for i, score in enumerate(scores)]
    return {i for _, i in sorted(noisy)[:count]}
