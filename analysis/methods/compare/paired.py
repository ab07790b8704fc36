"""Tests of two measurements of the same subjects, by name: `signedrank` (Wilcoxon 1945) and `mcnemar` (exact, 1947)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from cartwright.analysis.methods.estimate import Estimate

TESTS = ("signedrank", "mcnemar")


def paired_test(first: ArrayLike, second: ArrayLike, test: str = "signedrank") -> Estimate:
    """p that first and second do not differ, over the pairs of which both are known (positions pair the two).

    signedrank: normal approximation with ties and a continuity correction of 1/2, pairs without a difference left
                out, as R wilcox.test(paired = TRUE, exact = FALSE).
    mcnemar:    0/1 values; exact binomial test of the pairs that differ.
    NE when no pair is known or no pair differs.
    """
    if test not in TESTS:
        raise ValueError(f"test must be one of {', '.join(TESTS)}, not {test!r}")
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape != second.shape:
        raise ValueError("paired values must come in equal numbers")
    difference = (first - second)[~np.isnan(first) & ~np.isnan(second)]
    if not len(difference):
        return Estimate(math.nan, method=test, flag="no pair is known")
    if not difference.any():
        return Estimate(math.nan, method=test, flag="no pair differs")
    from scipy import stats

    if test == "signedrank":
        # The types of scipy know this method by its former name only, `approx`.
        result = stats.wilcoxon(  # type: ignore[call-overload]
            difference, method="asymptotic", correction=True, zero_method="wilcox"
        )
        return Estimate(math.nan, method=test, p=float(result.pvalue), statistic=float(result.statistic))
    up = int((difference > 0).sum())
    p = stats.binomtest(up, int((difference != 0).sum())).pvalue
    return Estimate(math.nan, method=test, p=float(p), statistic=float(up))
