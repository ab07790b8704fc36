"""The map from claims to results: in which row of the results, or where in the study definition, each answer stands."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from cartwright.analysis.audit.claims import Claim, Claims

COLUMNS = (
    "claim_id",
    "source",
    "analysis_id",
    "group_level",
    "comparator",
    "variable",
    "variable_level",
    "statistic",
    "method",
    "combine",
    "definition",
    "scale",
    "calibration_stage",
    "note",
    "definition_value",
)
RESULT, DEFINITION, NOTHING = "result", "definition", "none"
SOURCES = (RESULT, DEFINITION, NOTHING)
LEAST = "least"
# Quantity of a map row -> what it answers: part of the claim -> (statistic of the ard, its column, factor).
QUANTITIES: dict[str, dict[str, tuple[str, str, int]]] = {
    **{name: {"value": (name, "value", 1)} for name in ("n", "unknown", "median")},
    "count": {"value": ("count", "value", 1), "numerator": ("count", "value", 1)},
    "proportion": {
        "value": ("proportion", "value", 100),
        "numerator": ("count", "value", 1),
        "denominator": ("proportion", "n", 1),
    },
    "quartiles": {"ci_low": ("q1", "value", 1), "ci_high": ("q3", "value", 1)},
    "range": {"ci_low": ("minimum", "value", 1), "ci_high": ("maximum", "value", 1)},
    **{
        name: {part: (name, part, 1) for part in ("value", "ci_low", "ci_high")}
        for name in ("median_survival_months", "median_followup_months")
    },
    **{
        name: {**{part: (name, part, 1) for part in ("value", "ci_low", "ci_high")}, "p_value": ("p", "value", 1)}
        for name in ("hr", "or")
    },
    "p": {"p_value": ("p", "value", 1)},
}
PARTS = ("value", "ci_low", "ci_high", "numerator", "denominator", "p_value")


class MapError(ValueError):
    """Rows of the map that cannot be used; the message names each with what is wrong."""


@dataclass(frozen=True)
class Link:
    """One row of the map; all cells are text."""

    claim_id: str
    source: str
    analysis_id: str
    group_level: str
    comparator: str
    variable: str
    variable_level: str
    statistic: str
    method: str
    combine: str
    definition: str
    scale: str
    calibration_stage: str
    note: str
    definition_value: str

    @property
    def address(self) -> tuple[str, str, str, str, str]:
        """Where the row stands in the results: analysis, group, comparator, variable, level."""
        return self.analysis_id, self.group_level, self.comparator, self.variable, self.variable_level

    @property
    def factor(self) -> float:
        return float(Fraction(self.scale or "1"))


def read_links(table: pd.DataFrame, claims: Claims) -> dict[str, Link]:
    """The map by claim id. Raises MapError unless each claim is mapped exactly once, to what answers its print."""
    texts = table.reindex(columns=list(COLUMNS)).fillna("").astype(str)
    rows = [Link(*row) for row in texts.itertuples(index=False, name=None)]
    known = {claim.id: claim for claim in claims}
    links = {row.claim_id: row for row in rows}
    problems = [f"{row.claim_id}: {what}" for row in rows for what in _problems(row, known.get(row.claim_id))]
    problems += [f"{name}: mapped twice" for name in texts["claim_id"][texts["claim_id"].duplicated()]]
    problems += [f"{name}: not mapped" for name in known if name not in links]
    if problems:
        raise MapError("claims map: " + "; ".join(problems))
    return links


def printed_parts(claim: Claim) -> dict[str, str]:
    """The cells of the claim that print fills, by name."""
    return {part: text for part in PARTS if (text := getattr(claim, part))}


def _problems(link: Link, claim: Claim | None) -> list[str]:
    if claim is None:
        return ["no such claim"]
    if link.source not in SOURCES:
        return [f"source {link.source!r} is none of {', '.join(SOURCES)}"]
    if link.source != RESULT:
        return [] if link.note or link.definition else ["neither a definition nor a note"]
    answered = QUANTITIES.get(link.statistic)
    if answered is None:
        return [f"statistic {link.statistic!r} is none of {', '.join(QUANTITIES)}"]
    missing = [part for part in printed_parts(claim) if part not in answered]
    return [f"statistic {link.statistic} does not answer the printed {', '.join(missing)}"] if missing else []
