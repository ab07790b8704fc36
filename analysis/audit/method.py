"""Figures that depend on a method which print does not state."""

from __future__ import annotations

from collections.abc import Iterator

from cartwright.analysis.audit.claims import WHOLE_GROUP, Claims
from cartwright.analysis.audit.finding import NOT_COMPUTABLE, Finding
from cartwright.analysis.counted import counted


def check_limit_transform(claims: Claims) -> Iterator[Finding]:
    """Limits of Kaplan-Meier medians without their transform (plain, log, log-log): they differ by it."""
    silent = [c for c in claims if c.statistic == "median_survival" and c.ci_low and not c.test]
    if silent:
        yield Finding(
            "method_stated",
            NOT_COMPUTABLE,
            silent[0].id,
            f"{counted(len(silent), 'median')} of survival with limits, the "
            "transform of the limits (plain, log, log-log) is not stated",
            tuple(c.id for c in silent[1:]),
        )


def check_follow_up(claims: Claims) -> Iterator[Finding]:
    """A median follow-up longer than median survival of the same patients, its method unstated.

    At any time the share still observed is at most Kaplan-Meier survival, so the plain median of the observed times
    cannot pass the median survival: the figure is a reverse Kaplan-Meier or that of the survivors.
    """
    wanted = ("median_survival", "os", WHOLE_GROUP)
    survival = next((c for c in claims if (c.statistic, c.endpoint, c.group) == wanted and c.number), None)
    median = survival.number if survival else None
    if survival is None or median is None:
        return
    for claim in claims:
        if (
            claim.measure == "followup"
            and claim.statistic == "median"
            and (number := claim.number)
            and claim.low
            and not claim.test
            and claim.population == survival.population
            and number.low > median.high
        ):
            yield Finding(
                "follow_up",
                NOT_COMPUTABLE,
                claim.id,
                f"follow-up {claim.value} > median survival "
                f"{survival.value}: not a plain median of observed times, the method is not stated",
                (survival.id,),
                claim.value,
                median.value,
            )
