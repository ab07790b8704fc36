"""The same quantity printed twice, and one result printed for two different quantities."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from cartwright.analysis.audit.claims import COUNTED, RATIOS, Claim, Claims
from cartwright.analysis.audit.finding import INCOHERENT, SUSPICIOUS, Finding
from cartwright.analysis.audit.printed import Printed
from cartwright.analysis.audit.ratio import explain_by_oe

MANY_VALUED = frozenset({"schedule", "identifier", "dose"})  # a design lists several values under one name


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
    same_kind = a.statistic == b.statistic  # a count and a percentage share their count only
    found = [
        f"{name} {x.text} and {y.text}"
        for name in ("number", "low", "high")
        if same_kind and (x := getattr(a, name)) and (y := getattr(b, name)) and not x.agrees(y)
    ]
    for name in ("count", "total"):
        x, y = getattr(a, name), getattr(b, name)
        if x is not None and y is not None and x != y:
            found.append(f"{name} {x} and {y}")
    if (p := a.p) and (q := b.p) and not _p_agree(p, a.p_operator, q, b.p_operator):
        found.append(f"{a.p_text} and {b.p_text}")
    if a.statistic == b.statistic == "date" and a.value != b.value:
        found.append(f"{a.value} and {b.value}")
    return found


def _p_agree(p: Printed, p_operator: str, q: Printed, q_operator: str) -> bool:
    """One p can stand behind both prints; two bounds on the same side always allow one."""
    (low_p, high_p), (low_q, high_q) = _p_range(p, p_operator), _p_range(q, q_operator)
    if p_operator == q_operator == "=":
        return p.agrees(q)
    return low_p < high_q and low_q < high_p


def _p_range(p: Printed, operator: str) -> tuple[float, float]:
    return {"<": (0.0, p.high), ">": (p.low, 1.0)}.get(operator, (p.low, p.high))


def _name(claim: Claim) -> str:
    kind = "adjusted" if claim.is_adjusted else "unadjusted"
    return f"{claim.endpoint} {claim.variable} {claim.level} ({kind})"
