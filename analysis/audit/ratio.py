"""A ratio with its limits and p: symmetric on the log scale, and the Wald p that the limits imply."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cartwright.analysis.audit.claims import RATIOS, Claim, Claims
from cartwright.analysis.audit.finding import INCOHERENT, Finding
from cartwright.analysis.audit.printed import Printed
from cartwright.analysis.methods.estimate import normal_p, normal_quantile
from cartwright.analysis.methods.survival import LogRank, hazard_ratio_oe

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Wald:
    """What limits of printed precision allow: standard error of the log ratio, its centre, the p between."""

    se_low: float
    se_high: float
    centre_low: float
    centre_high: float

    @property
    def is_symmetric(self) -> bool:
        return self.centre_low <= self.centre_high

    @property
    def p_low(self) -> float:
        return normal_p(max(abs(self.centre_low), abs(self.centre_high)) / self.se_low)

    @property
    def p_high(self) -> float:
        if self.centre_low <= 0 <= self.centre_high:
            return 1.0
        return normal_p(min(abs(self.centre_low), abs(self.centre_high)) / self.se_high)


def wald(claim: Claim, confidence: float = CONFIDENCE) -> Wald | None:
    """None unless ratio and both limits are printed, positive and in order."""
    low, value, high = claim.low, claim.number, claim.high
    if claim.statistic not in RATIOS or not (value and low and high):
        return None
    if not 0 < low.low < high.high or value.low <= 0 or low.high >= high.low:
        return None
    width = 2 * normal_quantile(confidence)
    return Wald(
        math.log(high.low / low.high) / width,
        math.log(high.high / low.low) / width,
        max(math.log(value.low), math.log(low.low * high.low) / 2),
        min(math.log(value.high), math.log(low.high * high.high) / 2),
    )


def check_symmetry(claims: Claims) -> Iterator[Finding]:
    """Limits in order around the ratio, and the ratio at their geometric mean."""
    for claim in claims:
        low, high = claim.low, claim.high
        if claim.statistic not in RATIOS or not (claim.number and low and high):
            continue
        product = low.value * high.value
        middle = math.sqrt(product) if product >= 0 else math.nan  # a print can err in the sign of a limit
        found = wald(claim)
        if found is None or not found.is_symmetric:
            text = (
                f"sqrt({claim.ci_low} x {claim.ci_high}) = {middle:.3f}, printed {claim.value}: "
                "not symmetric on the log scale"
            )
            yield Finding("interval", INCOHERENT, claim.id, text, (), claim.interval_text, middle)


def check_wald_p(claims: Claims) -> Iterator[Finding]:
    """p of the limits against the printed p; where a hazard ratio fails, an observed/expected ratio is tried."""
    for claim in claims:
        found, number, p = wald(claim), claim.number, claim.p
        if found is None or not found.is_symmetric or number is None or p is None:
            continue
        if _agrees(p, claim.p_operator, found):
            continue
        text = f"{claim.interval_text} has Wald p {found.p_low:.2g} to {found.p_high:.2g}, printed {claim.p_text}"
        own = normal_p(math.log(number.value) / ((found.se_low + found.se_high) / 2))
        yield Finding(
            "p_from_interval", INCOHERENT, claim.id, text + explain_by_oe(claims, claim), (), claim.p_text, own
        )


def explain_by_oe(claims: Claims, claim: Claim) -> str:
    """Text: an observed/expected log-rank ratio with the groups' events has these limits (its p is the log-rank's)."""
    a, b = (claims.events(group, claim.endpoint) for group in (claim.group, claim.comparator))
    low, value, high = claim.low, claim.number, claim.high
    if claim.statistic != "hr" or claim.is_adjusted or not (a and b and low and value and high):
        return ""
    for ratio in np.linspace(value.low, value.high, 41):
        expected = (a + b) / (1 + ratio * b / a)  # of the first group: both expectations add to all events
        test = LogRank(
            ["a", "b"],
            np.array([a, b]),
            np.array([expected, a + b - expected]),
            np.full((2, 2), np.nan),
            math.nan,
            1,
            math.nan,
            "logrank",
        )
        result = hazard_ratio_oe(test, "a", "b", CONFIDENCE)
        if low.rounds(result.ci_low) and high.rounds(result.ci_high):
            return (
                f"; not Cox: an observed/expected log-rank ratio with {a} and {b} events gives "
                f"{result.value:.3f} ({result.ci_low:.3f}-{result.ci_high:.3f}), p then from the log-rank test"
            )
    return ""


def _agrees(p: Printed, operator: str, found: Wald) -> bool:
    if operator == "<":
        return found.p_low < p.high
    if operator == ">":
        return found.p_high > p.low
    return found.p_low <= p.high and found.p_high >= p.low
