"""The p of two groups' counts under each test: which one gives the printed p, and whether the file keeps to one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from cartwright.analysis.audit.claims import Claim, Claims, population_size
from cartwright.analysis.audit.denominator import implied_denominators
from cartwright.analysis.audit.finding import INCOHERENT, NOT_COMPUTABLE, ROUNDING, SUSPICIOUS, Finding
from cartwright.analysis.audit.percentage import counts_behind
from cartwright.analysis.counted import counted
from cartwright.analysis.methods.compare import contingency_test
from cartwright.analysis.methods.compare.contingency import TESTS

CHECK = "p_from_counts"


@dataclass(frozen=True)
class Cell:
    """Count and size of one group at one level; several candidates when print leaves the denominator out."""

    claim: Claim
    candidates: tuple[tuple[int, int], ...]


Cells = list[list[Cell | None]]  # [level][group]; None where print has no count


def check_count_tests(claims: Claims) -> Iterator[Finding]:
    """None of the tests gives the printed p: incoherent. A cell missing from print: which counts would give it."""
    yield from (finding for claim, cells in compared(claims) for finding in _judge(claims, claim, cells))


def check_one_test(claims: Claims) -> Iterator[Finding]:
    """Printed p that only a test other than the file's usual one gives: tests were mixed."""
    fitting = {
        claim: found
        for claim, cells in compared(claims)
        if (whole := _complete(cells)) and len(whole) == 2 and (found := tests_that_fit(claim, whole))
    }
    if not fitting:
        return
    usual = Counter(test for found in fitting.values() for test in found).most_common(1)[0][0]
    odd = {claim: found for claim, found in fitting.items() if usual not in found}
    if odd:
        ids = [claim.id for claim in odd]
        shown = "; ".join(f"{claim.id} {claim.p_text} only {' or '.join(found)}" for claim, found in odd.items())
        yield Finding(
            "one_test",
            SUSPICIOUS,
            ids[0],
            f"{usual} gives {len(fitting) - len(odd)} of {counted(len(fitting), 'p value')} of two proportions, "
            f"not: {shown}",
            tuple(ids[1:]),
        )


def compared(claims: Claims) -> Iterator[tuple[Claim, Cells]]:
    """Each p of two groups with its cells, [level][group]; None where print has no count."""
    for claim in claims:
        if claim.statistic != "p" or claim.p is None or not claim.comparator or not any(claim.subject):
            continue
        levels = claim.level.split("|")
        cells = [[_cell(claims, claim, group, level) for group in (claim.group, claim.comparator)] for level in levels]
        if len(levels) == 2 and all(cells[0]):
            cells = cells[:1]  # the second level is the rest of the first
        if any(cell for row in cells for cell in row):
            yield claim, _as_two_by_two(cells)


def tests_that_fit(claim: Claim, cells: list[list[Cell]]) -> list[str]:
    return [test for test, values in _p_values(cells).items() if any(fits(claim, p) for p in values)]


def fits(claim: Claim, p: float | Fraction) -> bool:
    """p prints as claimed; `<` and `>` are held to the printed bound itself, reached by rounding at most."""
    said = claim.p
    if said is None or math.isnan(p):
        return False
    if claim.p_operator == "<":
        return p < said.high
    if claim.p_operator == ">":
        return p > said.low
    return said.rounds(p)


def _cell(claims: Claims, claim: Claim, group: str, level: str) -> Cell | None:
    same = [
        c
        for c in claims
        if (c.group, c.endpoint, c.variable, c.level) == (group, claim.endpoint, claim.variable, level)
        and c.statistic == "proportion"
    ]
    same.sort(key=lambda c: (c.section != claim.section, not c.denominator))
    for found in same:
        if found.total and found.count is not None and found.count <= found.total:
            return Cell(found, ((found.count, found.total),))
    for found in same:
        size = population_size(found.population)
        sizes = [size] if size else implied_denominators(claims, found.population)
        candidates = tuple((k, n) for n in sizes for k in counts_behind(found.number, n)) if found.number else ()
        if candidates:
            return Cell(found, candidates)
    return None


def _as_two_by_two(cells: Cells) -> Cells:
    """One level: add the row of the others, so that every table has a row a level."""
    if len(cells) > 1:
        return cells
    rest = [cell and Cell(cell.claim, tuple((n - k, n) for k, n in cell.candidates)) for cell in cells[0]]
    return [cells[0], rest]


def _complete(cells: Cells) -> list[list[Cell]] | None:
    """The cells where print has each of them."""
    rows = [[cell for cell in row if cell is not None] for row in cells]
    return rows if sum(map(len, rows)) == sum(map(len, cells)) else None


def _p_values(cells: list[list[Cell]]) -> dict[str, list[float]]:
    groups = list(zip(*cells, strict=True))  # candidates of a group move together over the levels
    choices = [range(len(group[0].candidates)) for group in groups]
    tables = [
        [[cell.candidates[i][0] for cell, i in zip(row, chosen, strict=True)] for row in cells]
        for chosen in product(*choices)
    ]
    return {test: [contingency_test(table, test).p for table in tables] for test in TESTS}


def _judge(claims: Claims, claim: Claim, cells: Cells) -> Iterator[Finding]:
    whole, said = _complete(cells), claim.p
    if whole is None:
        if len(cells) == 2 and sum(cell is None for row in cells for cell in row) == 2:
            yield from _missing_cell(claims, claim, cells)
        return
    ids = tuple(dict.fromkeys(cell.claim.id for row in whole for cell in row))
    values = _p_values(whole)
    if said is None or any(fits(claim, p) for found in values.values() for p in found):
        return
    shown = ", ".join(
        f"{test} {'/'.join(f'{p:.4f}' for p in found)}"
        for test, found in values.items()
        if not all(map(math.isnan, found))
    )
    counts = " v ".join("/".join(map(str, cell.candidates[0])) for cell in whole[0])
    truncated = any(
        claim.p_operator == "=" and said.truncates(p) for found in values.values() for p in found if not math.isnan(p)
    )
    twin = [
        c.id
        for c in claims
        if c.statistic == "p"
        and c.id != claim.id
        and c.p_operator == "="
        and (c.section, c.p_value) == (claim.section, claim.p_value)
    ]
    copied = f"; the same p is printed for {', '.join(twin)}" if twin else ""
    best = min((p for found in values.values() for p in found if not math.isnan(p)), key=lambda p: abs(p - said.value))
    yield Finding(
        CHECK,
        ROUNDING if truncated else INCOHERENT,
        claim.id,
        f"{counts}: {shown}; printed {claim.p_text}: " + ("truncated" if truncated else "no test gives it") + copied,
        ids,
        claim.p_text,
        best,
    )


def _missing_cell(claims: Claims, claim: Claim, cells: Cells) -> Iterator[Finding]:
    """One group's count is lost: try every count of that group, and hold it against what the other levels leave."""
    gap = next(j for j, cell in enumerate(cells[0]) if cell is None)
    group, known = (claim.group, claim.comparator)[gap], cells[0][1 - gap]
    siblings = {
        c.level: c
        for c in claims
        if (c.section, c.group, c.variable) == (claim.section, group, claim.variable)
        and c.variable
        and c.count is not None
        and c.total
    }
    totals = {c.total for c in siblings.values() if c.total}
    if len(totals) != 1 or known is None:
        return
    n, (k, m) = totals.pop(), known.candidates[0]
    solutions = {
        x: found
        for x in range(n + 1)
        if (found := [test for test in TESTS if fits(claim, contingency_test([[k, x], [m - k, n - x]], test).p)])
    }
    left = n - sum(c.patients for c in siblings.values())
    shown = ", ".join(f"{x}/{n} ({', '.join(found)})" for x, found in solutions.items()) or "no count"
    verdict = NOT_COMPUTABLE if left in solutions else INCOHERENT
    yield Finding(
        CHECK,
        verdict,
        claim.id,
        f"count of {group} missing; {claim.p_text} against {k}/{m} needs {shown}; the other levels leave {left}",
        (known.claim.id, *(c.id for c in siblings.values())),
        claim.p_text,
        float(left),
    )
