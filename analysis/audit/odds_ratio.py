"""The 2 x 2 table behind a printed odds ratio: exposed and responders are counted elsewhere, one cell is free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cartwright.analysis.audit.claims import Claim, Claims, population_size
from cartwright.analysis.audit.finding import INCOHERENT, Finding
from cartwright.analysis.audit.printed import Printed
from cartwright.analysis.methods.compare import odds_ratio

Table = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Tables:
    """[[exposed with, without], [others with, without]] that print as the claim does; `margins` say from whom."""

    claim: Claim
    margins: tuple[Claim, Claim]
    solutions: tuple[Table, ...]


def odds_ratio_tables(claims: Claims) -> Iterator[Tables]:
    """Every table with the printed margins whose odds ratio and Woolf limits print as claimed."""
    for claim in claims:
        n = population_size(claim.population)
        low, value, high = claim.low, claim.number, claim.high
        if claim.statistic != "or" or claim.is_adjusted or n is None or not (value and low and high):
            continue
        exposed = _count(claims, claim, ("", claim.variable, claim.level))
        outcome = _count(claims, claim, (claim.endpoint, "", ""))
        if exposed and outcome and exposed.total == outcome.total == n:
            tables = tuple(_tables((value, low, high), exposed.patients, outcome.patients, n))
            yield Tables(claim, (exposed, outcome), tables)


def check_odds_ratios(claims: Claims) -> Iterator[Finding]:
    """No table with the printed margins gives the printed odds ratio and limits."""
    for found in odds_ratio_tables(claims):
        if not found.solutions:
            exposed, outcome = found.margins
            text = (
                f"no 2 x 2 table with {exposed.count}/{exposed.total} exposed and {outcome.count}/{outcome.total} "
                f"responding gives {found.claim.interval_text}"
            )
            yield Finding(
                "odds_ratio", INCOHERENT, found.claim.id, text, (exposed.id, outcome.id), found.claim.interval_text
            )


def _count(claims: Claims, claim: Claim, subject: tuple[str, str, str]) -> Claim | None:
    same = [c for c in claims.counted.get((claim.group, *subject), []) if c.total and c.population == claim.population]
    return same[0] if same else None


def _tables(printed: tuple[Printed, Printed, Printed], exposed: int, outcome: int, n: int) -> Iterator[Table]:
    """printed: the ratio and its limits."""
    for both in range(max(exposed + outcome - n, 0), min(exposed, outcome) + 1):
        table = (both, exposed - both), (outcome - both, n - exposed - outcome + both)
        if min(min(row) for row in table) == 0:
            continue
        found = odds_ratio(table)
        if all(p.rounds(x) for p, x in zip(printed, (found.value, found.ci_low, found.ci_high), strict=True)):
            yield table
