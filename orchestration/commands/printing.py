"""What the command line prints: rejected records, findings, releases and their differences. Changes nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from cartwright.orchestration.commands.shell.wrapped import wrapped
from cartwright.warehouse import connect
from cartwright.warehouse.counted import counted
from cartwright.warehouse.one_row import one_value

if TYPE_CHECKING:
    import duckdb

    from cartwright.warehouse.settings import Settings
    from cartwright.warehouse.study.place import StudyPlace

SHOWN_ROWS = 200
SHOWN_FAULTS = 20
SHOWN_RECORDS = 6  # of one change
_REJECTED = (
    "SELECT r.table_name, l.file_name, coalesce(CAST(r.source_line AS VARCHAR), r.record_id) AS line_or_record, "
    "r.column_name, r.reason_code, r.value_class, r.remedy "
    "FROM quality.rejected_record AS r LEFT JOIN quality.delivery_ledger AS l USING (delivery_id) "
)
_REJECTED_BY_REASON = (
    "SELECT r.table_name, l.file_name, r.column_name, r.reason_code, r.value_class, count(*) AS records, "
    "coalesce(CAST(min(r.source_line) AS VARCHAR), min(r.record_id)) AS first_one, r.remedy "
    "FROM quality.rejected_record AS r LEFT JOIN quality.delivery_ledger AS l USING (delivery_id) "
    "GROUP BY ALL ORDER BY ALL"
)
_BY_PLACE = "ORDER BY r.table_name, l.file_name, r.source_line, r.record_id, r.column_name"


def _is_fitted() -> bool:
    return sys.stdout.isatty() or "COLUMNS" in os.environ


# A terminal folds; a file or a pipe, which is read by programs and searched by lines, gets each row on one.
console = Console(highlight=False, width=None if _is_fitted() else 1000)


def show(cursor: duckdb.DuckDBPyConnection) -> None:
    """Print a result as a table, at most SHOWN_ROWS rows of it."""
    if not cursor.description:
        return
    rows = cursor.fetchmany(SHOWN_ROWS + 1)
    print_rows([name for name, *_ in cursor.description], rows[:SHOWN_ROWS])
    if len(rows) > SHOWN_ROWS:
        console.print(f"... only the first {SHOWN_ROWS} rows are shown; add LIMIT, or aggregate")


def print_rows(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Print rows under their column names; record by record where a terminal is too narrow for their ids and codes.

    A terminal is spared columns in which no row says anything; a pipe gets them all.
    """
    texts = [["" if value is None else str(value) for value in row] for row in rows]
    kept = [i for i in range(len(names)) if not rows or not _is_fitted() or any(row[i] for row in texts)]
    for line in wrapped([names[i] for i in kept], [[row[i] for i in kept] for row in texts], console.width):
        console.print(line, markup=False, soft_wrap=True)


def show_rejected(place: StudyPlace, table: str | None, limit: int) -> None:
    """Rejected records of the current release, without their content. Raises UnknownName for no feed table."""
    from cartwright.warehouse.intake.contracts import load_contracts
    from cartwright.warehouse.not_found import UnknownName

    if table and table not in load_contracts():
        raise UnknownName(f"no feed table {table}; docs/feeds.md lists them, e.g. lis_lab_result")
    with connect.open_release(place.current_db) as con:
        con.execute(f"{_REJECTED} WHERE $1 IS NULL OR r.table_name = $1 {_BY_PLACE} LIMIT $2", [table, limit])
        show(con)
        total = one_value(
            con.execute("SELECT count(*) FROM quality.rejected_record WHERE $1 IS NULL OR table_name = $1", [table])
        )
    console.print(f"{counted(total, 'reason')} in all; the text of the records is in the restricted quarantine")


def show_findings(
    settings: Settings, place: StudyPlace, kind: str | None, table: str | None, release_id: str | None
) -> None:
    """The list of what was not understood in a release. Raises UnknownName for a kind or feed table that is none."""
    from cartwright.warehouse.intake.contracts import load_contracts
    from cartwright.warehouse.not_found import UnknownName
    from cartwright.warehouse.quality.not_understood import KINDS, listed
    from cartwright.warehouse.release.published import meant

    if kind and kind not in KINDS:
        raise UnknownName(f"no kind {kind}; there are {', '.join(KINDS)}")
    if table and table not in load_contracts():
        raise UnknownName(f"no feed table {table}; docs/feeds.md lists them, e.g. lis_lab_result")
    path = connect.release_folder(place, release_id) / "release.duckdb" if release_id else place.current_db
    with connect.open_release(path) as con:
        found = listed(con, kind, table)
    first = found[:SHOWN_ROWS]
    whats = meant(settings, [f.what for f in first])
    rows = [
        (f.kind_code, what, f.record_count, f.subject_count, (f.touches or "").replace("+", ", "), f.remedy)
        for f, what in zip(first, whats, strict=True)
    ]
    print_rows(["kind", "what", "records", "subjects", "can touch", "remedy"], rows)
    console.print(
        f"{counted(len(found), 'finding')}, {len(rows)} shown; "
        "quality.finding_count has all, facts.finding their records"
    )


def show_releases(places: Sequence[StudyPlace]) -> None:
    """All releases study by study, oldest first."""
    from cartwright.warehouse.release.releases import list_releases
    from cartwright.warehouse.upkeep.retention import names

    rows: list[tuple[object, ...]] = []
    for place in places:
        named = names(place)
        for r in list_releases(place):
            own = ", ".join(named.get(r.release_id, []))
            moments = (moment[:16].replace("T", " ") for moment in (r.built_at, r.as_of))
            rows.append((place.study_id, "*" if r.is_current else "", r.release_id, *moments, own))
    if rows:
        print_rows(["study", "current", "release", "built at (UTC)", "as of (UTC)", "named"], rows)
        for place in places:
            console.print(f"{place.study_id}: folders of {place.releases}", markup=False, soft_wrap=True)
    else:
        console.print(f"no release of {', '.join(place.study_id for place in places)}: run a refresh first")


def show_diff(place: StudyPlace, old: str, new: str, about: str | None, as_csv: bool) -> None:
    """Changes between two releases, old value beside new. Raises UnknownName for an unknown kind of change."""
    import csv
    import sys

    from cartwright.warehouse.not_found import UnknownName
    from cartwright.warehouse.release.diff import COMPARED, diff, left_out

    kinds = [compared.about for compared in COMPARED]
    if about is not None and about not in kinds:
        raise UnknownName(f"no kind of change {about}; there are {', '.join(kinds)}")
    changes = [change for change in diff(place, old, new) if about in (None, change.about)]
    names = ["about", "who", "item", "change", "column", "old", "new", "records"]
    rows = [(c.about, c.who, c.item, c.kind, c.column, c.old, c.new, " ".join(c.records)) for c in changes]
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
        return
    print_rows(
        names, [(*row[:-1], _first_records(c.records)) for row, c in zip(rows[:SHOWN_ROWS], changes, strict=False)]
    )
    by_kind = {kind: sum(change.about == kind for change in changes) for kind in kinds}
    listed = ", ".join(f"{kind} {count}" for kind, count in by_kind.items() if count)
    console.print(counted(len(changes), "change") + (f": {listed}" if listed else ""))
    if len(rows) > SHOWN_ROWS:
        console.print(f"only the first {SHOWN_ROWS} are shown; --csv gives all, --about one kind")
    if not_compared := left_out(place, old, new):
        console.print(f"not compared: {', '.join(not_compared)}", markup=False)
    if about is None:
        _show_changed_findings(place, old, new)


def show_changes(place: StudyPlace, release_id: str | None, asked: str | None, as_csv: bool) -> None:
    """What the current release has otherwise than the one before. Raises UnknownName for an unknown kind of change."""
    import csv
    import sys

    from cartwright.warehouse.not_found import UnknownName
    from cartwright.warehouse.release.since import ASKED, OTHERS, NoneBefore, before, since, totals

    kinds = (*ASKED, OTHERS)
    if asked is not None and asked not in kinds:
        raise UnknownName(f"no kind of change {asked}; there are {', '.join(kinds)}")
    names = ["what", "about", "who", "item", "change", "column", "old", "new", "records"]
    try:
        found = since(*before(place, release_id))
    except NoneBefore as first:  # the morning after the first night: nobody made a mistake
        console.print(",".join(names) if as_csv else str(first), highlight=False)
        return
    shown = {kind: changes for kind, changes in found.changes.items() if asked in (None, kind)}
    rows = [
        (kind, c.about, c.who, c.item, c.kind, c.column, c.old, c.new, c.records)
        for kind, changes in shown.items()
        for c in changes
    ]
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows((*row[:-1], " ".join(row[-1])) for row in rows)
        return
    console.print(f"from release {found.old} of {found.old_built_at[:16]} UTC to {found.new}", highlight=False)
    console.print(", ".join(f"{count:,} {name}" for name, count in totals(found).items()) + " more than before")
    console.print(", ".join(f"{count:,} {kind}" for kind, count in found.counted().items()) or "nothing changed")
    for kind, changes in shown.items():
        if changes:
            console.print(f"\n{kind}" + (f", the first {SHOWN_ROWS}" if len(changes) > SHOWN_ROWS else ""))
            of_kind = [row for row in rows if row[0] == kind][:SHOWN_ROWS]
            print_rows(names[2:], [(*row[2:-1], _first_records(row[-1])) for row in of_kind])
    if any(len(changes) > SHOWN_ROWS for changes in shown.values()):
        console.print("--csv gives all, --about one kind")


def _first_records(records: Sequence[str]) -> str:
    shown = " ".join(records[:SHOWN_RECORDS])
    return shown if len(records) <= SHOWN_RECORDS else f"{shown} and {len(records) - SHOWN_RECORDS} more (--csv)"


def _show_changed_findings(place: StudyPlace, old: str, new: str) -> None:
    from cartwright.warehouse.quality.not_understood import changed

    appeared, gone = changed(place, old, new)
    for words, found in (("new findings", appeared), ("findings gone", gone)):
        console.print(f"{len(found)} {words}" + (f", the first {SHOWN_ROWS}" if len(found) > SHOWN_ROWS else ""))
        print_rows(["kind", "what", "records"], [(f.kind_code, f.what, f.record_count) for f in found[:SHOWN_ROWS]])


def show_feeds(settings: Settings) -> bool:
    """Read every feed into a scratch file and say what a night would take. True when nothing was wrong."""
    import tempfile

    from cartwright.warehouse.hospital.definition import load_hospital
    from cartwright.warehouse.intake.contracts import load_contracts
    from cartwright.warehouse.intake.feed_table import ingest_table
    from cartwright.warehouse.intake.landing import strange_entries

    settings.restricted.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.restricted) as scratch:
        trial = settings.model_copy(update={"build_db": Path(scratch) / "trial.duckdb"})
        with connect.open_build(trial) as con:
            reports = [ingest_table(con, contract, trial) for contract in load_contracts().values()]
            faults = con.execute(_REJECTED_BY_REASON).fetchall()
            names = [name for name, *_ in con.description]
    print_rows(
        ["table", "deliveries", "records", "loaded", "rejected", "duplicates"],
        [(r.table, r.deliveries, r.delivered, r.loaded, r.rejected, r.duplicates) for r in reports],
    )
    if faults:
        print_rows(names, faults[:SHOWN_FAULTS])
    if len(faults) > SHOWN_FAULTS:
        console.print(f"... and {len(faults) - SHOWN_FAULTS} more; a night lists them all: `cartwright rejected`")
    problems = [f"{report.table}: {problem}" for report in reports for problem in report.problems]
    strange = strange_entries(settings.feeds, load_hospital(settings.hospital).contracts().values())
    problems += [f"{entry.path}: not read, {entry.why}; a night calls it {entry.shown}" for entry in strange]
    hidden = {shown: name for report in reports for shown, name in report.hidden.items()}
    for problem in problems:
        console.print(f"- {problem}", markup=False, soft_wrap=True)
    for shown, name in hidden.items():
        console.print(f"{shown} stands for {name}", markup=False, soft_wrap=True)
    return not problems
