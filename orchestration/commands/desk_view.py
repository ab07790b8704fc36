"""What `cartwright queries` prints and writes. Changes nothing in the house."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cartwright.orchestration.commands.printing import console, print_rows
from cartwright.warehouse.counted import counted
from cartwright.warehouse.desk.listed import MARK, Query, export, listed
from cartwright.warehouse.settings import Settings

SHOWN = 20


def show_queries(settings: Settings, state: str | None, kind: str | None, source: str | None, csv: Path | None) -> None:
    """Counts by kind, system and state, and the first questions; or all of them into a file."""
    found = listed(settings, state, kind, source)
    if csv is not None:
        export(found, csv)
        console.print(f"{counted(len(found), 'question')} written to {csv}", markup=False, soft_wrap=True)
        return
    counts = Counter((query.query_kind, query.feed_code, query.query_state) for query in found)
    oldest = {group: min(query.first_seen for query in found if _group(query) == group) for group in counts}
    print_rows(
        ["kind", "source", "state", "questions", "oldest since"],
        [(*group, counts[group], oldest[group]) for group in counts],
    )
    for query in found[:SHOWN]:
        console.print(f"\n{_heading(query)}\n  {query.query_text}", markup=False, soft_wrap=True)
        if query.answer_code:
            said = ": ".join(filter(None, (query.answer_code.replace("_", " "), query.answer_text)))
            console.print(f"  answered by {query.answered_by}: {said}", markup=False, soft_wrap=True)
    more = f", the first {SHOWN} shown; --csv FILE writes all" if len(found) > SHOWN else ""
    console.print(f"\n{counted(len(found), 'question')}{more}")


def _group(query: Query) -> tuple[str, str, str]:
    return query.query_kind, query.feed_code, query.query_state


def _heading(query: Query) -> str:
    """Id, state, whose, and where the source finds it."""
    line = f"{query.file_name}:{query.source_line}" if query.source_line else query.file_name
    number = f"number {query.record_no}" if query.record_no else None
    code = f"code {query.value_code}" if query.value_code else None
    unit = f"unit {query.unit_text}" if query.unit_text else None
    since = f"since {query.first_seen}" if query.query_state != "gone" else f"{query.first_seen} to {query.last_seen}"
    parts = (MARK + query.query_id, query.query_state, since, query.usubjid, line, number, code, unit)
    return "  ".join(filter(None, parts))
