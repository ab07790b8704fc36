"""Hazard ratios read off a two-group log-rank test, without a regression.

Observed/expected ratio with exp(ln K +- z sqrt(1/Ea + 1/Eb)) (Peto et al. 1977, Br J Cancer 35:1, as GraphPad Prism's
"logrank" ratio), and Mantel-Haenszel exp((O-E)/V) with limits exp(. +- z/sqrt V) (Berry et al. 1991, Stat Med 10:749).
"""

from __future__ import annotations

import math

from cartwright.analysis.methods.estimate import Estimate, UnusableData, normal_quantile
from cartwright.analysis.methods.survival.logrank import LogRank


def hazard_ratio_oe(test: LogRank, group: object, reference: object, confidence: float = 0.95) -> Estimate:
    """(O/E of group) / (O/E of reference); p is the log-rank test's, which the limits need not agree with."""
    a, b = _two(test, group, reference)
    (oa, ob), (ea, eb) = test.observed[[a, b]], test.expected[[a, b]]
    method = "o/e hazard ratio, p log-rank"
    if min(oa, ob) == 0 or min(ea, eb) == 0:
        return Estimate(
            math.nan, method=method, p=test.p, statistic=test.statistic, df=test.df, flag="no events in a group"
        )
    return _ratio(math.log((oa / ea) / (ob / eb)), math.sqrt(1 / ea + 1 / eb), confidence, method, test)


def hazard_ratio_mantel_haenszel(test: LogRank, group: object, reference: object, confidence: float = 0.95) -> Estimate:
    """exp((O - E) / V) of the group; p is the log-rank test's."""
    a, _ = _two(test, group, reference)
    variance = float(test.covariance[a, a])
    method = "mantel-haenszel hazard ratio, p log-rank"
    if not variance > 0:
        return Estimate(math.nan, method=method, flag="no events to compare")
    log_ratio = float(test.observed[a] - test.expected[a]) / variance
    return _ratio(log_ratio, 1 / math.sqrt(variance), confidence, method, test)


def _ratio(log_ratio: float, se: float, confidence: float, method: str, test: LogRank) -> Estimate:
    z = normal_quantile(confidence)
    return Estimate(
        math.exp(log_ratio),
        math.exp(log_ratio - z * se),
        math.exp(log_ratio + z * se),
        method,
        se,
        test.p,
        test.statistic,
        test.df,
        test.flag,
    )


def _two(test: LogRank, group: object, reference: object) -> tuple[int, int]:
    if len(test.groups) != 2 or {group, reference} != set(test.groups):
        raise UnusableData("a hazard ratio from a log-rank test needs exactly the two groups named")
    return test.groups.index(group), test.groups.index(reference)
