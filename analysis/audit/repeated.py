"""The same quantity printed twice, and one result printed for two different quantities."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from analysis.audit.claims import COUNTED, RATIOS, Claim, Claims
from analysis.audit.finding import INCOHERENT, SUSPICIOUS, Finding
from analysis.audit.ratio import explain_by_oe

MANY_VALUED = frozenset({"schedule", "identifier", "dose"})  # a design lists several values under one name
FIELDS = ("number", "low", "high", "count", "total", "p")


def check_printed_twice(claims: Claims) -> Iterator[Finding]:
    """Claims with the same keys: every field that both print must allow one value behind both prints.

    Each disagreement is reported once, on the later claim, against the first one that disagrees.
    """
    same: dict[tuple, list[Claim]] = {}
    for claim in claims:
        if claim.statistic not in MANY_VALUED:
            same.setdefault(_key(claim), []).append(claim)
    for members in same.values():
        for i, claim in enumerate(members):
            for earlier in members[:i]:
                if differing := _differences(earlier, claim):
                    note = explain_by_oe(claims, earlier) or explain_by_oe(claims, claim)
                    yield Finding(
                        "printed_twice",
                        INCOHERENT,
                        claim.id,
                        f"{'; '.join(differing)} in {earlier.section} and {claim.section}{note}",
                        (earlier.id,),
                        claim.value or claim.p_text,
                    )
                    break


def check_repeated_cells(claims: Claims) -> Iterator[Finding]:
    """One ratio with both limits, in one table, for two variables or two endpoints of the same kind of model."""
    cells: dict[tuple, list[Claim]] = {}
    for claim in claims:
        if claim.statistic in RATIOS and claim.low and claim.high:
            cells.setdefault((claim.section, claim.population, claim.value, claim.ci_low, claim.ci_high), []).append(
                claim
            )
    for members in cells.values():
        for first, second in combinations(members, 2):
            if _key(first) != _key(second):
                yield Finding(
                    "repeated_cell",
                    SUSPICIOUS,
                    second.id,
                    f"{second.interval_text} {second.p_text} stands for "
                    f"{_name(first)} and for {_name(second)} in {second.section}",
                    (first.id,),
                    second.interval_text,
                )


def _key(claim: Claim) -> tuple:
    counted = "counted" if claim.statistic in COUNTED else claim.statistic
    compared = tuple(sorted((claim.group, claim.comparator))) if claim.statistic == "p" else (claim.group,)
    return (
        claim.population,
        compared,
        *claim.subject,
        counted,
        claim.is_adjusted,
        claim.unit if counted != "counted" else "",
    )


def _differences(a: Claim, b: Claim) -> list[str]:
    found = []
    for name in FIELDS:
        x, y = getattr(a, name), getattr(b, name)
        if name == "number" and a.statistic != b.statistic:  # a count and a percentage
            continue
        if x is None or y is None:
            continue
        if name in ("count", "total"):
            if x != y:
                found.append(f"{name} {x} and {y}")
        elif name == "p" and a.p_operator != b.p_operator:
            bounded, equal = (a, b) if b.p_operator == "=" else (b, a)
            if {a.p_operator, b.p_operator} == {"<", ">"} or not (
                equal.p.low < bounded.p.high if bounded.p_operator == "<" else equal.p.high > bounded.p.low
            ):
                found.append(f"{a.p_text} and {b.p_text}")
        elif name == "p" and a.p_operator in "<>":
            continue
        elif not x.agrees(y):
            found.append(f"{name} {x.text} and {y.text}")
    if a.statistic == b.statistic == "date" and a.value != b.value:
        found.append(f"{a.value} and {b.value}")
    return found


def _name(claim: Claim) -> str:
    kind = "adjusted" if claim.is_adjusted else "unadjusted"
    return f"{claim.endpoint} {claim.variable} {claim.level} ({kind})"
