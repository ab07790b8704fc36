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

# What results call their methods, as readers do; what stands here for no part of it is said as it is.
_METHOD_PARTS = {
    "aalen-johansen": "Aalen-Johansen",
    "att weights": "weights of the treated (ATT)",
    "bh": "Benjamini-Hochberg",
    "clopper_pearson": "Clopper-Pearson limits",
    "cox breslow": "Cox model, Breslow's ties",
    "cox efron": "Cox model, Efron's ties",
    "e-value": "E-value",
    "fine-gray": "Fine-Gray model",
    "firth cox": "Firth's penalised Cox model",
    "fisher": "Fisher's exact test",
    "gray": "Gray's test",
    "greenwood": "Greenwood's variance",
    "greenwood variance": "Greenwood's variance",
    "harrell c": "Harrell's C",
    "holm": "Holm",
    "kaplan-meier": "Kaplan-Meier",
    "kish": "effective size by Kish",
    "km time": "time by the Kaplan-Meier curve",
    "log limits": "limits on the log scale",
    "log(-log) limits": "limits on the log-log scale",
    "log-log limits": "limits on the log-log scale",
    "logistic wald": "logistic regression, Wald limits",
    "logrank": "log-rank test",
    "mcnemar": "McNemar's test",
    "newcombe": "Newcombe's limits",
    "none": "not adjusted",
    "o/e hazard ratio": "observed over expected events",
    "p log-rank": "log-rank test",
    "pearson": "Pearson's chi-square test",
    "quantiles sas5": "quartiles by averaging (SAS definition 5)",
    "quantiles r7": "quartiles by interpolation (R type 7)",
    "r quantile rule": "a curve that ends on a half: its median ends at the last follow-up (as in R)",
    "ranksum": "rank-sum test",
    "rubin's rules": "Rubin's rules",
    "sas quantile rule": "a curve that ends on a half: no median (as in SAS)",
    "signedrank": "signed-rank test",
    "trend": "test for trend",
    "turnbull": "Turnbull",
    "wald": "Wald test",
    "welch": "Welch's test",
    "yates": "chi-square test with Yates' correction",
}


def method_words(method: str | None) -> str:
    """A method of the results as a reader would say it, each of its parts."""
    return ", ".join(_METHOD_PARTS.get(part, part) for part in (method or "").split(", "))


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
    """`value (low–high)`; a value without any limit says so, and nothing is only NE."""
    if not is_known(value):
        return number(value)
    if not is_known(high) and abs(value) < 0.5 * 10.0**-digits:  # a ratio that ran off to 0
        return number(None)
    if not (is_known(low) or is_known(high)):
        return f"{number(value, digits)} (no limits)"
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
