"""How many events there must be: lower bounds from Cox intervals, and limits that are reached or not.

The information on one binary covariate is a sum over events of p(1 - p) <= 1/4, so events >= 4 / SE^2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cartwright.analysis.audit.claims import WHOLE_GROUP, Claim, Claims, population_size
from cartwright.analysis.audit.finding import INCOHERENT, SUSPICIOUS, Finding
from cartwright.analysis.audit.ratio import CONFIDENCE, wald
from cartwright.analysis.methods.survival.curve import CONF_TYPES, limits


@dataclass(frozen=True)
class EventBound:
    """Fewest events that the tightest unadjusted interval of a population allows, its digits read loosely."""

    population: str
    endpoint: str
    claim: Claim
    se: float

    @property
    def exact(self) -> float:
        return 4 / self.se**2

    @property
    def events(self) -> int:
        return math.ceil(self.exact - 1e-9)


def event_bounds(claims: Claims) -> list[EventBound]:
    """The tightest bound of each population and endpoint; covariates per unit have no bound."""
    best: dict[tuple, EventBound] = {}
    for claim in claims:
        found = wald(claim)
        if claim.statistic != "hr" or claim.is_adjusted or claim.level == "per_unit" or found is None:
            continue
        key = claim.population, claim.endpoint
        if key not in best or found.se_high < best[key].se:
            best[key] = EventBound(*key, claim, found.se_high)
    return list(best.values())


def check_event_bounds(claims: Claims) -> Iterator[Finding]:
    """More events needed than the counts of those without the event leave, or than there are patients."""
    for bound in event_bounds(claims):
        group = WHOLE_GROUP if bound.population == claims.cohort[0] else bound.claim.group
        size = population_size(bound.population)
        counted = claims.events(group, bound.endpoint) if _is_whole_group(claims, group, size) else None
        most = size if counted is None else counted
        if most is not None and bound.events > most:
            what = "patients" if counted is None else "events by subtraction"
            text = (
                f"{bound.claim.interval_text}: SE at most {bound.se:.4f}, so at least 4/SE^2 = {bound.exact:.1f} "
                f"events; {most} {what}"
            )
            yield Finding("event_bound", INCOHERENT, bound.claim.id, text, (), str(most), float(bound.events))


def check_limits_reached(claims: Claims) -> Iterator[Finding]:
    """A median without upper limit although so many had the event that the upper limit of the final survival, had
    nobody been censored early, is below one half under every usual transform: only few at risk at the end allow it."""
    for claim in claims:
        size = claims.cohort[1].get(claim.group)
        events = claims.events(claim.group, claim.endpoint)
        if claim.statistic != "median_survival" or claim.ci_high != "NE" or size is None or not events:
            continue
        n = size.patients
        if not 0 < events < n:
            continue
        left = (n - events) / n
        se = math.sqrt(events / (n * (n - events)))
        upper = {kind: float(limits(np.array([left]), np.array([se]), kind, CONFIDENCE)[1][0]) for kind in CONF_TYPES}
        if max(upper.values()) < 0.5:
            shown = ", ".join(f"{kind} {value:.3f}" for kind, value in upper.items())
            yield Finding(
                "limit_reached",
                SUSPICIOUS,
                claim.id,
                f"{events} of {n} had the event: survival {left:.3f} at the "
                f"end, upper limit {shown}, below 0.5; NE needs the last events late with few at risk",
                (size.id,),
                claim.interval_text,
                max(upper.values()),
            )


def _is_whole_group(claims: Claims, group: str, size: int | None) -> bool:
    named = claims.cohort[1].get(group)
    return named is not None and named.count == size
