"""Log-rank tests: two or more groups, strata, Fleming-Harrington weights, trend; all from counts by day.

Observed, expected and their covariance are kept, as hazard ratios are made of them; lifelines returns the test only.
Mantel (1966); Peto & Peto (1972); Harrington & Fleming (1982) Biometrika 69:553; Tarone (1975) for trend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cartwright.analysis.methods.estimate import Estimate, UnusableData, chi_square_p, few_events, normal_p
from cartwright.analysis.methods.input_checks import as_numbers
from cartwright.analysis.methods.quadratic import quadratic, rank_flag
from cartwright.analysis.methods.survival.counts import at_risk_before, checked_counts, event_counts


@dataclass(frozen=True)
class LogRank:
    """`groups` in order (sorted, or as their categories are) with their observed and (weighted) expected events and the
    covariance of O - E."""

    groups: list
    observed: np.ndarray
    expected: np.ndarray
    covariance: np.ndarray
    statistic: float
    df: int
    p: float
    method: str
    flag: str = ""
    is_ordered: bool = True  # False: words in the order of the alphabet

    @property
    def table(self) -> pd.DataFrame:
        return pd.DataFrame({"group": self.groups, "observed": self.observed, "expected": self.expected})


def logrank(
    durations: ArrayLike,
    events: ArrayLike,
    group: ArrayLike,
    strata: ArrayLike | None = None,
    rho: float = 0.0,
    gamma: float = 0.0,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> LogRank:
    """k-sample test that all groups share one hazard. rho, gamma: weight S(t-)^rho (1 - S(t-))^gamma on the pooled
    Kaplan-Meier curve of each stratum (0, 0: log-rank; 1, 0: Peto-Prentice as R's rho = 1; 0, 1: late differences).

    Groups given as pandas categories keep the order of these. weights: whole numbers count patients; others weigh them
    (as propensity weights do) and give the weighted log-rank test of Xie & Liu (2005) Stat Med 24:3089.
    """
    counts = event_counts(durations, events, group, strata, entry, weights)
    if weights is not None and (as_numbers(weights, "weights") % 1 != 0).any():
        weight = as_numbers(weights, "weights")
        inside = weight > 0
        when, happened, of = (np.asarray(column)[inside] for column in (durations, events, group))
        by, since = (None if column is None else np.asarray(column)[inside] for column in (strata, entry))
        patients, squares = (event_counts(when, happened, of, by, since, each) for each in (None, weight[inside] ** 2))
        for name in ("events", "censored", "entered"):
            counts[f"{name}_patients"], counts[f"{name}_squares"] = patients[name], squares[name]
    return _test(counts, rho, gamma, group)


def logrank_from_counts(counts: pd.DataFrame, rho: float = 0.0, gamma: float = 0.0) -> LogRank:
    """The same from counts by day: columns group, time, events, censored and optionally stratum, entered."""
    return _test(counts, rho, gamma, checked_counts(counts, ("group",))["group"])


def _levels(group: ArrayLike, present: set) -> tuple[list, bool]:
    """The groups in order, of categories theirs, else sorted; and whether that order means anything."""
    dtype = pd.Series(group).dtype
    if isinstance(dtype, pd.CategoricalDtype):
        declared = dtype.ordered or list(dtype.categories) != sorted(dtype.categories)
        return [level for level in dtype.categories if level in present], declared
    return sorted(present), len(present) == 2 or not any(isinstance(level, str) for level in present)


def _test(counts: pd.DataFrame, rho: float, gamma: float, group: ArrayLike) -> LogRank:
    groups, is_ordered = _levels(group, set(counts["group"].unique()))
    if len(groups) < 2:
        raise UnusableData("a log-rank test needs at least two groups with rows")
    k = len(groups)
    observed, expected, covariance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    parts = [counts] if "stratum" not in counts else [part for _, part in counts.groupby("stratum")]
    for part in parts:
        o, e, v = _one_stratum(part, groups, rho, gamma)
        observed, expected, covariance = observed + o, expected + e, covariance + v
    statistic, df = quadratic(observed - expected, covariance)
    method = "logrank" if rho == gamma == 0 else f"fleming-harrington({rho:g},{gamma:g})"
    method += ", weighted (xie-liu)" if "events_squares" in counts else ""
    unseen = (np.diag(covariance) <= 1e-12 * covariance.max()).any()
    doubt = "a group is never at risk with an event" if unseen else rank_flag(df, k - 1)
    happened = counts["events_patients"] if "events_patients" in counts else counts["events"]
    return LogRank(
        groups,
        observed,
        expected,
        covariance,
        statistic,
        df,
        chi_square_p(statistic, df),
        method + (", stratified" if len(parts) > 1 else ""),
        few_events(happened) or doubt,
        is_ordered,
    )


def logrank_trend(test: LogRank, scores: ArrayLike | None = None) -> Estimate:
    """Tarone's test of a trend over ordered groups (1 df); scores default to 0, 1, 2 ... in the order of the groups.

    Raises UnusableData for words that come without an order: the alphabet is none. Give them to the test as ordered
    categories, or give scores.
    """
    if scores is None and not test.is_ordered:
        raise UnusableData("a trend needs an order of the groups: ordered categories, numbers or scores")
    scores = np.arange(len(test.groups), dtype=float) if scores is None else np.asarray(scores, dtype=float)
    if scores.size != len(test.groups):
        raise UnusableData(f"{len(test.groups)} groups need as many scores, not {scores.size}")
    difference = float(scores @ (test.observed - test.expected))
    variance = float(scores @ test.covariance @ scores)
    z = difference / math.sqrt(variance) if variance > 0 else math.nan
    return Estimate(
        difference,
        method=f"{test.method} trend",
        se=math.sqrt(max(variance, 0)),
        p=normal_p(z),
        statistic=z * z,
        df=1,
        flag=test.flag,
    )


def _one_stratum(
    counts: pd.DataFrame, groups: list, rho: float, gamma: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Observed, expected (k) and their covariance (k, k); by patients and squared weights where there are any."""
    d, n = _leaving_and_at_risk(counts, groups)
    used = d.sum(axis=0) > 0
    d, n = d[:, used], n[:, used]
    total_d, total_n = d.sum(axis=0), n.sum(axis=0)
    share = n / total_n
    weight = np.ones_like(total_d)
    if rho or gamma:
        before = np.concatenate([[1.0], np.cumprod(1 - total_d / total_n)])[:-1]
        weight = before**rho * (1 - before) ** gamma
    is_weighted = "events_squares" in counts
    patients = (
        [part[:, used].sum(axis=0) for part in _leaving_and_at_risk(counts, groups, "_patients")]
        if is_weighted
        else [total_d, total_n]
    )
    squares = _leaving_and_at_risk(counts, groups, "_squares")[1][:, used] if is_weighted else n
    deaths, people = patients
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(people > 1, weight**2 * deaths * (people - deaths) / (people * (people - 1)), 0.0)
    # over those at risk: sum of w^2 (e - share)(e - share)', e the unit vector of the own group
    scaled = squares * spread
    cross = scaled @ share.T
    covariance = np.diag(scaled.sum(axis=1)) - cross - cross.T + (share * scaled.sum(axis=0)) @ share.T
    return (weight * d).sum(axis=1), (weight * share * total_d).sum(axis=1), covariance


def _leaving_and_at_risk(counts: pd.DataFrame, groups: list, of: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Events and numbers at risk, each (groups, times); `of`: of which count."""

    def wide(name: str) -> np.ndarray:
        return (
            counts.pivot_table(index="time", columns="group", values=name, aggfunc="sum", fill_value=0.0, observed=True)
            .reindex(columns=groups, fill_value=0.0)
            .to_numpy(float)
            .T
        )

    d, censored = wide(f"events{of}"), wide(f"censored{of}")
    entered = wide(f"entered{of}") if f"entered{of}" in counts else np.zeros_like(d)
    return d, at_risk_before(entered, d + censored)
