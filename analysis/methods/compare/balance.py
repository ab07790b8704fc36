"""Standardised differences between two groups, weighted or not: balance without a test.

Austin (2009) Stat Med 28:3083 for numbers; Yang & Dalton (2012) SAS Global Forum 335 for several levels.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cartwright.analysis.counted import counted
from cartwright.analysis.methods.estimate import Estimate, UnusableData
from cartwright.analysis.methods.input_checks import as_numbers


def standardised_difference(
    values: ArrayLike, is_treated: ArrayLike, weights: ArrayLike | None = None, pooled_unweighted: bool = True
) -> Estimate:
    """Absolute standardised difference of a number, flag or category. Missing values are left out.

    Denominator: root mean of both variances in the *unweighted* sample by default, so that weighting moves the
    numerator only. More than two categories: Mahalanobis distance of the level proportions.
    """
    column = pd.Series(values).reset_index(drop=True)
    group = as_numbers(is_treated, "is_treated")
    if not np.isin(group, (0, 1)).all():
        raise UnusableData("is_treated must be 0 or 1 (False or True)")
    treated = group == 1
    weight = np.ones(len(column)) if weights is None else as_numbers(weights, "weights")
    if (weight < 0).any():
        raise UnusableData(f"weights: {counted(int((weight < 0).sum()), 'value is', 'values are')} negative")
    if not len(column) == treated.size == weight.size:
        raise UnusableData("values, is_treated and weights differ in length")
    present = column.notna().to_numpy()
    column, treated, weight = column[present], treated[present], weight[present]
    method = "standardised difference" + ("" if weights is None else ", weighted")
    if not (weight[treated].sum() > 0 and weight[~treated].sum() > 0):
        return Estimate(math.nan, method=method, flag="a group is empty")
    is_number = pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)
    matrix = (
        column.to_numpy(float)[:, None]
        if is_number
        else pd.get_dummies(column.astype(str), dtype=float).to_numpy()[:, 1:]
    )
    if not np.isfinite(matrix).all():
        raise UnusableData("values must be finite")
    if not matrix.shape[1]:
        return Estimate(0.0, method=method, flag="no variation")
    gap = np.average(matrix[treated], axis=0, weights=weight[treated]) - np.average(
        matrix[~treated], axis=0, weights=weight[~treated]
    )
    base = np.ones_like(weight) if pooled_unweighted else weight
    spread = (_covariance(matrix[treated], base[treated]) + _covariance(matrix[~treated], base[~treated])) / 2
    if np.linalg.matrix_rank(spread) < len(gap):
        value = 0.0 if np.allclose(gap, 0) else math.nan
        return Estimate(value, method=method, flag="no variation")
    return Estimate(float(math.sqrt(gap @ np.linalg.solve(spread, gap))), method=method)


def _covariance(matrix: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """n - 1 in the denominator for numbers; p(1-p) for flags and levels, as is usual for proportions."""
    is_binary = np.isin(matrix, (0, 1)).all()
    centred = matrix - np.average(matrix, axis=0, weights=weight)
    total = weight.sum()
    scale = total if is_binary else total - (weight**2).sum() / total
    return (centred * weight[:, None]).T @ centred / scale if scale > 0 else np.zeros((matrix.shape[1],) * 2)
