"""How numbers are written for readers: one place for decimals, intervals and p values."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

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
    "trend": "trend",
    "kruskal": "Kruskal-Wallis",
}


def is_known(value: float | None) -> TypeGuard[float]:
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


def p_value(p: float | None, error: float | None = None) -> str:
    """p with two decimals from 0.1, three from 0.01, four below, bounded at 0.0001 and 0.99; none beyond the place of
    its Monte-Carlo error, if it has one."""
    if not is_known(p):
        return "NE"
    digits = decimals(2 if p >= 0.0995 else 3 if p >= 0.00995 else 4, error)
    if p < (bound := max(10.0**-digits if is_known(error) and error else 0.0, 0.0001)):
        return f"<{bound:.{max(digits, 1)}f}"
    if p > 0.99:
        return ">0.99"
    return number(p, digits)


def decimals(digits: int, *errors: float | None) -> int:
    """How many of the decimals are not made by the dice: none beyond the first figure of the largest Monte-Carlo
    error (0.023: two)."""
    largest = max((error for error in errors if is_known(error)), default=0.0)
    return min(digits, max(0, -math.floor(math.log10(largest)))) if largest > 0 else digits


def drawn_digits(row: Any, digits: int = 2) -> int:
    """Decimals of a result row whose value or limits may have been drawn at random."""
    return decimals(digits, row.mcse, row.ci_low_mcse, row.ci_high_mcse)


def monte_carlo(row: Any, scale: float = 1.0) -> str:
    """`50 draws (2 failed), Monte-Carlo error 0.05`: what stands beside a number that was drawn; empty for others."""
    if row is None or row.draws is None or row.draws != row.draws:
        return ""
    failed = f" ({row.failed} failed)" if row.failed else ""
    largest = max((e for e in (row.mcse, row.ci_low_mcse, row.ci_high_mcse) if is_known(e)), default=math.nan) * scale
    said = "not known" if math.isnan(largest) else f"{largest:.1g}"
    return f"{row.draws} draws{failed}, Monte-Carlo error {said}"


def method_name(method: str | None) -> str:
    return METHOD_NAMES.get(method or "", method or "")
