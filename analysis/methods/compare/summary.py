"""Location and spread of a continuous variable with the quantile definition named."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

DEFINITIONS = {"sas5": "averaged_inverted_cdf", "r7": "linear"}  # SAS PCTLDEF=5 (= R type 2); R and numpy default


@dataclass(frozen=True)
class Summary:
    """NaN is NE. `missing` counts the values left out."""

    n: int
    missing: int
    mean: float
    sd: float
    median: float
    q1: float
    q3: float
    minimum: float
    maximum: float
    method: str


def summarise(values, definition: str = "sas5") -> Summary:
    """n, mean, sd, median, quartiles and range; quartiles by `sas5` or `r7`."""
    if definition not in DEFINITIONS:
        raise ValueError(f"definition must be one of {', '.join(DEFINITIONS)}, not {definition!r}")
    array = np.asarray(values, dtype=float)
    present = array[~np.isnan(array)]
    method = f"quantiles {definition}"
    if not present.size:
        return Summary(0, array.size, *[math.nan] * 7, method)
    q1, median, q3 = np.quantile(present, [0.25, 0.5, 0.75], method=DEFINITIONS[definition])
    sd = float(present.std(ddof=1)) if present.size > 1 else math.nan
    return Summary(
        present.size,
        array.size - present.size,
        float(present.mean()),
        sd,
        float(median),
        float(q1),
        float(q3),
        float(present.min()),
        float(present.max()),
        method,
    )
