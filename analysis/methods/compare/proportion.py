"""Intervals of one proportion and of the difference of two, by statsmodels.

Clopper & Pearson (1934), Wilson (1927), Newcombe's method 10 (1998, Stat Med 17:873).
"""

from __future__ import annotations

import math

from cartwright.analysis.methods.estimate import Estimate, UnusableData

METHODS = {"clopper_pearson": "beta", "wilson": "wilson"}


def proportion(count: int, n: int, method: str = "clopper_pearson", confidence: float = 0.95) -> Estimate:
    """count / n with its interval; NE when n is 0."""
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    _check(count, n)
    if n == 0:
        return Estimate(math.nan, method=method, flag="no subjects")
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, n, alpha=1 - confidence, method=METHODS[method])
    low, high = (0.0 if count == 0 else float(low)), (1.0 if count == n else float(high))
    return Estimate(count / n, low, high, method)


def proportion_difference(count_a: int, n_a: int, count_b: int, n_b: int, confidence: float = 0.95) -> Estimate:
    """p_a - p_b with Newcombe's hybrid score interval; NE when a group is empty."""
    _check(count_a, n_a)
    _check(count_b, n_b)
    if min(n_a, n_b) == 0:
        return Estimate(math.nan, method="newcombe", flag="no subjects in a group")
    from statsmodels.stats.proportion import confint_proportions_2indep

    low, high = confint_proportions_2indep(
        count_a, n_a, count_b, n_b, method="newcomb", compare="diff", alpha=1 - confidence
    )
    return Estimate(count_a / n_a - count_b / n_b, float(low), float(high), "newcombe")


def _check(count: float, n: float) -> None:
    if not (0 <= count <= n and count == int(count) and n == int(n)):
        raise UnusableData(f"counts must be whole with 0 <= count <= n, not {count} of {n}")
