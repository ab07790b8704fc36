"""What one check is: a rule in Great Expectations terms, with severity, reason and repair. Nothing runs here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["fatal", "convention", "characterisation"]


@dataclass(frozen=True)
class Check:
    """One expectation about one table.

    `expectation` is the class name in great_expectations.expectations and `arguments` its keyword arguments.
    `key` names the columns that identify a failing row; their values, never others, are stored.
    `due` says that an empty table is a failure of this check, not a reason to skip it.
    """

    check_id: str
    table: str  # schema.table
    expectation: str
    arguments: dict[str, Any] = field(hash=False)
    severity: Severity
    why: str
    remedy: str
    endangers: str
    key: tuple[str, ...] = ()
    due: bool = False

    @property
    def layer(self) -> str:
        return self.table.partition(".")[0]


def no_rows(check_id: str, table: str, where: str, key: tuple[str, ...], **about: Any) -> Check:
    """A check that no row of `table` (alias t) satisfies the SQL condition `where`.

    GX puts a subquery with an alias of its own for {batch}, hence the extra level.
    """
    condition = where.replace("{", "{{").replace("}", "}}")  # GX formats the query
    query = f"SELECT {', '.join(key)} FROM (SELECT * FROM {{batch}}) AS t WHERE {condition}"
    return Check(check_id, table, "UnexpectedRowsExpectation", {"unexpected_rows_query": query}, key=key, **about)
