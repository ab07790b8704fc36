"""p-values adjusted for their number: `holm` (family-wise) and `bh` (false discovery rate), by statsmodels."""

from __future__ import annotations

import numpy as np

METHODS = {"holm": "holm", "bh": "fdr_bh"}


def adjust(p_values, method: str = "holm") -> np.ndarray:
    """Adjusted p in the order given. Missing p-values stay missing and do not count towards the family."""
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    p = np.asarray(p_values, dtype=float)
    known = ~np.isnan(p)
    if ((p[known] < 0) | (p[known] > 1)).any():
        raise ValueError("p-values must lie between 0 and 1")
    adjusted = np.full(p.shape, np.nan)
    if known.any():
        from statsmodels.stats.multitest import multipletests

        adjusted[known] = multipletests(p[known], method=METHODS[method])[1]
    return adjusted
