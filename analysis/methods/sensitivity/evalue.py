"""E-value: how strongly an unmeasured confounder must be tied to both therapy and outcome to explain the estimate away.

VanderWeele & Ding (2017) Ann Intern Med 167:268.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class EValue:
    """On the risk-ratio scale; `limit` belongs to the confidence limit nearer 1 and is 1 when the interval holds 1."""

    point: float
    limit: float
    method: str


def e_value(ratio: float, ci_low: float, ci_high: float, kind: str = "hazard", is_common: bool = True) -> EValue:
    """kind: `hazard`, `odds` or `risk` ratio. is_common: outcome in more than about 15 % by the end of follow-up, where
    hazard and odds ratios are first turned into approximate risk ratios."""
    if kind not in ("hazard", "odds", "risk"):
        raise ValueError(f"kind must be hazard, odds or risk, not {kind!r}")
    if not ratio > 0 or math.isnan(ci_low) or math.isnan(ci_high):
        return EValue(math.nan, math.nan, "e-value, not estimable")
    near = ci_high if ratio < 1 else ci_low
    crosses = ci_low <= 1 <= ci_high
    point = _of_risk_ratio(_risk_ratio(ratio, kind, is_common))
    limit = 1.0 if crosses else _of_risk_ratio(_risk_ratio(near, kind, is_common))
    return EValue(point, limit, f"e-value, {kind} ratio, {'common' if is_common else 'rare'} outcome")


def _risk_ratio(ratio: float, kind: str, is_common: bool) -> float:
    if kind == "risk" or not is_common:
        return ratio
    if kind == "odds":
        return math.sqrt(ratio)
    return (1 - 0.5 ** math.sqrt(ratio)) / (1 - 0.5 ** math.sqrt(1 / ratio))


def _of_risk_ratio(ratio: float) -> float:
    ratio = 1 / ratio if ratio < 1 else ratio
    return ratio + math.sqrt(ratio * (ratio - 1))
