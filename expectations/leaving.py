"""What must hold of what leaves: checks of the tables that analysts and statistics read, from what a study declares."""

from __future__ import annotations

from collections.abc import Iterator

from cartwright.expectations import declared
from cartwright.expectations.check import Check, no_row, not_empty
from cartwright.expectations.conditions import outside
from cartwright.warehouse.study.catalogue_checks import OLDEST_YEARS
from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.fact_catalogue import facts
from cartwright.warehouse.study.needed_feeds import needed_feeds
from cartwright.warehouse.study.subject import Pick, Score

ADSL = "adam.adsl"


def checks(study: Study) -> list[Check]:
    """All checks of what leaves; none asks for what the study does not have."""
    return [*_feeds(study), *declared.checks(study, "eligibility", "adam"), *_values(study)]


def results_checks(study: Study) -> list[Check]:
    """Checks of the statistics, run after they are computed."""
    return declared.checks(study, "results")


def _feeds(study: Study) -> Iterator[Check]:
    """The feed tables that the facts of the study are told from."""
    for name in sorted(needed_feeds(study)):
        yield not_empty(
            f"raw.{name}.rows_needed",
            f"raw.{name}",
            severity="fatal",
            why=f"The facts of this study are told from {name}: an empty table would publish a study without patients.",
            remedy=declared.REMEDIES["not_empty"],
            endangers=declared.REPORT,
        )


def _values(study: Study) -> Iterator[Check]:
    for column, label, low, high in column_limits(study):
        yield no_row(
            f"{ADSL}.{column}.within_limits",
            ADSL,
            ("usubjid",),
            outside(column, low, high),
            severity="fatal",
            why=f"{label}: outside these limits a unit, an exponent or a join is wrong.",
            remedy=declared.CONDITION,
            endangers="Table 1 and the models",
        )


def column_limits(study: Study) -> Iterator[tuple[str, str, float | None, float | None]]:
    """Columns of numbers of adam.adsl that have a limit: name, words, least and greatest value.

    What the catalogue says that a fact can be (a fact of the study's own says nothing), what a score can reach, how
    old a patient can be.
    """
    low: float | None
    high: float | None
    for item in study.protocol.items:
        column = item.item if item.column is True else item.column
        if isinstance(item, Score):
            low, high = 0, sum(point.points for point in item.points)
        elif isinstance(item, Pick) and item.fact in facts():
            low, high = facts()[item.fact].low, facts()[item.fact].high
        elif item.kind == "age":
            low, high = 0, OLDEST_YEARS
        else:
            continue
        if column and (low, high) != (None, None):
            yield column, item.label, low, high
