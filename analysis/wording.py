"""How numbers are written for readers: one place for decimals, intervals and p values."""

from __future__ import annotations

import math

DASH = "–"
ABSENT = "—"

METHOD_NAMES = {
    "yates": "Yates",
    "pearson": "Pearson",
    "fisher": "Fisher",
    "ranksum": "rank-sum",
    "signedrank": "signed-rank",
    "mcnemar": "McNemar",
    "welch": "Welch",
    "t": "t",
    "logrank": "log-rank",
}


def is_known(value: float | None) -> bool:
    return value is not None and value == value


def number(value: float | None, digits: int = 2) -> str:
    """A number with fixed decimals, half away from zero; NE when there is none."""
    if not is_known(value):
        return "NE"
    if abs(value) >= 1e5:
        return f"{value:.2g}"
    scaled = math.floor(abs(value) * 10**digits + 0.5 + 1e-9) / 10**digits
    return f"{math.copysign(scaled, value) if scaled else 0.0:.{digits}f}"


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """Limits as `low–high`; each limit that cannot be estimated is NE."""
    return f"{number(low, digits)}{DASH}{number(high, digits)}"


def estimate(value: float | None, low: float | None, high: float | None, digits: int = 2) -> str:
    """`value (low–high)`."""
    return f"{number(value, digits)} ({interval(low, high, digits)})"


def percent(share: float | None, digits: int = 1) -> str:
    """A share of one as a percentage without the sign."""
    return "NE" if not is_known(share) else number(100 * share, digits)


def p_value(p: float | None) -> str:
    """p with two decimals from 0.1, three from 0.01, four below, bounded at 0.0001 and 0.99."""
    if not is_known(p):
        return "NE"
    if p < 0.0001:
        return "<0.0001"
    if p > 0.99:
        return ">0.99"
    return number(p, 2 if p >= 0.0995 else 3 if p >= 0.00995 else 4)


def method_name(method: str | None) -> str:
    return METHOD_NAMES.get(method or "", method or "")
