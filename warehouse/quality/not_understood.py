"""The list of what was not understood, cannot be right or was rejected: quality.finding_count of a release, in order.

What a hospital maps next stands first: codes and units, then what touches the most outputs and has the most records.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import duckdb

from cartwright.warehouse.connect import release_folder
from cartwright.warehouse.counted import counted
from cartwright.warehouse.one_row import one_value
from cartwright.warehouse.store_tables import quoted
from cartwright.warehouse.study.place import StudyPlace

KINDS = (
    "unknown_code",
    "unknown_unit",
    "unreadable_value",
    "implausible",
    "rejected",
    "missing_link",
    "partial_date",
    "missing_value",
    "conflict",
    "repeated",
    "clinical",
)


@dataclass(frozen=True)
class Finding:
    """One row of the list. `value_code` and `unit_text` are codes and units, never a patient's value."""

    kind_code: str | None
    finding_code: str
    table_name: str | None
    column_name: str | None
    value_code: str | None
    unit_text: str | None
    record_count: int
    subject_count: int
    touches: str | None
    remedy: str | None

    @property
    def what(self) -> str:
        """Where it stands and what was sent there: lis_lab_result.unit_text: LDH, nkat/L."""
        place = ".".join(part for part in (self.table_name, self.column_name) if part)
        sent = ", ".join(part for part in (self.value_code, self.unit_text) if part)
        named = self.finding_code if self.finding_code != self.kind_code else ""
        return " ".join(part for part in (named, place + (":" if sent else ""), sent) if part)

    @property
    def key(self) -> tuple[str | None, ...]:
        """What makes it the same finding in another release."""
        return self.finding_code, self.table_name, self.column_name, self.value_code, self.unit_text


def listed(
    con: duckdb.DuckDBPyConnection, kind: str | None = None, table: str | None = None, database: str = ""
) -> list[Finding]:
    """The findings of an open release or build file in order, all or those of one kind or feed table.

    `database`: name of an attached database to read instead. A release without the list has no findings.
    """
    where = f"{database}.quality.finding_count" if database else "quality.finding_count"
    has_list = one_value(
        con.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'quality' AND table_name = 'finding_count' "
            "AND database_name = coalesce(nullif(?, ''), current_database())",
            [database],
        )
    )
    if not has_list:
        return []
    names = ", ".join(field.name for field in fields(Finding))
    rows = con.execute(
        f"SELECT {names} FROM {where} WHERE ($1 IS NULL OR kind_code = $1) AND ($2 IS NULL OR table_name = $2) "
        "ORDER BY coalesce(list_position($3, kind_code), 0), touched_count DESC, record_count DESC, "
        "finding_code, table_name, column_name, value_code, unit_text",
        [kind, table, list(KINDS)],
    ).fetchall()
    return [Finding(*row) for row in rows]


def in_words(con: duckdb.DuckDBPyConnection, shown: int) -> list[str]:
    """One line a kind: how many findings and records, the first few by name, and how many more."""
    by_kind: dict[str, list[Finding]] = {}
    for finding in listed(con):
        by_kind.setdefault((finding.kind_code or finding.finding_code).replace("_", " "), []).append(finding)
    lines = []
    for kind, found in by_kind.items():
        named = [f"{finding.what} ({finding.record_count:,})" for finding in found[:shown]]
        if len(found) > shown:
            named.append(f"and {len(found) - shown:,} more")
        lines.append(f"{kind}: {counted(sum(finding.record_count for finding in found), 'record')}: {'; '.join(named)}")
    return lines


def changed(place: StudyPlace, old: str, new: str) -> tuple[list[Finding], list[Finding]]:
    """Findings that only release `new` has, and those that only `old` has. Raises UnknownName."""
    found = []
    with duckdb.connect(":memory:") as con:
        for alias, release_id in (("before", old), ("after", new)):
            path = release_folder(place, release_id) / "release.duckdb"
            con.execute(f"ATTACH {quoted(str(path))} AS {alias} (READ_ONLY)")
            found.append(listed(con, database=alias))
    before, after = found
    known, held = ({finding.key for finding in part} for part in (before, after))
    return [f for f in after if f.key not in known], [f for f in before if f.key not in held]
