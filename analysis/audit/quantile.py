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
    """Printed median of a variable in a group with its quartiles; `points`: share -> number, in order."""

    median: Claim
    quartiles: Claim | None
    points: dict[float, Printed]

    def source(self, share: float) -> Claim:
        """The claim that prints this point."""
        return self.median if share == 0.5 or self.quartiles is None else self.quartiles


def check_order(claims: Claims) -> Iterator[Finding]:
    """A median lies within its quartiles or range and within its own limits."""
    for claim in claims:
        number, low, high = claim.number, claim.low, claim.high
        if not (low and high):
            continue
        if claim.statistic in MEDIANS and number and not (low.low <= number.high and number.low <= high.high):
            yield Finding(
                "order",
                INCOHERENT,
                claim.id,
                f"{claim.interval_text}: the estimate is outside its limits",
                (),
                claim.interval_text,
            )
        if claim.statistic not in SPREADS:
            continue
        medians = [c for c in claims if c.statistic == "median" and c.number and _who(c) == _who(claim)]
        middles = [c.number for c in medians if c.number]
        if low.value > high.value or any(middle.high < low.low or middle.low > high.high for middle in middles):
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
        parts = [found[name, variable] for name in claims.groups if (name, variable) in found]
        if group != WHOLE_GROUP or not parts or len(parts) < len(claims.groups):
            continue
        if whole.median.population != claims.cohort[0]:
            continue
        for share, value in whole.points.items():
            own = [part.points[share] for part in parts if share in part.points]
            if len(own) < len(parts):
                continue
            if min(p.low for p in own) <= value.high and value.low <= max(p.high for p in own):
                continue
            name = "median" if share == 0.5 else f"{share:.0%} quantile"
            yield Finding(
                "pooled_quantile",
                INCOHERENT,
                whole.source(share).id,
                f"{name} of {variable}: {value.text} in all, {' and '.join(p.text for p in own)} in the groups",
                tuple(part.source(share).id for part in parts),
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
                shown = ", ".join(f"{q:.0%} {p.text}" for q, p in found.points.items())
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
        if claim.statistic == "median" and claim.variable and (middle := claim.number) and _who(claim) not in seen:
            seen.add(_who(claim))
            yield _with_quartiles(claims, claim, middle)


def _with_quartiles(claims: Claims, median: Claim, middle: Printed) -> Quantiles:
    for claim in claims:
        low, high = claim.low, claim.high
        if claim.statistic == "iqr" and low and high and _who(claim) == _who(median):
            return Quantiles(median, claim, {0.25: low, 0.5: middle, 0.75: high})
    return Quantiles(median, None, {0.5: middle})


def _who(claim: Claim) -> tuple[str, str, str]:
    return claim.population, claim.group, claim.variable


def _same_variable(a: str, b: str) -> bool:
    """Equal, or one names the other's number (`cycles`, `cycles_number`)."""
    return a == b or f"{a}_number" == b or f"{b}_number" == a


def _threshold(claims: Claims, claim: Claim, parts: re.Match, unit: str) -> float | None:
    if parts[2].lower() == "target":
        wanted = ("threshold", claim.variable, "target", unit)
        same = (c.number for c in claims if (c.statistic, c.variable, c.level, c.unit) == wanted)
        declared = next(filter(None, same), None)
        return declared.value if declared else None
    number, own = float(parts[2]), parts[3].lower()
    if own == "d" and unit == "months":
        return number / DAYS_PER_MONTH
    return number if not own or unit.startswith(own) or (own in ("m", "mo") and unit == "months") else None


def _share_below(found: Quantiles, threshold: float) -> tuple[float, float]:
    low, high = 0.0, 1.0
    for share, value in found.points.items():
        if value.high < threshold:
            low = max(low, share)
        elif value.low > threshold:
            high = min(high, share)
    return low, high
