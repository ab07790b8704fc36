"""The forms of checks of what leaves: a key is unique, rows are due, values have limits, a condition holds nowhere."""

from __future__ import annotations

from typing import Any

from cartwright.expectations.check import Check, no_rows

SUBJECT = ("usubjid",)
PARAMETER = ("usubjid", "paramcd")
CUT = "(SELECT data_cut_date FROM meta.build)"
REPORT = "the report and every table of results"
RULE = "Trace a failing subject with `cartwright trace`; correct the model and add the case to its unit tests."


def unique(table: str, columns: tuple[str, ...], why: str) -> Check:
    """The columns identify a row of the table."""
    return Check(
        f"{table}.key_unique",
        table,
        "ExpectCompoundColumnsToBeUnique" if len(columns) > 1 else "ExpectColumnValuesToBeUnique",
        {"column_list": list(columns)} if len(columns) > 1 else {"column": columns[0]},
        severity="fatal",
        why=why,
        remedy="A join in the model multiplies rows: look at the failing keys in quality.failing_key.",
        endangers=REPORT,
        key=columns,
    )


def rows_due(table: str, name: str, what: str) -> Check:
    """The table is not empty."""
    return Check(
        f"{table}.{name}",
        table,
        "ExpectTableRowCountToBeBetween",
        {"min_value": 1},
        severity="fatal",
        why=f"{what}: an empty table would publish a study without patients.",
        remedy="Look for the first empty table upstream in the lineage; a feed or a join lost everything.",
        endangers=REPORT,
        due=True,
    )


def within(table: str, column: str, low: float | None, high: float | None, why: str, endangers: str) -> Check:
    """The column lies between two limits; without one it is open there."""
    return Check(
        f"{table}.{column}.within_limits",
        table,
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": low, "max_value": high},
        severity="fatal",
        why=why,
        remedy=RULE,
        endangers=endangers,
        key=SUBJECT,
    )


def rule(name: str, table: str, where: str, key: tuple[str, ...], why: str, **about: Any) -> Check:
    """No row of the table (alias t) fulfils the condition."""
    defaults = {"severity": "fatal", "remedy": RULE, "endangers": REPORT}
    return no_rows(f"{table}.{name}", table, where, key, **{**defaults, "why": why, **about})
