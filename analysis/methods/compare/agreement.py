"""Agreement of two ratings of the same subjects on one ordered scale: Cohen's kappa (statsmodels)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from cartwright.analysis.methods.estimate import Estimate

WEIGHTS = ("none", "linear", "quadratic")


def kappa(table: ArrayLike, weights: str = "quadratic") -> Estimate:
    """Cohen's kappa of a square table of counts (row: first rating, column: second, levels in order), 95 % limits.

    weights: none (Cohen 1960), linear (Cohen 1968) or quadratic (Fleiss & Cohen 1973); the standard error is that of
    Fleiss, Cohen & Everitt 1969. NE when nobody is rated twice or both ratings give everybody one and the same level.
    """
    if weights not in WEIGHTS:
        raise ValueError(f"weights must be one of {', '.join(WEIGHTS)}, not {weights!r}")
    counts = np.asarray(table, dtype=float)
    method = "kappa" if weights == "none" else f"kappa, {weights} weights"
    if not counts.sum():
        return Estimate(math.nan, method=method, flag="nobody is rated twice")
    if np.count_nonzero(counts.sum(axis=0) + counts.sum(axis=1)) < 2:
        return Estimate(math.nan, method=method, flag="a single level")
    if counts.sum() == np.trace(counts):  # no variance is left for limits
        return Estimate(1.0, method=method, flag="complete agreement: no limits")
    from statsmodels.stats.inter_rater import cohens_kappa

    with np.errstate(invalid="ignore"):  # of a test that is not asked for: 0 / 0 where one rating has a single level
        found = cohens_kappa(counts, wt={"none": None, "linear": "linear", "quadratic": "quadratic"}[weights])
    return Estimate(
        float(found.kappa), float(found.kappa_low), min(float(found.kappa_upp), 1.0), method, float(found.std_kappa)
    )
