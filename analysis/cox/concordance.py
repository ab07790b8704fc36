"""Harrell's concordance of a risk score with survival, with its infinitesimal-jackknife standard error.

Pairs are comparable when the earlier time is an event and the other subject is still at risk (entry before it); a
subject censored at an event time counts as later, two events at one time do not compare. Strata compare within only.
Harrell et al. (1996) Stat Med 15:361; variance as R survival's concordance().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.checks import as_numbers, checked_survival
from analysis.estimate import Estimate, normal_quantile

if TYPE_CHECKING:
    from analysis.cox.fit import CoxFit

BLOCK = 2_000_000  # pairs held at once


def concordance(fit: CoxFit, confidence: float = 0.95) -> Estimate:
    """Concordance of a Cox fit's own linear predictor (apparent: see `optimism` for the honest one)."""
    design = fit.design
    return concordance_of(design.time, design.event, design.x[:, design.is_fitted] @ fit.beta, entry=design.entry,
                          weights=design.weight, stratum=design.stratum, confidence=confidence)


def concordance_of(durations, events, risk, entry=None, weights=None, stratum=None,
                   confidence: float = 0.95) -> Estimate:
    """Concordance of any score (higher = earlier event expected), tied scores counting one half."""
    data = checked_survival(durations, events, entry, weights)
    risk = np.round(as_numbers(risk, "risk")[data.kept], 10)  # scores equal up to rounding are tied
    stratum = np.zeros(risk.size, dtype=int) if stratum is None else np.asarray(stratum)[data.kept]
    agree, pairs = np.zeros(risk.size), np.zeros(risk.size)  # weighted, over all pairs a subject takes part in
    cases = np.flatnonzero(data.event)
    for chunk in np.array_split(cases, max(1, cases.size * risk.size // BLOCK)):
        time = data.time[chunk][:, None]
        later = (data.time[None, :] > time) | ((data.time[None, :] == time) & ~data.event[None, :])
        later &= stratum[None, :] == stratum[chunk][:, None]
        if data.entry is not None:
            later &= data.entry[None, :] < time
        weight = later * data.weight[None, :]
        right = (risk[None, :] < risk[chunk][:, None]) + 0.5 * (risk[None, :] == risk[chunk][:, None])
        agree[chunk] += (weight * right).sum(axis=1)
        pairs[chunk] += weight.sum(axis=1)
        of_case = data.weight[chunk]
        agree += of_case @ (later * right)
        pairs += of_case @ later
    total = float((data.weight * pairs).sum()) / 2
    method = "harrell c, infinitesimal jackknife"
    if total <= 0:
        return Estimate(np.nan, method=method, flag="no comparable pairs")
    value = float((data.weight * agree).sum()) / 2 / total
    se = float(np.sqrt(((data.weight * (agree - value * pairs)) ** 2).sum())) / total
    half = normal_quantile(confidence) * se
    return Estimate(value, max(value - half, 0), min(value + half, 1), method, se)
