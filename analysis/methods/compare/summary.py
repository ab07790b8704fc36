"""Location and spread of a continuous variable with the quantile definition named."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

DEFINITIONS: dict[str, Literal["averaged_inverted_cdf", "linear"]]
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


def summarise(values: ArrayLike, definition: str = "sas5", bounds: ArrayLike = ()) -> Summary:
    """n, mean, sd, median, quartiles and range; quartiles by `sas5` or `r7`.

    bounds: pairs (least, greatest) of further values known only to lie between, NaN where an end is open. A quantile,
    the minimum and the maximum are told where they are the same wherever in between those values lie; mean and sd are
    NE.
    """
    if definition not in DEFINITIONS:
        raise ValueError(f"definition must be one of {', '.join(DEFINITIONS)}, not {definition!r}")
    array = np.asarray(values, dtype=float)
    present = array[~np.isnan(array)]
    method = f"quantiles {definition}"
    if np.size(bounds):
        return _between(present, array.size - present.size, np.asarray(bounds, dtype=float), definition, method)
    if not present.size:
        nan = math.nan
        return Summary(0, array.size, nan, nan, nan, nan, nan, nan, nan, method)
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


def _between(present: np.ndarray, missing: int, bounds: np.ndarray, definition: str, method: str) -> Summary:
    """Order decides: what is the same with all values at their least and with all at their greatest is known."""
    beyond = 1e300  # an open end; finite, so that interpolation with weight 0 leaves its neighbour as it is
    low = np.concatenate([present, np.nan_to_num(bounds[:, 0], nan=-beyond)])
    high = np.concatenate([present, np.nan_to_num(bounds[:, 1], nan=beyond)])
    places = {"q1": 0.25, "median": 0.5, "q3": 0.75, "minimum": 0.0, "maximum": 1.0}
    ends = [np.quantile(end, list(places.values()), method=DEFINITIONS[definition]) for end in (low, high)]
    known = {name: float(a) if a == b else math.nan for name, a, b in zip(places, *ends, strict=True)}
    return Summary(low.size, missing, math.nan, math.nan, method=method, **known)
