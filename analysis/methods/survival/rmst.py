"""Restricted mean survival time: the area under the curve to a horizon, with the Greenwood-type variance.

Royston & Parmar (2013) BMC Med Res Methodol 13:152. lifelines returns Var(min(T, tau)) instead of the estimator's.
"""

from __future__ import annotations

import math

import numpy as np

from cartwright.analysis.methods.estimate import Estimate, UnusableData, normal_p, normal_quantile
from cartwright.analysis.methods.survival.curve import Curve


def rmst(curve: Curve, tau: float) -> Estimate:
    """Mean time lived up to tau (same unit as the curve); NE when follow-up ends before tau with survivors left."""
    if not tau > 0:
        raise UnusableData(f"tau must be positive, not {tau}")
    method = f"rmst to {tau:g}, greenwood variance"
    table = curve.table
    time, n, d, survival = (table[c].to_numpy() for c in ("time", "at_risk", "events", "survival"))
    if tau > curve.last_time and survival[-1] > 0:
        return Estimate(math.nan, method=method, flag="follow-up ends before tau")
    inside = time < tau
    edges = np.append(time[inside], tau)
    steps = survival[inside] * np.diff(edges)
    area_after = np.cumsum(steps[::-1])[::-1]  # area from each time to tau
    n, d = n[inside], d[inside]
    with np.errstate(divide="ignore"):
        growth = np.where((d > 0) & (n > d), d / (n * (n - d)), 0.0)
    value, se = float(edges[0] + steps.sum()), float(np.sqrt((area_after**2 * growth).sum()))
    half = normal_quantile(curve.confidence) * se
    return Estimate(value, value - half, value + half, method, se, flag=curve.flag)


def rmst_difference(curve_a: Curve, curve_b: Curve, tau: float) -> Estimate:
    """RMST of a less RMST of b, with its z test; NE when either is."""
    a, b = rmst(curve_a, tau), rmst(curve_b, tau)
    difference, se = a.value - b.value, math.hypot(a.se, b.se)
    half = normal_quantile(curve_a.confidence) * se
    z = difference / se if se > 0 else math.nan
    return Estimate(
        difference,
        difference - half,
        difference + half,
        f"rmst difference to {tau:g}, z test",
        se,
        normal_p(z),
        z,
        flag=a.flag or b.flag or ("" if se > 0 else "no variation"),
    )
