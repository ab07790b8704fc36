"""Tests of a table of counts, by name: `yates`, `pearson`, `fisher`, `midp`. Which one a row uses is the plan's choice.

Pearson and Yates (2 x 2) and Fisher 2 x 2: scipy. Fisher r x c: every table with the observed margins is listed
(Freeman & Halton 1951), because scipy draws such tables at random. Mid-p: Lancaster 1961.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from cartwright.analysis.methods.estimate import Drawn, Estimate, UnusableData, normal_quantile

TESTS = ("yates", "pearson", "fisher", "midp")
MOST_TABLES = 3_000_000
DRAWS = 100_000
SLACK = 1 + 1e-7  # tables as probable as the observed one up to rounding count as such (as R fisher.test)


def contingency_test(table: ArrayLike, test: str = "yates") -> Estimate:
    """p of independence in an r x c table of counts; empty rows and columns are left out.

    `statistic`, `df` for chi-square tests. The flag names a smallest expected count below 5 under a chi-square test.
    A table with a single row or column left compares nothing: p is NE.
    """
    if test not in TESTS:
        raise ValueError(f"test must be one of {', '.join(TESTS)}, not {test!r}")
    counts = _checked(table)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(counts.shape) < 2:
        return Estimate(math.nan, method=test, flag="nothing to compare")
    if test in ("fisher", "midp"):
        return _exact(counts, test)
    if test == "yates" and counts.shape != (2, 2):
        return Estimate(math.nan, method=test, flag="continuity correction is for 2 x 2 tables")
    from scipy.stats import chi2_contingency

    found = chi2_contingency(counts, correction=test == "yates")
    smallest = float(np.min(found.expected_freq))
    flag = f"smallest expected count {smallest:.1f}" if smallest < 5 else ""
    return Estimate(
        math.nan, method=test, p=float(found.pvalue), statistic=float(found.statistic), df=float(found.dof), flag=flag
    )


def odds_ratio(table: ArrayLike, confidence: float = 0.95) -> Estimate:
    """ad / bc of [[a, b], [c, d]] with Woolf's limits; a zero cell adds 1/2 to all (Haldane) and is flagged."""
    counts = _checked(table)
    if counts.shape != (2, 2):
        raise UnusableData("an odds ratio needs a 2 x 2 table")
    flag = ""
    if (counts == 0).any():
        counts, flag = counts + 0.5, "zero cell: 1/2 added to each"
    (a, b), (c, d) = counts
    log_ratio, se = math.log(a * d / (b * c)), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    half = normal_quantile(confidence) * se
    return Estimate(
        math.exp(log_ratio),
        math.exp(log_ratio - half),
        math.exp(log_ratio + half),
        "odds ratio, woolf limits",
        se,
        flag=flag,
    )


def _checked(table: ArrayLike) -> np.ndarray:
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or not np.isfinite(counts).all() or (counts < 0).any() or (counts % 1 != 0).any():
        raise UnusableData("a contingency table holds whole, non-negative counts in two dimensions")
    return counts


def _exact(counts: np.ndarray, test: str) -> Estimate:
    observed, rows, columns = counts.astype(int), counts.sum(axis=1).astype(int), counts.sum(axis=0).astype(int)
    if observed.shape == (2, 2) and test == "fisher":
        from scipy.stats import fisher_exact

        return Estimate(math.nan, method=test, p=float(fisher_exact(observed).pvalue))
    log_p = _log_probabilities(rows, columns)
    if log_p is None:
        return _simulated(observed, rows, columns, test)
    seen = _log_probability(observed, rows, columns)
    limit = math.log(SLACK)
    p = float(np.exp(log_p[log_p <= seen + limit]).sum())
    if test == "midp":
        p -= 0.5 * float(np.exp(log_p[np.abs(log_p - seen) <= limit]).sum())
    return Estimate(math.nan, method=test, p=min(p, 1.0))


def _constant(rows: np.ndarray, columns: np.ndarray) -> float:
    from scipy.special import gammaln

    return float(gammaln(rows + 1.0).sum() + gammaln(columns + 1.0).sum() - gammaln(rows.sum() + 1.0))


def _log_probability(table: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> float:
    from scipy.special import gammaln

    return _constant(rows, columns) - float(gammaln(table + 1.0).sum())


def _log_probabilities(rows: np.ndarray, columns: np.ndarray) -> np.ndarray | None:
    """Log probability of every table with these margins, built cell by cell; None when there are too many."""
    from scipy.special import gammaln

    if len(rows) < len(columns):
        rows, columns = columns, rows
    left = columns[None, :-1].copy()  # what each column (but the last, which follows) still has to give
    rest = np.array([columns[-1]])
    log_p = np.array([_constant(rows, columns)])
    for row in rows[:-1]:
        need = np.full(len(log_p), row)
        for j in range(left.shape[1]):
            others = left[:, j + 1 :].sum(axis=1) + rest
            low, high = np.maximum(need - others, 0), np.minimum(need, left[:, j])
            repeats = high - low + 1
            if repeats.sum() > MOST_TABLES:
                return None
            source = np.repeat(np.arange(len(log_p)), repeats)
            taken = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats) + low[source]
            left, rest, need, log_p = left[source], rest[source], need[source] - taken, log_p[source]
            left[:, j] -= taken
            log_p -= gammaln(taken + 1.0)
        rest = rest - need
        log_p -= gammaln(need + 1.0)
    return log_p - gammaln(left + 1.0).sum(axis=1) - gammaln(rest + 1.0)


def _simulated(observed: np.ndarray, rows: np.ndarray, columns: np.ndarray, test: str) -> Estimate:
    from scipy.special import gammaln
    from scipy.stats import random_table

    tables = random_table.rvs(rows, columns, size=DRAWS, random_state=20220831)
    log_p = _constant(rows, columns) - gammaln(tables + 1.0).sum(axis=(1, 2))
    seen, limit = _log_probability(observed, rows, columns), math.log(SLACK)
    extreme = (log_p <= seen + limit).sum() - (0.5 * (np.abs(log_p - seen) <= limit).sum() if test == "midp" else 0)
    p = float((extreme + 1) / (DRAWS + 1))
    return Estimate(
        math.nan,
        method=f"{test}, simulated",
        p=p,
        flag=f"simulated from {DRAWS} tables",
        drawn=Drawn(DRAWS, p=math.sqrt(p * (1 - p) / DRAWS)),
    )
