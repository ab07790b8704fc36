"""The quadratic form u' V^- u of a test whose covariance may be singular, with the rank as its degrees of freedom.

Groups that share strata with some others only, a cause nobody of a group can have, fewer clusters than coefficients: V
then has fewer dimensions than its size says, and what looks like its inverse is rounding.
"""

from __future__ import annotations

import math

import numpy as np

SMALLEST = 1e-9  # an eigenvalue of the correlation matrix below this is none


def quadratic(vector: np.ndarray, covariance: np.ndarray, scale: np.ndarray | None = None) -> tuple[float, int]:
    """(statistic, rank). `scale`: variances by which a variance is judged to be none (the largest one, if not given).

    NaN with the rank when the vector leaves the space that V spans: something that cannot vary is not what it should
    be, and no generalised inverse answers for it. (NaN, 0) when nothing varies.
    """
    vector, variance = np.asarray(vector, dtype=float), np.diag(covariance)
    if not (np.isfinite(covariance).all() and np.isfinite(vector).all()):
        return math.nan, 0
    judged = np.full(variance.size, variance.max(initial=0.0)) if scale is None else np.asarray(scale)
    varies = variance > 1e-12 * np.maximum(judged, 1e-300)
    if not varies.any():
        return math.nan, 0
    spread = np.sqrt(variance[varies])
    scaled = vector[varies] / spread
    values, directions = np.linalg.eigh(covariance[np.ix_(varies, varies)] / spread / spread[:, None])
    kept = values > SMALLEST * values.max()
    parts = directions.T @ scaled
    rank = int(kept.sum())
    left = np.sqrt((parts[~kept] ** 2).sum())
    fixed = np.abs(vector[~varies]).max(initial=0.0)
    if left > 1e-5 * max(1.0, np.abs(scaled).max()) or fixed > 1e-5 * max(1.0, np.abs(vector).max()):
        return math.nan, rank
    if kept.all():
        block = covariance[np.ix_(varies, varies)]
        return float(vector[varies] @ np.linalg.solve(block, vector[varies])), rank
    return float((parts[kept] ** 2 / values[kept]).sum()), rank


def rank_flag(rank: int, full: int) -> str:
    """Says that a test has fewer degrees of freedom than its size suggests (empty: it has them all)."""
    return f"singular covariance: {rank} of {full} degrees of freedom" if 0 < rank < full else ""
