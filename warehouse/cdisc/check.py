"""What the data sets lack of the standard: variables, terms, names, labels. Told every night, and in the guide.

Nothing here stops a release: what a hospital cannot send is no reason to publish nothing, but it is told. A finding
names a data set, a variable and how many rows, never a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from cartwright.warehouse.cdisc.shape import Shaped, shape
from cartwright.warehouse.cdisc.standard import (
    LONGEST_LABEL,
    LONGEST_NAME,
    LONGEST_TEXT,
    Variable,
    code_lists,
    variables,
)
from cartwright.warehouse.counted import counted
from cartwright.warehouse.one_row import one_row
from cartwright.warehouse.quality.check_results import CheckResult, Outcome

KINDS = {
    "required_variable": "A Required variable is missing or empty: tools of reviewers refuse the data set.",
    "expected_variable": "An Expected variable is missing: a reviewer asks where it is.",
    "term_in_list": "A term out of its code list cannot be compared with those of other studies.",
    "fits_transport": "A name of over 8, a label of over 40 or a text of over 200 letters fits into no transport file.",
}
REMEDY = "Say it in sql/cdisc: the variable, its term, or why the feeds cannot have it (docs/cdisc.md)."
SHOWN = 5  # findings in a message


@dataclass(frozen=True)
class Lack:
    """`kind`: one of KINDS; `rows`: how many have it; `term`: what is out of its list, for pages of a release alone."""

    kind: str
    data_set: str
    variable: str
    what: str
    rows: int = 0
    term: str = ""

    def __str__(self) -> str:
        return f"{self.data_set}.{self.variable}: {self.what}"


def page() -> str:
    """What each check means and how to repair what it finds, as Markdown."""
    return "\n".join(f"- **cdisc.{kind}** (convention): {why} *Remedy*: {REMEDY}" for kind, why in KINDS.items())


def findings(con: duckdb.DuckDBPyConnection, shaped: Sequence[Shaped]) -> list[Lack]:
    """What is wrong with the data sets made on `con`, but for what the feeds cannot have (`absent_because`)."""
    return [finding for each in shaped for finding in (*_missing(con, each), *_terms(con, each), *_form(con, each))]


def core(data_set: str) -> list[Variable]:
    """The Required and Expected variables of a data set."""
    return [v for v in variables(data_set) if v.core in ("Req", "Exp")]


def lacking(data_set: str, columns: Sequence[str]) -> list[Variable]:
    """The Required and Expected variables that a table with these columns does not have."""
    return [v for v in core(data_set) if v.name.lower() not in columns]


def _missing(con: duckdb.DuckDBPyConnection, each: Shaped) -> Iterator[Lack]:
    here = {v.name: v for v in each.variables}
    for variable in core(each.about.name):
        kind = "required_variable" if variable.core == "Req" else "expected_variable"
        if variable.name not in here:
            yield Lack(kind, each.about.name, variable.name, "is missing")
    required = [v for v in each.variables if v.core == "Req" and v.column]
    counts = ", ".join(f'count(*) - count("{v.column}")' for v in required)
    # Of who is only screened an analysis knows what screening asked.
    rows = f"{each.table} WHERE trtsdt IS NOT NULL" if each.about.name == "ADSL" else each.table
    for variable, empty in zip(required, one_row(con.execute(f"SELECT {counts} FROM {rows}")), strict=True):
        if empty:
            yield Lack(
                "required_variable", each.about.name, variable.name, f"is empty in {counted(empty, 'row')}", empty
            )


def _terms(con: duckdb.DuckDBPyConnection, each: Shaped) -> Iterator[Lack]:
    for variable in each.variables:
        if not variable.codelist or not variable.column:
            continue
        terms = [
            t.decode or t.term if variable.name == "AEDECOD" else t.term for t in code_lists()[variable.codelist].terms
        ]
        rows = con.execute(
            f'SELECT "{variable.column}", count(*) FROM {each.table} WHERE "{variable.column}" IS NOT NULL '
            f'AND NOT list_contains($1, "{variable.column}") GROUP BY ALL ORDER BY ALL',
            [terms],
        ).fetchall()
        for term, count in rows:
            what = f"a term that is not in list {variable.codelist}, in {counted(count, 'row')}"
            yield Lack("term_in_list", each.about.name, variable.name, what, count, term)


def _form(con: duckdb.DuckDBPyConnection, each: Shaped) -> Iterator[Lack]:
    for variable in each.variables:
        if len(variable.name) > LONGEST_NAME or not variable.name.isidentifier():
            yield Lack("fits_transport", each.about.name, variable.name, "the name does not fit")
        if not 0 < len(variable.label) <= LONGEST_LABEL:
            yield Lack("fits_transport", each.about.name, variable.name, "the label does not fit")
    texts = [v for v in each.variables if v.column and v.type == "text"]
    longest = ", ".join(f'max(strlen("{v.column}"))' for v in texts)
    for variable, letters in zip(texts, one_row(con.execute(f"SELECT {longest} FROM {each.table}")), strict=True):
        if letters and letters > LONGEST_TEXT:
            yield Lack("fits_transport", each.about.name, variable.name, f"a text has {letters} letters")


def verdicts(con: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """The findings of a night as results of checks, one a kind. con: the file of a study, before it is released."""
    con.execute("ATTACH ':memory:' AS memory")
    try:
        shaped = shape(con)
        found = findings(con, shaped)
    except duckdb.Error as error:  # no reason to publish nothing; its words can quote data
        return [_verdict(kind, [], 0, "error", f"could not be made: {type(error).__name__}") for kind in KINDS]
    finally:
        con.execute("DETACH memory")
    checked = sum(len(each.variables) for each in shaped)
    return [_told(kind, [f for f in found if f.kind == kind], checked) for kind in KINDS]


def is_own(result: CheckResult) -> bool:
    """Whether a stored result is one of `verdicts`."""
    return result.check_id.removeprefix("cdisc.") in KINDS


def _told(kind: str, found: Sequence[Lack], checked: int) -> CheckResult:
    names = sorted({f"{f.data_set}.{f.variable}" for f in found})
    message = "; ".join(map(str, found[:SHOWN])) + (f"; and {len(found) - SHOWN} more" if found[SHOWN:] else "")
    return _verdict(kind, names, checked, "failed" if found else "passed", message)


def _verdict(kind: str, names: Sequence[str], checked: int, outcome: Outcome, message: str) -> CheckResult:
    return CheckResult(
        check_id=f"cdisc.{kind}",
        writer="warehouse",
        layer="exports",
        table_name="exports.cdisc",
        severity="convention",
        outcome=outcome,
        failing_count=len(names),
        checked_count=checked,
        message=message,
        why=KINDS[kind],
        remedy=REMEDY,
        endangers="CDISC data sets",
        failing_keys=names,
    )
