"""What changed since last night, written into a page that was made before the comparison could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cartwright.analysis.report.how import place_of
from cartwright.analysis.report.page import SINCE_LAST_NIGHT, SINCE_LIST, environment
from cartwright.analysis.report.table import Cell, Row, Table

SHOWN, SHOWN_RECORDS = 50, 3  # rows of a kind of change, and records of a row


class Told(NamedTuple):
    """A comparison as the page needs it. `changes`: by what a reader asks for, rows with who, item, kind, column, old,
    new and records; of results `who` is the analysis. `counted`: how many places of each moved."""

    old: str
    old_built_at: str
    records: Mapping[str, int]
    by_table: Mapping[str, Mapping[str, int]]
    counted: Mapping[str, int]
    changes: Mapping[str, Sequence[Mapping[str, Any]]]


def with_changes(page: bytes, told: Told | None, analyses: Mapping[str, str], first: Sequence[str] = ()) -> bytes:
    """The page with what changed. None: there was no release before.

    analyses: analysis_id -> its words. first: analyses whose numbers are named before others, as those of the answer.
    """
    template = environment().get_template("since.html.j2").module
    results = [] if told is None else sorted(told.changes.get("results", ()), key=lambda c: c["who"] not in first)
    lead = [_moved(change, analyses) for change in results if change["who"] in first and _leads(change)]
    brief = template.brief(told, lead[:SHOWN_RECORDS])  # type: ignore[attr-defined]
    tables = [] if told is None else [*_records(told), *_tables({**told.changes, "results": results}, analyses)]
    listed = template.listed(tables)  # type: ignore[attr-defined]
    for mark, words in ((SINCE_LAST_NIGHT, brief), (SINCE_LIST, listed)):
        page = page.replace(mark.encode(), str(words).encode(), 1)
    return page


def _leads(change: Mapping[str, Any]) -> bool:
    """Whether it is what a sentence of the answer turns on: a ratio or a difference."""
    return change["column"] == "value" and str(change["item"]).split(" ")[0] in ("hr", "difference")


def _moved(change: Mapping[str, Any], analyses: Mapping[str, str]) -> dict[str, str]:
    what = analyses.get(change["who"], change["who"])
    return {"place": place_of(change["who"]), "what": what, "old": _value(change["old"]), "new": _value(change["new"])}


def _records(told: Told) -> list[Table]:
    names = ("records", "loaded", "rejected", "duplicates")
    rows = [Row(table, [Cell(f"{more[name]:,}") for name in names]) for table, more in told.by_table.items()]
    columns = [Cell(name) for name in ("Table", "Delivered", "Loaded", "Rejected", "Exact duplicates")]
    return [Table("Records that arrived", columns, rows)] if rows else []


def _tables(changes: Mapping[str, Sequence[Mapping[str, Any]]], analyses: Mapping[str, str]) -> list[Table]:
    tables = []
    for asked, found in changes.items():
        if not found:
            continue
        is_result = asked == "results"
        rows = [
            Row(
                analyses.get(change["who"], change["who"]) if is_result else change["who"],
                [
                    Cell(_words(change["item"])),
                    Cell(_words(change["column"])),
                    Cell(_value(change["old"])),
                    Cell(_value(change["new"])),
                    Cell(_first(change["records"])),
                ],
                source=change["who"] if is_result and change["who"] in analyses else "",
            )
            for change in found[:SHOWN]
        ]
        title = asked[:1].upper() + asked[1:]
        title += f" ({SHOWN} of {len(found):,}; `cartwright changes --csv` gives all)" if len(found) > SHOWN else ""
        heads = ("Analysis" if is_result else "Patient", "What", "Of it", "Was", "Is", "Records")
        tables.append(Table(title, [Cell(head) for head in heads], rows))
    return tables


def _words(name: str | None) -> str:
    """A name of ours as words: no line below."""
    return (name or "").replace("_", " ")


def _value(text: str | None) -> str:
    """A value as it is stored, a number to four figures; none is a dash."""
    if text is None:
        return "—"
    try:
        return text if text.lstrip("-").isdigit() else f"{float(text):.4g}"
    except ValueError:
        return text


def _first(records: Sequence[str]) -> str:
    shown = " ".join(records[:SHOWN_RECORDS])
    return shown if len(records) <= SHOWN_RECORDS else f"{shown} and {len(records) - SHOWN_RECORDS} more"
