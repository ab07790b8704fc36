"""Survival in one or more groups without covariates: curves, quantiles, RMST, log-rank tests, competing risks.

Every function takes plain columns and returns a small frozen result or a tidy table that names its method.
Checked against R survival to 1e-10 (docs/agreement.md).
"""

from cartwright.analysis.methods.survival.competing import Incidence, cumulative_incidence, incidence_at
from cartwright.analysis.methods.survival.counts import event_counts
from cartwright.analysis.methods.survival.curve import (
    Curve,
    at_risk,
    kaplan_meier,
    kaplan_meier_from_counts,
    reverse_kaplan_meier,
    survival_at,
    survival_difference,
)
from cartwright.analysis.methods.survival.gray import gray_test
from cartwright.analysis.methods.survival.hazard_ratio import hazard_ratio_mantel_haenszel, hazard_ratio_oe
from cartwright.analysis.methods.survival.interval import IntervalCurve, turnbull
from cartwright.analysis.methods.survival.logrank import LogRank, logrank, logrank_from_counts, logrank_trend
from cartwright.analysis.methods.survival.quantile import quantile
from cartwright.analysis.methods.survival.rmst import rmst, rmst_difference

__all__ = [
    "Curve",
    "Incidence",
    "IntervalCurve",
    "LogRank",
    "at_risk",
    "cumulative_incidence",
    "event_counts",
    "gray_test",
    "hazard_ratio_mantel_haenszel",
    "hazard_ratio_oe",
    "incidence_at",
    "kaplan_meier",
    "kaplan_meier_from_counts",
    "logrank",
    "logrank_from_counts",
    "logrank_trend",
    "quantile",
    "reverse_kaplan_meier",
    "rmst",
    "rmst_difference",
    "survival_at",
    "survival_difference",
    "turnbull",
]
