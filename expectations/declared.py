"""The checks that stand beside the models, one file a table (sql/checks/<schema>/<table>.yml), bound to a study.

A file names the `key` of a row of its table and lists its `checks`: what `fails` is a SQL condition of a row `t`, or
what the table `is` due to be (unique, not_empty). `for` asks a check once for each of what the study declares
(applies.py), whose words stand in the condition as `:word` and in texts and names as `{word}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cartwright.expectations.applies import Each, each
from cartwright.expectations.check import Check, no_row, not_empty
from cartwright.expectations.conditions import literal, repeated
from cartwright.warehouse.quality.check_results import Severity
from cartwright.warehouse.study.definition import Study

FOLDER = Path(__file__).parents[1] / "sql" / "checks"
REPORT = "the report and every table of results"
CONDITION = "Trace a failing subject with `cartwright trace`; correct the model and add the case to its unit tests."
REMEDIES = {
    "unique": "A join in the model multiplies rows: look at the failing keys in quality.failing_key.",
    "not_empty": "Look for the first empty table upstream in the lineage; a feed or a join lost everything.",
}
_WORD = re.compile(r":(\w+)")


class Declared(BaseModel):
    """One check as its file has it; what it does not say of key, endangers and remedy its table says for all."""

    model_config = ConfigDict(extra="forbid")
    why: str
    fails: str | None = None
    is_: Literal["unique", "not_empty"] | None = Field(None, alias="is")
    columns: list[str] | None = None  # unique: these instead of the key
    for_: Each | None = Field(None, alias="for")
    endangers: str | None = None
    remedy: str | None = None
    severity: Severity = "fatal"

    @model_validator(mode="after")
    def _one_condition(self) -> Declared:
        if (self.fails is None) == (self.is_ is None):
            raise ValueError("a check has one condition: `fails` or `is`")
        return self


class DeclaredTable(BaseModel):
    """The checks of one table."""

    model_config = ConfigDict(extra="forbid")
    key: list[str]
    for_: Each | None = Field(None, alias="for")
    endangers: str = REPORT
    remedy: str | None = None
    checks: dict[str, Declared]


@cache
def tables() -> dict[str, DeclaredTable]:
    """The files by schema.table."""
    return {
        f"{path.parent.name}.{path.stem}": DeclaredTable.model_validate(yaml.safe_load(path.read_text("utf-8")))
        for path in sorted(FOLDER.glob("*/*.yml"))
    }


def checks(study: Study | None, *schemas: str) -> list[Check]:
    """The checks of the tables of these schemas; without a study those of which none is asked."""
    return [
        check
        for table, file in tables().items()
        if table.partition(".")[0] in schemas
        for name, declared in file.checks.items()
        for words in each(declared.for_ or file.for_, study)
        for check in _bound(table, file, name, declared, words)
    ]


def _bound(table: str, file: DeclaredTable, name: str, declared: Declared, words: Mapping[str, str]) -> Iterator[Check]:
    check_id = f"{table}.{name.format(**words).lower()}"
    remedy = declared.remedy or file.remedy or REMEDIES.get(declared.is_ or "", CONDITION)
    endangers = declared.endangers or file.endangers
    about = {
        "severity": declared.severity,
        **{k: v.format(**words) for k, v in (("why", declared.why), ("remedy", remedy), ("endangers", endangers))},
    }
    if declared.is_ == "not_empty":
        yield not_empty(check_id, table, **about)
    elif declared.is_ == "unique":
        yield no_row(check_id, table, file.key, repeated(table, declared.columns or file.key), **about)
    elif declared.fails:
        yield no_row(check_id, table, file.key, _bind(declared.fails, words), **about)


def _bind(condition: str, words: Mapping[str, str]) -> str:
    return _WORD.sub(lambda found: literal(words[found[1]]), condition.strip())
