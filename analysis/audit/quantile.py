"""Medians and quartiles: in order, between those of the parts, and in keeping with the share beyond a threshold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cartwright.analysis.audit.claims import WHOLE_GROUP, Claim, Claims
from cartwright.analysis.audit.finding import INCOHERENT, SUSPICIOUS, Finding
from cartwright.analysis.audit.printed import Printed

DAYS_PER_MONTH = 365 / 12
LEVEL = re.compile(r"(>=|<=|>|<)(\d+(?:\.\d+)?|target)([a-z]*)", re.IGNORECASE)
MEDIANS = ("median", "median_survival")
SPREADS = ("iqr", "range")


@dataclass(frozen=True)
class Quantiles:
    """Printed median of a variable in a group with its quartiles."""

    median: Claim
    quartiles: Claim | None

    @property
    def points(self) -> list[tuple[float, Printed]]:
        inner = [(0.5, self.median.number)]
        outer = self.quartiles
        return inner if outer is None else [(0.25, outer.low), *inner, (0.75, outer.high)]


def check_order(claims: Claims) -> Iterator[Finding]:
    """A median lies within its quartiles or range and within its own limits."""
    for claim in claims:
        is_median = claim.statistic in MEDIANS and claim.number and claim.low and claim.high
        if is_median and not (claim.low.low <= claim.number.high and claim.number.low <= claim.high.high):
            yield Finding(
                "order",
                INCOHERENT,
                claim.id,
                f"{claim.interval_text}: the estimate is outside its limits",
                (),
                claim.interval_text,
            )
        if claim.statistic not in SPREADS or not (claim.low and claim.high):
            continue
        medians = [c for c in claims if c.statistic == "median" and c.number and _who(c) == _who(claim)]
        if claim.low.value > claim.high.value or any(
            c.number.high < claim.low.low or c.number.low > claim.high.high for c in medians
        ):
            shown = medians[0].value if medians else "no median"
            yield Finding(
                "order",
                INCOHERENT,
                claim.id,
                f"{claim.statistic} {claim.ci_low}-{claim.ci_high} with median {shown}",
                tuple(c.id for c in medians[:1]),
                f"{claim.ci_low}-{claim.ci_high}",
            )


def check_pooled(claims: Claims) -> Iterator[Finding]:
    """A quantile of the whole lies between the smallest and the largest of the groups that make it up."""
    found = {(q.median.group, q.median.variable): q for q in quantiles(claims)}
    for (group, variable), whole in found.items():
        parts = [found.get((name, variable)) for name in claims.groups]
        if group != WHOLE_GROUP or not parts or None in parts or whole.median.population != claims.cohort[0]:
            continue
        for share, value in whole.points:
            own = [dict(part.points).get(share) for part in parts]
            if None in own or (min(p.low for p in own) <= value.high and value.low <= max(p.high for p in own)):
                continue
            claim, name = (whole.median, "median") if share == 0.5 else (whole.quartiles, f"{share:.0%} quantile")
            yield Finding(
                "pooled_quantile",
                INCOHERENT,
                claim.id,
                f"{name} of {variable}: {value.text} in all, {' and '.join(p.text for p in own)} in the groups",
                tuple((p.median if share == 0.5 else p.quartiles).id for p in parts),
                value.text,
            )


def check_shares(claims: Claims) -> Iterator[Finding]:
    """The share of patients beyond a threshold against the printed quantiles of the same variable.

    Half of the values are at or below the median, a quarter at or below the first quartile: a threshold between two
    printed quantiles bounds the share; one patient more or less is allowed for the definition of a quantile.
    """
    for claim in claims:
        parts = LEVEL.fullmatch(claim.level)
        if claim.statistic != "proportion" or not parts or claim.count is None or not claim.total:
            continue
        for found in quantiles(claims):
            if found.median.group != claim.group or not _same_variable(claim.variable, found.median.variable):
                continue
            threshold = _threshold(claims, claim, parts, found.median.unit)
            if threshold is None:
                continue
            low, high = _share_below(found, threshold)
            below = parts[1].startswith("<")
            low, high = (low, high) if below else (1 - high, 1 - low)
            share = claim.count / claim.total
            if not low * claim.total - 1 <= claim.count <= high * claim.total + 1:
                same = claim.variable == found.median.variable
                doubt = "" if same else ", if both names mean one variable"
                shown = ", ".join(f"{q:.0%} {p.text}" for q, p in found.points)
                text = (
                    f"{claim.count}/{claim.total} = {share:.1%} with {claim.variable} {claim.level}; the quantiles of "
                    f"{found.median.variable} ({shown}) need {low:.0%} to {high:.0%}{doubt}"
                )
                verdict = INCOHERENT if same else SUSPICIOUS
                spread = (found.quartiles.id,) if found.quartiles else ()
                yield Finding(
                    "quantile_share",
                    verdict,
                    claim.id,
                    text,
                    (found.median.id, *spread),
                    claim.value,
                    100 * (low if share < low else high),
                )


def quantiles(claims: Claims) -> Iterator[Quantiles]:
    """Once a (population, group, variable), from the first median printed."""
    seen = set()
    for claim in claims:
        if claim.statistic == "median" and claim.variable and claim.number and _who(claim) not in seen:
            seen.add(_who(claim))
            quartiles = [c for c in claims if c.statistic == "iqr" and c.low and c.high and _who(c) == _who(claim)]
            yield Quantiles(claim, quartiles[0] if quartiles else None)


def _who(claim: Claim) -> tuple[str, str, str]:
    return claim.population, claim.group, claim.variable


def _same_variable(a: str, b: str) -> bool:
    """Equal, or one names the other's number (`cycles`, `cycles_number`)."""
    return a == b or f"{a}_number" == b or f"{b}_number" == a


def _threshold(claims: Claims, claim: Claim, parts: re.Match, unit: str) -> float | None:
    if parts[2].lower() == "target":
        declared = [
            c
            for c in claims
            if c.statistic == "threshold"
            and c.number
            and c.variable == claim.variable
            and c.level == "target"
            and c.unit == unit
        ]
        return declared[0].number.value if declared else None
    number, own = float(parts[2]), parts[3].lower()
    if own == "d" and unit == "months":
        return number / DAYS_PER_MONTH
    return number if not own or unit.startswith(own) or (own in ("m", "mo") and unit == "months") else None


def _share_below(found: Quantiles, threshold: float) -> tuple[float, float]:
    low, high = 0.0, 1.0
    for share, value in found.points:
        if value.high < threshold:
            low = max(low, share)
        elif value.low > threshold:
            high = min(high, share)
    return low, high
