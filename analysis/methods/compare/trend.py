"""Does a proportion rise or fall over ordered levels? Cochran (1954) Biometrics 10:417, Armitage (1955) 11:375."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from cartwright.analysis.methods.estimate import Estimate, UnusableData, chi_square_p


def trend_test(counts: ArrayLike, scores: ArrayLike | None = None) -> Estimate:
    """p of no trend in a table of ordered levels (rows, in order) by two groups (columns), as R prop.trend.test.

    scores: of the levels; 0, 1, 2 ... by default. NE when a group or all but one level are empty.
    """
    table = np.asarray(counts, dtype=float)
    if table.ndim != 2 or table.shape[1] != 2:
        raise UnusableData("a trend over levels is tested between two groups")
    scores = np.arange(len(table)) if scores is None else np.asarray(scores, dtype=float)
    if scores.shape != (len(table),):
        raise UnusableData(f"{len(table)} levels need as many scores")
    size, level = table.sum(), table.sum(axis=1)
    first = table[:, 0]
    share = first.sum() / size if size else math.nan
    centred = scores - (level @ scores / size if size else 0.0)
    variance = share * (1 - share) * float(level @ centred**2)
    if not variance > 0:
        return Estimate(math.nan, method="trend", flag="nothing to compare")
    statistic = float((first - level * share) @ centred) ** 2 / variance
    return Estimate(math.nan, method="trend", p=chi_square_p(statistic, 1), statistic=statistic, df=1)
