"""Days as months: of the length that the plan declares, as no two papers agree on one."""

from __future__ import annotations

from fractions import Fraction
from functools import cache


def days_to_months(days: float, month_days: str | float) -> float:
    """`month_days`: the length of a month in days, a number or a fraction of two (365/12)."""
    return days / _length(str(month_days))


@cache  # it is asked for every point of a figure
def _length(declared: str) -> float:
    return float(Fraction(declared))
