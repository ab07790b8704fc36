"""What one check is: one SQL query of the failing rows, with severity, reason and repair. Nothing runs here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cartwright.warehouse.quality.check_results import Severity


@dataclass(frozen=True)
class Check:
    """One promise about one table.

    `failing_rows` is the whole of it: a query whose rows are the keys of the rows that break the promise, with
    `{batch}` for the table and braces of its own doubled, as Great Expectations reads it. No row, no fault; verdict,
    count and keys are read off the same result. Keys identify a row and are stored; no other value is selected.
    `is_due` says that an empty table breaks this promise, and is no reason to skip it.
    """

    check_id: str
    table: str  # schema.table
    failing_rows: str
    severity: Severity
    why: str
    remedy: str
    endangers: str
    is_due: bool = False

    @property
    def layer(self) -> str:
        return self.table.partition(".")[0]

    @property
    def sql(self) -> str:
        """The query on the table itself."""
        return self.failing_rows.format(batch=self.table)


def no_row(check_id: str, table: str, key: Sequence[str], fails: str, **about: Any) -> Check:
    """A check that no row of `table` (in the condition: t) satisfies the condition `fails`; `key` names a row.

    GX gives {batch} an alias of its own in some queries, hence the level between.
    """
    condition = fails.replace("{", "{{").replace("}", "}}")
    query = f"select {', '.join(f't.{name}' for name in key)} from (select * from {{batch}}) as t where {condition}"
    return Check(check_id, table, query, **about)


def not_empty(check_id: str, table: str, **about: Any) -> Check:
    """A check that the table has a row; what fails is the table, and its name is the key."""
    query = f"select '{table}' as table_name where not exists (select 1 from {{batch}})"
    return Check(check_id, table, query, is_due=True, **about)
