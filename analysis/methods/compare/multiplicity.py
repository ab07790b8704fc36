"""p-values adjusted for their number: `holm` (family-wise), `bh` (false discovery rate), and `sequence`: hypotheses in
an order fixed beforehand, each tested only if all before it are rejected (Maurer, Hothorn & Lehmacher 1995)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

METHODS = ("holm", "bh", "sequence")


def adjust(p_values: ArrayLike, method: str = "holm") -> np.ndarray:
    """Adjusted p in the order given. Missing p-values stay missing and do not count towards the family."""
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    p = np.asarray(p_values, dtype=float)
    known = ~np.isnan(p)
    if ((p[known] < 0) | (p[known] > 1)).any():
        raise ValueError("p-values must lie between 0 and 1")
    if method == "sequence":  # what follows a p that nobody knows is not reached
        return np.where(np.logical_and.accumulate(known), np.maximum.accumulate(np.where(known, p, 1.0)), np.nan)
    adjusted = np.full(p.shape, np.nan)
    if known.any():
        from scipy.stats import false_discovery_control

        adjusted[known] = _holm(p[known]) if method == "holm" else false_discovery_control(p[known])
    return adjusted


def _holm(p: np.ndarray) -> np.ndarray:
    """Step-down Bonferroni (Holm 1979). statsmodels has it, but collects all garbage of the process at each call."""
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)).clip(max=1)
    return adjusted
