"""Tests of a continuous variable between groups, by name: `ranksum`, `welch`, `t`, `kruskal` (scipy)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from cartwright.analysis.methods.estimate import Estimate, UnusableData

TESTS = ("ranksum", "welch", "t", "kruskal")


def sample_test(samples: Sequence[ArrayLike], test: str = "ranksum") -> Estimate:
    """p that two (kruskal: two or more) samples come from one distribution. Missing values are left out.

    ranksum: Wilcoxon by the normal approximation with ties and a continuity correction of 1/2, as SAS NPAR1WAY and
    R wilcox.test(exact = FALSE). NE when a group is empty or, for the t tests, has no variation to measure.
    """
    if test not in TESTS:
        raise ValueError(f"test must be one of {', '.join(TESTS)}, not {test!r}")
    groups = [values[~np.isnan(values)] for values in (np.asarray(s, dtype=float) for s in samples)]
    if any(np.isinf(values).any() for values in groups):
        raise UnusableData("values must be finite")
    if test != "kruskal" and len(groups) != 2:
        raise ValueError(f"{test} compares two samples, not {len(groups)}")
    smallest, together = {"welch": (2, 4), "t": (1, 3)}.get(test, (1, 2))  # a pooled variance needs one group of two
    sizes = [len(g) for g in groups]
    if len(groups) < 2 or min(sizes) < smallest or sum(sizes) < together:
        return Estimate(math.nan, method=test, flag="too few values in a group")
    if np.ptp(np.concatenate(groups)) == 0 or (test in ("t", "welch") and max(np.ptp(g) for g in groups) == 0):
        return Estimate(math.nan, method=test, flag="no variation")
    from scipy import stats

    df, first, second = math.nan, groups[0], groups[1]
    if test == "ranksum":
        ranks = stats.mannwhitneyu(first, second, alternative="two-sided", method="asymptotic", use_continuity=True)
        p, statistic = ranks.pvalue, ranks.statistic
    elif test == "kruskal":
        several = stats.kruskal(*groups)
        p, statistic, df = several.pvalue, several.statistic, len(groups) - 1
    else:
        means = stats.ttest_ind(first, second, equal_var=test == "t")
        p, statistic, df = means.pvalue, means.statistic, means.df
    return Estimate(math.nan, method=test, p=float(p), statistic=float(statistic), df=float(df))
