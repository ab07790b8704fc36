"""Parts against the whole: groups of the cohort, exclusive levels of a variable, and the unknowns a footnote names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from cartwright.analysis.audit.claims import WHOLE_GROUP, Claim, Claims, population_size
from cartwright.analysis.audit.finding import INCOHERENT, NOT_COMPUTABLE, Finding

THRESHOLD = re.compile(r"[<>=]")
SEVERAL = re.compile(r"_(agent|drug)s?$")  # a patient may have more than one: the parts may add to more


def check_groups(claims: Claims) -> Iterator[Finding]:
    """What is counted in the whole and in each group that makes it up adds up, in counts and in denominators."""
    sizes = claims.cohort[1]
    if sizes:
        yield from _sum("group_sum", sizes[WHOLE_GROUP], [sizes[g] for g in claims.groups], lambda c: c.patients, "n")
    for (group, *subject), wholes in claims.counted.items():
        counted = [claims.counted.get((g, *subject), []) for g in claims.groups]
        if group != WHOLE_GROUP or not counted or not all(counted):
            continue
        parts = [of_group[0] for of_group in counted]
        yield from _sum("group_sum", wholes[0], parts, lambda c: c.patients, "patients")
        if wholes[0].total and all(part.total for part in parts):
            yield from _sum("group_sum", wholes[0], parts, lambda c: c.total or 0, "patients with a value")


def check_parts(claims: Claims) -> Iterator[Finding]:
    """No count exceeds the population it is counted in."""
    for claim in claims:
        size = population_size(claim.population)
        for number in {claim.count, claim.total}:
            if size is not None and number is not None and number > size:
                yield Finding(
                    "part",
                    INCOHERENT,
                    claim.id,
                    f"{number} in a population of {size} ({claim.population})",
                    (),
                    str(number),
                    float(size),
                )


def check_levels(claims: Claims) -> Iterator[Finding]:
    """Exclusive levels of a variable add to its patients; where one level is lost, what the others leave."""
    tables = _levels(claims)
    for (section, population, subject, group), levels in tables.items():
        members = list(levels.values())
        whole = claims.size(members[0]) if group else population_size(population)
        if len(members) < 2 or whole is None or len({c.total for c in members}) > 1:
            continue
        total = sum(c.patients for c in members)
        text = f"{' + '.join(f'{c.count} ({c.level})' for c in members)} = {total} of {whole}"
        lost = sorted(_levels_beside(claims, tables, section, subject, group) - set(levels))
        verdict = INCOHERENT
        if SEVERAL.search(subject):
            if whole <= total and max(c.patients for c in members) <= whole:
                continue
        elif total == whole:
            continue
        elif lost and total < whole:
            verdict = NOT_COMPUTABLE
            text += f"; no count for {', '.join(lost)}: the others leave {whole - total}"
        ids = tuple(c.id for c in members[1:])
        yield Finding("level_sum", verdict, members[0].id, text, ids, str(whole), float(total))


def check_unknowns(claims: Claims) -> Iterator[Finding]:
    """The unknowns a footnote counts are the patients that the denominators of its variable leave out."""
    sizes = claims.cohort[1]
    if not sizes:
        return
    whole = sizes[WHOLE_GROUP].patients
    short = {
        name: left
        for name, parts in _denominators(claims).items()
        if (left := whole - sum(c.total or 0 for c in parts))
    }
    for claim in claims:
        if claim.measure != "missing" or claim.count is None:
            continue
        variable = _named(claim.variable, short) or claim.variable
        parts = _denominators(claims).get(variable, [])
        left = short.get(variable, 0)
        if left != claim.count and parts:
            shown = " - ".join(str(c.total) for c in parts)
            yield Finding(
                "unknown",
                INCOHERENT,
                claim.id,
                f"{whole} - {shown} = {left} without {variable}, printed {claim.value}",
                tuple(c.id for c in parts),
                claim.value,
                float(left),
            )


def _sum(check: str, whole: Claim, parts: list[Claim], number: Callable[[Claim], int], what: str) -> Iterator[Finding]:
    total = sum(number(part) for part in parts)
    if total != number(whole):
        text = f"{' + '.join(f'{number(c)} ({c.group})' for c in parts)} = {total} {what}, printed {number(whole)}"
        yield Finding(check, INCOHERENT, whole.id, text, tuple(c.id for c in parts), str(number(whole)), float(total))


def _levels(claims: Claims) -> dict[tuple, dict[str, Claim]]:
    """(section, population, subject, group) -> level -> claim. Levels that are groups themselves share one table."""
    found: dict[tuple, dict[str, Claim]] = {}
    for claim in claims:
        if claim.count is None or not claim.level or THRESHOLD.search(claim.level) or claim.measure == "missing":
            continue
        group = "" if _names_its_group(claim) else claim.group
        key = claim.section, claim.population, claim.variable or claim.endpoint, group
        found.setdefault(key, {}).setdefault(claim.level, claim)
    return found


def _names_its_group(claim: Claim) -> bool:
    """The level is the group: `drug_based` of drug, `responder` of arm_responders."""
    return claim.level.startswith(claim.group) or claim.group.endswith((f"_{claim.level}", f"_{claim.level}s"))


def _levels_beside(
    claims: Claims, tables: dict[tuple, dict[str, Claim]], section: str, subject: str, group: str
) -> set[str]:
    """Levels that the same table prints for the other groups of the cohort."""
    if group not in claims.groups:
        return set()
    return {
        level
        for (where, _, what, other), levels in tables.items()
        for level in levels
        if (where, what) == (section, subject) and other in claims.groups and other != group
    }


def _denominators(claims: Claims) -> dict[str, list[Claim]]:
    """variable -> one claim a group, with its denominator (`total`)."""
    found: dict[str, dict[str, Claim]] = {}
    for claim in claims:
        if claim.total and claim.variable and claim.group in claims.groups and claim.statistic == "proportion":
            found.setdefault(claim.variable, {}).setdefault(claim.group, claim)
    return {name: list(parts.values()) for name, parts in found.items() if set(parts) == set(claims.groups)}


def _named(name: str, variables: Collection[str]) -> str | None:
    """The variable a footnote means: its name, an abbreviation of it, or at least its first word."""
    if name in variables:
        return name
    for wanted in (name, name.split("_")[0]):
        for variable in variables:
            letters = iter(variable)
            if variable[:1] == wanted[:1] and all(letter in letters for letter in wanted):
                return variable
    return None
