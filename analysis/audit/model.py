"""Tables of models: the declared entry rule against what entered, and cells that print left out."""

from __future__ import annotations

from collections.abc import Iterator

from cartwright.analysis.audit.claims import RATIOS, Claim, Claims
from cartwright.analysis.audit.finding import NOT_COMPUTABLE, SUSPICIOUS, Finding

ENTRY = "model_entry"


def check_entry_rule(claims: Claims) -> Iterator[Finding]:
    """A variable below the entry p that stays out of the adjusted model, or one above it that is in.

    Suspicious, not incoherent: a method may add clinical judgement. A p whose printed digits reach both sides decides
    nothing; a table without any adjusted result for the endpoint has no model to enter.
    """
    rule = next((c for c in claims if c.measure == ENTRY and c.number), None)
    number = rule.number if rule else None
    if rule is None or number is None:
        return
    for single, adjusted in _pairs(claims):
        bound, p = number.value, single.p
        if p is None or single.p_operator == ">":
            continue
        is_below, is_above = p.high <= bound, p.low >= bound and single.p_operator == "="
        if (is_below and adjusted is None) or (is_above and adjusted is not None):
            text = (
                f"{single.endpoint} {single.variable} {single.level}: univariable {single.p_text}, "
                f"rule p < {rule.value}, " + ("not in the model" if adjusted is None else "in the model")
            )
            others = (rule.id,) if adjusted is None else (rule.id, adjusted.id)
            yield Finding("entry_rule", SUSPICIOUS, single.id, text, others, single.p_text, p.value)


def check_missing_cells(claims: Claims) -> Iterator[Finding]:
    """A row of a model table without its univariable result for an endpoint that other rows have."""
    tables: dict[str, dict[tuple[str, str], dict[str, Claim]]] = {}
    for claim in claims:
        if claim.statistic in RATIOS and "univariable" in claim.test:
            tables.setdefault(claim.section, {}).setdefault((claim.variable, claim.level), {})[claim.endpoint] = claim
    for section, rows in tables.items():
        endpoints = sorted({endpoint for row in rows.values() for endpoint in row})
        for (variable, level), row in rows.items():
            for endpoint in (e for e in endpoints if e not in row):
                first = next(iter(row.values()))
                yield Finding(
                    "missing_cell",
                    NOT_COMPUTABLE,
                    first.id,
                    f"{section}: {variable} {level} has a univariable result for {', '.join(row)}, none for {endpoint}",
                )


def check_missing_p(claims: Claims) -> Iterator[Finding]:
    """A row that compares two groups without a p, in a table whose rows have one."""
    tables: dict[str, list[Claim]] = {}
    for claim in claims:
        tables.setdefault(claim.section, []).append(claim)
    for section, members in tables.items():
        tested = {
            (c.variable, level)
            for c in members
            if c.statistic == "p" and c.comparator and c.variable
            for level in c.level.split("|")
        }
        if len(tested) < 2:
            continue
        for (variable, level), row in _rows(claims, members).items():
            if (variable, level) not in tested and {c.group for c in row} == set(claims.groups):
                text = f"{section}: {variable} {level or row[0].statistic} is printed for each group without p"
                yield Finding("missing_p", NOT_COMPUTABLE, row[0].id, text, tuple(c.id for c in row[1:]))


def _rows(claims: Claims, members: list[Claim]) -> dict[tuple[str, str], list[Claim]]:
    rows: dict[tuple[str, str], list[Claim]] = {}
    for claim in members:
        if claim.group in claims.groups and claim.variable and claim.statistic in ("proportion", "median"):
            rows.setdefault((claim.variable, claim.level), []).append(claim)
    return rows


def _pairs(claims: Claims) -> Iterator[tuple[Claim, Claim | None]]:
    """Each univariable cell of a table with the adjusted cell of its row, where the table has such a model."""
    adjusted = {
        (c.section, c.endpoint, c.variable, c.level): c for c in claims if c.statistic in RATIOS and c.is_adjusted
    }
    models = {(section, endpoint) for section, endpoint, *_ in adjusted}
    for claim in claims:
        if claim.statistic in RATIOS and "univariable" in claim.test and (claim.section, claim.endpoint) in models:
            yield claim, adjusted.get((claim.section, *claim.subject))
