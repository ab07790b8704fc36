"""Harrell's concordance of a risk score with survival, with its infinitesimal-jackknife standard error.

Pairs are comparable when the earlier time is an event and the other subject is still at risk (entry before it); a
subject censored at an event time counts as later, two events at one time do not compare. Strata compare within only.
Harrell et al. (1996) Stat Med 15:361; variance as R survival's concordance().
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cartwright.analysis.methods.estimate import Estimate, normal_quantile
from cartwright.analysis.methods.input_checks import as_numbers, checked_survival

if TYPE_CHECKING:
    from cartwright.analysis.methods.cox.fit import CoxFit


def concordance(fit: CoxFit, confidence: float = 0.95) -> Estimate:
    """Concordance of a Cox fit's own linear predictor (apparent: see `optimism` for the honest one)."""
    design = fit.design
    found = concordance_of(
        design.time,
        design.event,
        design.x[:, design.is_fitted] @ fit.beta,
        entry=design.entry,
        weights=design.weight,
        stratum=design.stratum,
        cluster=design.cluster,
        confidence=confidence,
    )
    return replace(found, flag=found.flag or "; ".join(fit.flags))


def concordance_of(
    durations: ArrayLike,
    events: ArrayLike,
    risk: ArrayLike,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Concordance of any score (higher = earlier event expected), tied scores counting one half. cluster: rows that
    belong together, as those of one subject, are left out together in the standard error."""
    data = checked_survival(durations, events, entry, weights)
    score = np.round(as_numbers(risk, "risk")[data.kept], 10)  # equal up to rounding is tied
    stratum = np.zeros(score.size, dtype=int) if stratum is None else np.asarray(stratum)[data.kept]
    agree, pairs = np.zeros(score.size), np.zeros(score.size)  # weighted, over all pairs a subject takes part in
    for rows in (np.flatnonzero(stratum == s) for s in np.unique(stratum)):
        entry = np.full(rows.size, -np.inf) if data.entry is None else data.entry[rows]
        agree[rows], pairs[rows] = _pairs(data.time[rows], data.event[rows], entry, score[rows], data.weight[rows])
    total = float((data.weight * pairs).sum()) / 2
    method = "harrell c, infinitesimal jackknife"
    if total <= 0:
        return Estimate(np.nan, method=method, flag="no comparable pairs")
    value = float((data.weight * agree).sum()) / 2 / total
    influence = data.weight * (agree - value * pairs)
    if cluster is not None:
        method += " by cluster"
        of_cluster = np.unique(np.asarray(cluster)[data.kept], return_inverse=True)[1]
        influence = np.bincount(of_cluster, weights=influence).astype(float)
    se = float(np.sqrt((influence**2).sum())) / total
    half = normal_quantile(confidence) * se
    return Estimate(value, max(value - half, 0), min(value + half, 1), method, se)


def _pairs(
    time: np.ndarray, event: np.ndarray, entry: np.ndarray, risk: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weight of the pairs each row takes part in that agree with the score, and of all of them.

    One walk over the days with events, with the weight by rank of the score of those at risk and of the cases so far:
    days times ranks, where comparing every pair would be rows times rows.
    """
    days, rank = np.unique(time[event]), np.unique(risk, return_inverse=True)[1]
    ranks = int(rank.max(initial=-1)) + 1
    # A row is at risk on event days enters .. leaves - 1; a case leaves on its own day.
    enters = np.searchsorted(days, entry, side="right")
    leaves = np.where(event, np.searchsorted(days, time, side="left"), np.searchsorted(days, time, side="right"))
    entering, leaving, happening = (
        _by_day(day, days.size + 1) for day in (enters, leaves, np.where(event, leaves, days.size + 1))
    )
    agree, pairs = np.zeros(time.size), np.zeros(time.size)
    at_risk, cases = np.zeros(ranks), np.zeros(ranks)

    def count(rows: np.ndarray, by_rank: np.ndarray, higher: bool, sign: int = 1) -> None:
        below = np.cumsum(by_rank)
        of_row = below[-1] - below[rank[rows]] if higher else below[rank[rows]] - by_rank[rank[rows]]
        agree[rows] += sign * (of_row + 0.5 * by_rank[rank[rows]])
        pairs[rows] += sign * below[-1]

    for day in range(days.size + 1):
        inside, out, now = entering[day], leaving[day], happening[day]
        count(inside, cases, higher=True, sign=-1)  # cases before a row entered are none of its pairs
        count(out, cases, higher=True)
        at_risk += np.bincount(rank[inside], weight[inside], ranks) - np.bincount(rank[out], weight[out], ranks)
        count(now, at_risk, higher=False)
        cases += np.bincount(rank[now], weight[now], ranks)
    return agree, pairs


def _by_day(day: np.ndarray, days: int) -> list[np.ndarray]:
    """Rows of each day; those of later days are in none."""
    order = np.argsort(day, kind="stable")
    return np.split(order, np.searchsorted(day[order], np.arange(1, days + 1)))[:days]
