"""Denominators that print leaves out or changes: the one a bare percentage implies, the base a count is set against."""

from __future__ import annotations

from collections.abc import Iterator

from cartwright.analysis.audit.claims import EVENT_FREE, WHOLE_GROUP, Claim, Claims, population_size
from cartwright.analysis.audit.finding import NOT_COMPUTABLE, SUSPICIOUS, Finding
from cartwright.analysis.audit.percentage import counts_behind

NESTED = frozenset({EVENT_FREE["pfs"]})  # an ongoing response is counted among responders by its definition


def check_implied_denominators(claims: Claims) -> Iterator[Finding]:
    """Bare percentages of one population without a size: the denominators up to the cohort's that fit all of them."""
    for population, members in bare_percentages(claims).items():
        fitting = implied_denominators(claims, population)
        shown = ", ".join(f"{claim.value} %" for claim in members)
        text = (
            f"{shown} without denominator: only {' or '.join(map(str, fitting)) or 'none'} of 1 to {_most(claims)} fit"
        )
        yield Finding(
            "implied_denominator",
            NOT_COMPUTABLE,
            members[0].id,
            text,
            tuple(c.id for c in members[1:]),
            shown,
            float(fitting[0]) if fitting else float("nan"),
        )


def bare_percentages(claims: Claims) -> dict[str, list[Claim]]:
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        if (
            claim.statistic == "proportion"
            and claim.number is not None
            and not claim.denominator
            and population_size(claim.population) is None
        ):
            found.setdefault(claim.population, []).append(claim)
    return found


def implied_denominators(claims: Claims, population: str) -> list[int]:
    """Sizes of the population that give each of its bare percentages from a whole count."""
    numbers = [number for claim in bare_percentages(claims).get(population, []) if (number := claim.number)]
    return [n for n in range(1, _most(claims) + 1) if all(counts_behind(number, n) for number in numbers)]


def check_base(claims: Claims) -> Iterator[Finding]:
    """The count of the whole cohort, as a percentage of a part of it: all counted would have to be in it."""
    population, sizes = claims.cohort
    whole = {
        (c.endpoint, c.variable): c
        for c in claims
        if c.group == WHOLE_GROUP
        and c.population == population
        and c.count is not None
        and (c.endpoint or c.variable)
        and c.statistic in ("n", "count")
    }
    for claim in claims:
        other = whole.get((claim.endpoint, claim.variable))
        if other is None or claim.group != WHOLE_GROUP or claim.statistic != "proportion" or not claim.total:
            continue
        n = sizes[WHOLE_GROUP].patients
        if (
            claim.total < n
            and claim.count == other.count
            and claim.endpoint not in NESTED
            and claim.measure not in claim.population
        ):
            count = other.patients
            text = (
                f"{count}/{claim.total} = {100 * count / claim.total:.2f} % is a share of {claim.population}; "
                f"the same {count} are counted in all {n}: {count}/{n} = {100 * count / n:.2f} %"
            )
            yield Finding(
                "base",
                SUSPICIOUS,
                claim.id,
                text,
                (other.id, sizes[WHOLE_GROUP].id),
                claim.value,
                100 * count / n,
            )


def _most(claims: Claims) -> int:
    """A comparator drawn from the cohort cannot be larger than it."""
    sizes = claims.cohort[1]
    if sizes:
        return sizes[WHOLE_GROUP].patients
    return max((population_size(claim.population) or 0 for claim in claims), default=0)
