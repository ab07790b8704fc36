"""A percentage is its count over its denominator, at the precision printed."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from cartwright.analysis.audit.claims import Claim, Claims, population_size
from cartwright.analysis.audit.finding import INCOHERENT, ROUNDING, Finding
from cartwright.analysis.audit.printed import Printed

CHECK = "percentage"


def check_percentages(claims: Claims) -> Iterator[Finding]:
    """Counts against the percentage; a bare percentage against every count of a population of known size."""
    for claim in claims:
        if claim.statistic != "proportion":
            continue
        if claim.count is not None and claim.total:
            yield from _of_counts(claim, claim.count, claim.total)
        elif claim.count is None and (number := claim.number) and (size := population_size(claim.population)):
            yield from _bare(claim, number, size)


def counts_behind(percentage: Printed, n: int) -> list[int]:
    """Counts out of n that print as this percentage."""
    guess = int(percentage.exact * n / 100)
    return [k for k in range(max(guess - 1, 0), min(guess + 2, n) + 1) if percentage.rounds(Fraction(100 * k, n))]


def _of_counts(claim: Claim, count: int, total: int) -> Iterator[Finding]:
    exact = Fraction(100 * count, total)
    if count > total:
        yield Finding(CHECK, INCOHERENT, claim.id, f"{count} of {total}: more than all", (), claim.value, float(exact))
    elif claim.number is not None and not claim.number.rounds(exact):
        verdict, why = _verdict(claim.number, exact)
        yield Finding(
            CHECK,
            verdict,
            claim.id,
            f"{count}/{total} = {float(exact):.3f} %, printed {claim.value}: {why}",
            (),
            claim.value,
            float(exact),
        )


def _bare(claim: Claim, number: Printed, n: int) -> Iterator[Finding]:
    if counts_behind(number, n):
        return
    count = min(range(n + 1), key=lambda k: abs(Fraction(100 * k, n) - number.exact))
    exact = Fraction(100 * count, n)
    verdict, why = _verdict(number, exact)
    yield Finding(
        CHECK,
        verdict,
        claim.id,
        f"no count of {n} prints as {claim.value} %; nearest {count}/{n} = {float(exact):.3f} %: {why}",
        (),
        claim.value,
        float(exact),
    )


def _verdict(number: Printed, exact: Fraction) -> tuple[str, str]:
    return (ROUNDING, "truncated, not rounded") if number.truncates(exact) else (INCOHERENT, "not this percentage")
