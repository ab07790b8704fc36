"""Log-rank tests: two or more groups, strata, Fleming-Harrington weights, trend; all from counts by day.

Observed, expected and their covariance are kept, as hazard ratios are made of them; lifelines returns the test only.
Mantel (1966); Peto & Peto (1972); Harrington & Fleming (1982) Biometrika 69:553; Tarone (1975) for trend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, UnusableData, chi_square_p, few_events, normal_p
from analysis.quadratic import quadratic, rank_flag
from analysis.survival.counts import at_risk_before, checked_counts, event_counts


@dataclass(frozen=True)
class LogRank:
    """`groups` in sorted order with their observed and (weighted) expected events and the covariance of O - E."""

    groups: list
    observed: np.ndarray
    expected: np.ndarray
    covariance: np.ndarray
    statistic: float
    df: int
    p: float
    method: str
    flag: str = ""

    @property
    def table(self) -> pd.DataFrame:
        return pd.DataFrame({"group": self.groups, "observed": self.observed, "expected": self.expected})


def logrank(durations, events, group, strata=None, rho: float = 0.0, gamma: float = 0.0, entry=None,
            weights=None) -> LogRank:
    """k-sample test that all groups share one hazard. rho, gamma: weight S(t-)^rho (1 - S(t-))^gamma on the pooled
    Kaplan-Meier curve of each stratum (0, 0: log-rank; 1, 0: Peto-Prentice as R's rho = 1; 0, 1: late differences)."""
    return logrank_from_counts(event_counts(durations, events, group, strata, entry, weights), rho, gamma)


def logrank_from_counts(counts: pd.DataFrame, rho: float = 0.0, gamma: float = 0.0) -> LogRank:
    """The same from counts by day: columns group, time, events, censored and optionally stratum, entered."""
    groups = sorted(checked_counts(counts, ("group",))["group"].unique())
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
    unseen = (np.diag(covariance) <= 1e-12 * covariance.max()).any()
    doubt = "a group is never at risk with an event" if unseen else rank_flag(df, k - 1)
    flag = few_events(counts["events"]) or doubt
    return LogRank(groups, observed, expected, covariance, statistic, df, chi_square_p(statistic, df),
                   method + (", stratified" if len(parts) > 1 else ""), flag)


def logrank_trend(test: LogRank, scores=None) -> Estimate:
    """Tarone's test of a trend over ordered groups (1 df); scores default to 0, 1, 2 ... in the order of the groups."""
    scores = np.arange(len(test.groups), dtype=float) if scores is None else np.asarray(scores, dtype=float)
    if scores.size != len(test.groups):
        raise UnusableData(f"{len(test.groups)} groups need as many scores, not {scores.size}")
    difference = float(scores @ (test.observed - test.expected))
    variance = float(scores @ test.covariance @ scores)
    z = difference / math.sqrt(variance) if variance > 0 else math.nan
    return Estimate(difference, method=f"{test.method} trend", se=math.sqrt(max(variance, 0)), p=normal_p(z),
                    statistic=z * z, df=1, flag=test.flag)


def _one_stratum(counts: pd.DataFrame, groups: list, rho: float, gamma: float):
    wide = {name: counts.pivot_table(index="time", columns="group", values=name, aggfunc="sum", fill_value=0.0)
            .reindex(columns=groups, fill_value=0.0).to_numpy(float).T
            for name in ("events", "censored", "entered") if name in counts}
    d = wide["events"]
    n = at_risk_before(wide.get("entered", np.zeros_like(d)), d + wide["censored"])
    used = d.sum(axis=0) > 0
    d, n = d[:, used], n[:, used]
    total_d, total_n = d.sum(axis=0), n.sum(axis=0)
    share = n / total_n
    weight = np.ones_like(total_d)
    if rho or gamma:
        before = np.concatenate([[1.0], np.cumprod(1 - total_d / total_n)[:-1]]) if total_d.size else total_d
        weight = before**rho * (1 - before) ** gamma
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(total_n > 1, weight**2 * total_d * (total_n - total_d) / (total_n - 1), 0.0)
    covariance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    return (weight * d).sum(axis=1), (weight * share * total_d).sum(axis=1), covariance
