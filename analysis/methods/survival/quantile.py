"""Quantiles of a survival curve by the SAS or the R rule, with Brookmeyer-Crowley limits (Biometrics 1982;38:29)."""

from __future__ import annotations

import math

import numpy as np

from cartwright.analysis.methods.estimate import Estimate
from cartwright.analysis.methods.survival.curve import Curve

TOLERANCE = 1.5e-8  # a step that reaches 1 - p up to rounding counts as reaching it (R: sqrt of machine epsilon)
RULES = ("sas", "r")


def quantile(curve: Curve, p: float = 0.5, rule: str = "sas") -> Estimate:
    """Time by which a share p has had the event (0.5: median).

    Both rules: first time S falls below 1 - p; the middle of the step when S rests exactly on 1 - p. They differ when
    that flat step is the last: `sas` says NE, as the curve never falls below; `r` ends the step at the last follow-up.
    Limits: the same rule on the pointwise limits; a limit that is NE at S = 0 does not count as fallen.
    """
    if rule not in RULES:
        raise ValueError(f"rule must be one of {', '.join(RULES)}, not {rule!r}")
    if not 0 < p < 1:
        raise ValueError(f"p must lie between 0 and 1, not {p}")
    times = curve.table["time"].to_numpy()
    value, low, high = (
        _first_below(times, curve.table[c].to_numpy(), 1 - p, rule) for c in ("survival", "ci_low", "ci_high")
    )
    return Estimate(
        value,
        low,
        high,
        f"{curve.method}, {rule} quantile rule",
        flag=curve.flag or ("not reached" if math.isnan(value) else ""),
    )


def _first_below(times: np.ndarray, level: np.ndarray, target: float, rule: str) -> float:
    defined = ~np.isnan(level)
    times, level = times[defined], level[defined]
    reached = np.flatnonzero(level <= target + TOLERANCE)
    if not reached.size:
        return math.nan
    first = reached[0]
    if level[first] < target - TOLERANCE:
        return float(times[first])
    below = np.flatnonzero(level < target - TOLERANCE)
    if below.size:
        return float((times[first] + times[below[0]]) / 2)
    return math.nan if rule == "sas" else float((times[first] + times[-1]) / 2)
