"""Checks of screening and of the subject table: who is in the study, in which group, and what is known of each."""

from __future__ import annotations

from cartwright.expectations.check import Check
from cartwright.expectations.rule import CUT, SUBJECT, rows_due, rule, unique, within
from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.fact_catalogue import facts
from cartwright.warehouse.study.needed_feeds import needed_feeds
from cartwright.warehouse.study.subject import Pick, Score

RESULT, SCREENING, FUNNEL, GROUP, ITEM, ANCHOR, ADSL = (
    *(f"eligibility.{name}" for name in ("criterion_result", "screening", "funnel", "study_group", "item", "anchor")),
    "adam.adsl",
)
OLDEST_YEARS = 120


def checks(study: Study) -> list[Check]:
    """In the order of the layers: named days, items, criteria, groups, the subject table."""
    return [*_feeds(study), *_days(), *_criteria(study), *_groups(study), *_subjects(), *_values(study)]


def _feeds(study: Study) -> list[Check]:
    return [
        rows_due(f"raw.{table}", "rows_needed", f"The facts of this study are told from {table}")
        for table in sorted(needed_feeds(study))
    ]


def _days() -> list[Check]:
    return [
        rule(
            "in_order",
            ANCHOR,
            "EXISTS (SELECT 1 FROM study.anchor AS d JOIN eligibility.anchor AS b ON b.usubjid = t.usubjid"
            " AND b.anchor = coalesce(d.from_anchor, d.after_anchor) WHERE d.name = t.anchor"
            " AND coalesce(d.from_day, 0) >= 0 AND (t.anchor_date < b.anchor_date"
            " OR (t.anchor_date = b.anchor_date AND d.after_anchor IS NOT NULL)))",
            ("usubjid", "anchor"),
            "A named day that the study counts from another one does not lie before it.",
            endangers="eligibility and every survival time",
        ),
        unique(ITEM, ("usubjid", "item"), "An item has one value a subject; a second one multiplies the subject."),
    ]


def _criteria(study: Study) -> list[Check]:
    return [
        unique(RESULT, ("usubjid", "criterion_id"), "Each criterion is decided once for each screened patient."),
        rule(
            "status_known",
            RESULT,
            "t.status IS NULL OR t.status NOT IN ('met', 'not_met', 'unknown')",
            ("usubjid", "criterion_id"),
            "A status that is none of the three would count as met.",
        ),
        rule(
            "every_criterion_decided",
            SCREENING,
            "(SELECT count(*) FROM eligibility.criterion_result AS r WHERE r.usubjid = t.usubjid)"
            " <> (SELECT count(DISTINCT c.criterion_id) FROM study.criterion AS c)",
            SUBJECT,
            "Included means that every criterion was looked at and met.",
        ),
        rows_due(SCREENING, "rows_due", f"Everyone with a day of {study.protocol.screening.label} is screened"),
        unique(SCREENING, SUBJECT, "A patient is screened once."),
        rule(
            "reason_iff_excluded",
            SCREENING,
            "t.is_included IS NULL OR t.is_included = (t.primary_criterion_id IS NOT NULL)",
            SUBJECT,
            "Every exclusion has its primary reason, and nobody included has one.",
        ),
        rule(
            "included_met_all",
            SCREENING,
            "t.is_included AND EXISTS (SELECT 1 FROM eligibility.criterion_result AS r"
            " WHERE r.usubjid = t.usubjid AND r.status <> 'met')",
            SUBJECT,
            "A patient with an unmet or unknown criterion is not part of the study.",
        ),
        rule(
            "included_within_limits",
            ITEM,
            "t.is_applicable AND EXISTS (SELECT 1 FROM study.criterion AS c"
            " JOIN eligibility.screening AS s ON s.usubjid = t.usubjid AND s.is_included WHERE c.item = t.item"
            " AND (t.value_num < c.min_num OR t.value_num > c.max_num"
            " OR t.value_date < c.min_date OR t.value_date > c.max_date))",
            ("usubjid", "item"),
            "What the protocol asks of an included patient is looked at once more, past the criteria.",
        ),
        rule(
            "adds_up",
            FUNNEL,
            "t.excluded_count < 0 OR t.remaining_count <> (SELECT count(*) FROM eligibility.screening)"
            " - (SELECT sum(f.excluded_count) FROM eligibility.funnel AS f WHERE f.seq <= t.seq)",
            ("seq",),
            "Screened minus excluded must be what remains, at every step.",
        ),
        rule(
            "ends_at_included",
            FUNNEL,
            "t.seq = (SELECT max(f.seq) FROM eligibility.funnel AS f) AND t.remaining_count <>"
            " (SELECT count(*) FROM eligibility.screening AS s WHERE s.is_included)",
            ("seq",),
            "The diagram must end at the number of patients analysed.",
        ),
    ]


def _groups(study: Study) -> list[Check]:
    labels = ", ".join(f"'{code}'" for code in study.protocol.groups.labels)
    compared = f"g.group_code IN ({labels})" if labels else "g.group_code IS NOT NULL"
    return [
        unique(GROUP, SUBJECT, "A patient belongs to one group."),
        rule(
            "included_has_group",
            SCREENING,
            "t.is_included AND NOT EXISTS (SELECT 1 FROM eligibility.study_group AS g WHERE g.usubjid = t.usubjid"
            f" AND {compared} AND g.time_zero_date IS NOT NULL)",
            SUBJECT,
            "Without a group and a time zero an included patient falls out of every comparison unseen.",
        ),
        rule(
            "time_zero_by_cut",
            GROUP,
            f"t.time_zero_date > {CUT}",
            SUBJECT,
            "Nothing dated after the data cut counts.",
        ),
    ]


def _subjects() -> list[Check]:
    return [
        rows_due(ADSL, "rows_due", "One row per screened patient"),
        unique(ADSL, SUBJECT, "ADSL has one row per subject; a second one counts the patient twice everywhere."),
        rule(
            "flag_agrees",
            ADSL,
            "t.inclfl IS NULL OR t.inclfl NOT IN ('Y', 'N') OR (t.inclfl = 'Y') IS DISTINCT FROM"
            " (SELECT s.is_included FROM eligibility.screening AS s WHERE s.usubjid = t.usubjid)",
            SUBJECT,
            "The analysis population is the one that eligibility decided.",
        ),
        rule(
            "everyone_screened",
            SCREENING,
            "t.usubjid NOT IN (SELECT a.usubjid FROM adam.adsl AS a)",
            SUBJECT,
            "ADSL holds all screened patients, so that exclusions can be counted from it.",
        ),
    ]


def _values(study: Study) -> list[Check]:
    """Columns of numbers: what the catalogue says that a fact can be, and what a score can reach."""
    found = []
    low: float | None
    high: float | None
    for item in study.protocol.items:
        column = item.item if item.column is True else item.column
        if not column:
            continue
        if isinstance(item, Score):
            low, high = 0, sum(point.points for point in item.points)
        elif isinstance(item, Pick):
            low, high = _bounds(item.fact)
        elif item.kind == "age":
            low, high = 0, OLDEST_YEARS
        else:
            continue
        if (low, high) != (None, None):
            why = f"{item.label}: outside these limits a unit, an exponent or a join is wrong."
            found.append(within(ADSL, column, low, high, why, "Table 1 and the models"))
    return found


def _bounds(fact: str) -> tuple[float | None, float | None]:
    known = facts().get(fact)  # a fact of the study's own has none
    return (known.low, known.high) if known else (None, None)
