"""One number with its limits, its method and what is wrong with it: the small result type of every function here."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from numpy.typing import ArrayLike

NOT_ESTIMABLE = "NE"


class UnusableData(ValueError):
    """The input cannot give the statistic asked for; the message says which rows or columns and why."""


@dataclass(frozen=True)
class Drawn:
    """How far the dice alone could have moved what was drawn at random: the Monte-Carlo standard errors of a value, its
    limits and its p (NaN: not drawn, or not to be told), from so many draws of which so many failed."""

    draws: int
    failed: int = 0
    value: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    p: float = math.nan

    def exp(self, low: float, value: float, high: float) -> Drawn:
        """The errors of exp(value) and its limits, given those on the log scale (to first order)."""
        return replace(self, value=self.value * value, ci_low=self.ci_low * low, ci_high=self.ci_high * high)

    @property
    def of_p(self) -> Drawn:
        """What stands beside the p value itself."""
        return Drawn(self.draws, self.failed, self.p)


@dataclass(frozen=True)
class Estimate:
    """An estimate. NaN means not estimable (NE); `flag` says why a number should not be trusted (empty: trust)."""

    value: float
    ci_low: float = math.nan
    ci_high: float = math.nan
    method: str = ""
    se: float = math.nan
    p: float = math.nan
    statistic: float = math.nan
    df: float = math.nan
    flag: str = ""
    drawn: Drawn | None = None

    def text(self, digits: int = 2) -> str:
        """`1.23 (0.45-NE)`: what a table prints."""
        value, low, high = (
            NOT_ESTIMABLE if math.isnan(x) else f"{x:.{digits}f}" for x in (self.value, self.ci_low, self.ci_high)
        )
        return value if low == high == NOT_ESTIMABLE else f"{value} ({low}-{high})"


def few_events(events: ArrayLike) -> str:
    """Flag of a statistic that rests on no event or on a single one; `events`: by row or by time."""
    import numpy as np

    happened = np.asarray(events, dtype=float)
    if np.count_nonzero(happened) > 1 or happened.sum() > 1:
        return ""
    return "a single event" if happened.any() else "no events"


def normal_quantile(confidence: float) -> float:
    """Two-sided standard normal quantile: 0.95 -> 1.959964."""
    from scipy.special import ndtri

    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    return float(ndtri(0.5 + confidence / 2))


def normal_p(z: float) -> float:
    """Two-sided p of a standard normal statistic."""
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(z)))


def chi_square_p(statistic: float, df: float) -> float:
    """Upper tail of the chi-square distribution; NaN when there are no degrees of freedom."""
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic)) if df > 0 and statistic >= 0 else math.nan
