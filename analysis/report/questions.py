"""The annex of the questions to the sources: how many of each kind are open since when, and what each night changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cartwright.analysis.report.table import Cell, Row, Table

FEEDS = {"lis": "laboratory", "ris": "imaging", "ehr": "treatment"}
_STATES = ("open_count", "answered_count", "gone_count")


def tables(by_source: Iterable[Mapping[str, Any]], by_night: Iterable[Mapping[str, Any]]) -> list[Table]:
    """by_source: mappings with query_kind, feed_code, open_count, answered_count, gone_count, open_since (a day);
    by_night: with night, new_count, gone_count, asked_count. Nothing where nothing was ever asked."""
    counted, nights = list(by_source), list(by_night)
    if not counted:
        return []
    rows = [
        Row(
            f"{str(row['query_kind']).replace('_', ' ').capitalize()}, {FEEDS.get(row['feed_code'], row['feed_code'])}",
            [*(_count(row[name]) for name in _STATES), Cell(row["open_since"] or "—")],
        )
        for row in counted
    ]
    total = [_count(sum(int(row[name]) for row in counted)) for name in _STATES]
    oldest = min((row["open_since"] for row in counted if row["open_since"]), default="—")
    columns = ["Question, source", "Open", "Answered", "Gone", "Open since"]
    found = [
        Table(
            "Questions to the sources by kind and system",
            [Cell(column) for column in columns],
            [*rows, Row("All", [*total, Cell(oldest)])],
            ["Answered: by the source, of the record as it is. Gone: the last night had no reason to ask."],
        )
    ]
    if nights:
        heads = ["Night (state of knowledge, UTC)", "New", "Gone", "Asked"]
        lines = [
            Row(night["night"], [_count(night[name]) for name in ("new_count", "gone_count", "asked_count")])
            for night in nights
        ]
        found.append(Table("Nights on which the questions changed", [Cell(head) for head in heads], lines))
    return found


def _count(number: Any) -> Cell:
    return Cell(f"{int(number):,}")
