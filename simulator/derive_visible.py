"""Records as they count: the version in force, linked to the patient, once each, with partial dates completed.

Written from the protocol and the clinical rules alone, as an oracle for the warehouse's models: plain Python, one
patient at a time, no thought of speed.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Any

from cartwright.simulator.days import day
from cartwright.simulator.dirt import Delivered
from cartwright.simulator.tables import TABLES

Rows = list[dict[str, Any]]


def visible(delivered: Delivered) -> dict[str, Rows]:
    """Rows in force by table.

    Rule 15 (record versions): file feeds - the highest version that is not preliminary, cancelled removes; EHR - the
    last state, withdrawn or deleted removes; rule 21 - a thing entered twice is one. Rows whose local number is in
    nobody's index, and rows that break the contract, do not count.
    """
    rows: dict[str, Rows] = {name: [] for name in TABLES}
    state: dict[tuple[str, str], dict[str, Any] | None] = {}
    for change in sorted(delivered.changes, key=lambda c: c.minute):
        state[(change.table, change.key)] = change.row
    for (table, _), row in state.items():
        if row is not None and row["row_status"] == "active":
            rows[table].append(row)
    linked = {(row["system_code"], row["local_patient_no"]) for row in rows["patient_link"]}
    best: dict[tuple[str, str], dict[str, Any]] = {}
    for item in delivered.sent:
        spec, row = TABLES[item.table], item.row
        if spec.patient is None or (spec.feed, row[spec.patient]) not in linked:
            continue
        if not item.readable or row[spec.status] == "preliminary":
            continue
        key = (item.table, row[spec.key])
        if key not in best or best[key]["version_no"] < row["version_no"]:
            best[key] = row
    for (table, _), row in best.items():
        if row[TABLES[table].status] != "cancelled":
            rows[table].append(row)
    return _united({table: _filled(table, found) for table, found in rows.items()})


def _filled(table: str, rows: Rows) -> Rows:
    """Every column of the table in every row, in the order of the numbers."""
    spec = TABLES[table]
    return [{**dict.fromkeys(spec.columns), **row} for row in sorted(rows, key=lambda r: str(r[spec.key]))]


# What makes a thing that other records name one thing, and who names it by which column.
_THINGS = {
    "pathology": ("histology_code", "specimen_site", "collected_at"),
    "cart_order": ("product_code", "ordered_date"),
    "therapy_line": ("intent_code", "what", "start_date"),
    "death": ("death_date",),
}
_NAMED_BY = {
    "pathology": (("ihc", "report_no"), ("fish", "report_no"), ("ngs", "report_no")),
    "cart_order": (("cart_infusion", "order_id"), ("cart_manufacture", "order_id")),
    "therapy_line": (("drug_administration", "line_id"),),
    "death": (),
}


def _united(rows: dict[str, Rows]) -> dict[str, Rows]:
    """Rule 21: a thing entered twice and well known is one, and has what names either number; events stay as many."""
    drugs: dict[str, set[str]] = {}
    for dose in rows["drug_administration"]:
        if dose["administration_status"] == "given" and dose["line_id"]:
            drugs.setdefault(dose["line_id"], set()).add(dose["drug_code"])
    for table, names in _THINGS.items():
        key, instead = TABLES[table].key, {}
        kept: dict[Any, dict[str, Any]] = {}
        for row in rows[table]:
            told = {**row, "what": row.get("regimen_name") or "+".join(sorted(drugs.get(row[key], ())))}
            same = tuple(told[name] for name in names)
            known = all(same) and (table != "therapy_line" or len(row["start_date"]) == 10)
            instead[row[key]] = kept.setdefault(same if known else row[key], row)[key]
        rows[table] = list(kept.values())
        for child, column in _NAMED_BY[table]:
            for row in rows[child]:
                row[column] = instead.get(row[column], row[column])
    return rows


def exact(text: str | None) -> int | None:
    """A complete date or timestamp as a day; None for a partial or missing one."""
    return day(text[:10]) if text and len(text) >= 10 else None


def dated(text: str) -> int:
    """The day of what always has a full date: samples, reports, infusions. Raises ValueError for a partial one."""
    return day(text[:10])


def first(text: str) -> int:
    """Missing day or month -> the first one (starts; rule 9)."""
    return day((text[:10] + "-01-01")[:10])


def last(text: str) -> int:
    """Missing day or month -> the last one (progression; rule 9)."""
    year, month = int(text[:4]), int(text[5:7]) if len(text) >= 7 else 12
    return day(text[:10]) if len(text) >= 10 else date(year, month, monthrange(year, month)[1]).toordinal()


def nearest(rows: list[tuple[int, Any]], target: int, low: int, high: int) -> Any:
    """Value dated nearest to `target` within [low, high]; tie: the earlier day; same day: the last in order."""
    best: tuple[int, int] | None = None
    value = None
    for when, item in rows:
        if low <= when <= high:
            rank = (abs(when - target), when)
            if best is None or rank <= best:
                best, value = rank, item
    return value
