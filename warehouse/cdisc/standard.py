"""What the exported data sets are to hold: the tables of sql/cdisc that people keep, read once.

datasets.csv: the data sets. variables.csv: their variables with label, type, core, origin, code list and method, or
why the feeds cannot have one (`absent_because`); those of BDS stand for every ADaM data set of that class.
codelists.csv and terms.csv: the code lists, and the term of each for a code of ours.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "sql" / "cdisc"
LONGEST_NAME, LONGEST_LABEL, LONGEST_TEXT = 8, 40, 200  # of a transport file of SAS, version 5
BDS = "BASIC DATA STRUCTURE"


@dataclass(frozen=True)
class DataSet:
    """A data set. `source`: the published table that it is made of."""

    name: str
    source: str
    standard: str
    kind: str  # the class of the standard
    label: str
    structure: str


@dataclass(frozen=True)
class Variable:
    """A variable.

    `core`: Req, Exp, Perm, Cond (ADaM); `type`: text, integer, float, datetime (ISO 8601), date (a number); `column`:
    the column of the shaped data set that holds it, empty for one that the feeds cannot have.
    """

    name: str
    label: str
    type: str
    core: str
    origin: str
    codelist: str = ""
    method: str = ""
    key_no: int | None = None
    absent_because: str = ""
    column: str = ""


@dataclass(frozen=True)
class Term:
    """`code`: as it stands in our tables; `term`: as it stands in the data set."""

    code: str
    term: str
    decode: str
    category: str


@dataclass(frozen=True)
class CodeList:
    """`nci_code`: of the list in CDISC's terminology; empty for a list of our own."""

    name: str
    label: str
    nci_code: str
    is_extensible: bool
    terms: tuple[Term, ...]


@cache
def data_sets() -> dict[str, DataSet]:
    """Every data set by its name, in the order of a submission."""
    return {
        row["dataset"]: DataSet(
            row["dataset"], row["source"], row["standard"], row["class"], row["label"], row["structure"]
        )
        for row in _rows("datasets.csv")
    }


@cache
def variables(data_set: str) -> tuple[Variable, ...]:
    """The variables of a data set, in order."""
    wanted = "BDS" if data_sets()[data_set].kind == BDS else data_set
    return tuple(
        Variable(
            row["variable"],
            row["label"],
            row["type"],
            row["core"],
            row["origin"],
            row["codelist"],
            row["method"],
            int(row["key_no"]) if row["key_no"] else None,
            row["absent_because"],
            "" if row["absent_because"] else row["variable"].lower(),
        )
        for row in _rows("variables.csv")
        if row["dataset"] == wanted
    )


@cache
def code_lists() -> dict[str, CodeList]:
    """The code lists by name."""
    terms: dict[str, list[Term]] = {}
    for row in _rows("terms.csv"):
        terms.setdefault(row["codelist"], []).append(Term(row["code"], row["term"], row["decode"], row["category"]))
    return {
        row["codelist"]: CodeList(
            row["codelist"], row["name"], row["nci_code"], row["is_extensible"] == "Y", tuple(terms[row["codelist"]])
        )
        for row in _rows("codelists.csv")
    }


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
