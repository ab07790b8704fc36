"""What `cartwright trace` prints: who stands behind a number, and the raw records that decided an item."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

from cartwright.orchestration.commands.printing import SHOWN_ROWS, console, print_rows
from cartwright.warehouse.not_found import NoRelease, UnknownName

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from cartwright.warehouse.intake.contracts import Contract
    from cartwright.warehouse.release.cell import Cell, Member
    from cartwright.warehouse.release.trail import Evidence, Trail
    from cartwright.warehouse.settings import Settings
    from cartwright.warehouse.study.place import StudyPlace

_MEMBER = (
    "usubjid",
    "group_level",
    "variable",
    "variable_level",
    "is_used",
    "has_level",
    "is_event",
    "weight",
    "reason",
)
_EVIDENCE = ("usubjid", "table_name", "item", "role", "record_id", "part", "table", "source", "note")


def show_trace(
    settings: Settings,
    place: StudyPlace,
    what: str,
    usubjid: str | None,
    item: str | None,
    group: str | None,
    variable: str | None,
    level: str | None,
    with_records: bool,
    as_csv: bool,
) -> None:
    """Trace an analysis, a cell of it, or the rows of a patient in a table; see the command.

    Raises UnknownName for what does not exist or does not go together, NoRelease before the first night.
    """
    from cartwright.warehouse.release.cell import Cell
    from cartwright.warehouse.release.trace import analysis_of, opened

    if not place.current_db.exists():
        raise NoRelease(f"no release at {place.current_db}: run a refresh first")
    needs_records = usubjid is not None or with_records
    if needs_records and not settings.build_db.exists():
        raise NoRelease(f"no build file at {settings.build_db}: run a refresh first")
    with opened(place.current_db.resolve(), settings.build_db if needs_records else None) as con:
        if analysis_id := analysis_of(con, what):
            if item is not None and variable not in (None, item):
                raise UnknownName("name the variable once: behind the patient, or with --variable")
            cell = Cell(analysis_id, group, variable or item, level, usubjid)
            _show_analysis(con, settings, cell, with_records, as_csv)
            return
        if group or variable or level:
            raise UnknownName(
                "--group, --variable and --level belong to an analysis; a table takes a patient and an item"
            )
        if usubjid is None:
            raise UnknownName(
                f"{what} is no analysis or output; of a table name a patient, too (study.analysis lists analyses)"
            )
        _show_item(con, settings, what, usubjid, item, as_csv)


def _contracts(settings: Settings) -> Mapping[str, Contract]:
    """The contracts as the hospital fills them: its maps, where it has some, say in what folder its files lie."""
    from cartwright.warehouse.hospital.map_check import FHIR_FILE, REDCAP_FILE
    from cartwright.warehouse.intake.contracts import load_contracts

    if not any((settings.hospital / name).exists() for name in (FHIR_FILE, REDCAP_FILE)):
        return load_contracts()
    from cartwright.warehouse.hospital.definition import load_hospital

    return load_hospital(settings.hospital).contracts()


def _show_analysis(
    con: duckdb.DuckDBPyConnection, settings: Settings, cell: Cell, with_records: bool, as_csv: bool
) -> None:
    from cartwright.warehouse import counted as words
    from cartwright.warehouse.release.cell import counted, members, people
    from cartwright.warehouse.release.trace import behind

    is_listed = cell.usubjid is None and not with_records
    used, left, total = counted(con, cell)
    if is_listed or not as_csv:
        _print(_MEMBER, members(con, cell, limit=None if as_csv else SHOWN_ROWS), as_csv, total)
    if is_listed:
        if not as_csv:
            console.print(f"{words.counted(used, 'patient')} used, {left} left out; for the raw records go on with")
            console.print(f"`cartwright trace {cell.analysis_id} USUBJID` or, of all of them, --records")
        return
    trail = behind(con, cell.analysis_id, people(con, cell), cell.variable)
    _print_trail(trail, _contracts(settings), as_csv, in_full=cell.usubjid is not None)


def _show_item(
    con: duckdb.DuckDBPyConnection, settings: Settings, table: str, usubjid: str, item: str | None, as_csv: bool
) -> None:
    from cartwright.warehouse.release.trace import of_item

    rows, trail = of_item(con, table, usubjid, item)
    if not as_csv:
        for row in rows:
            console.print(f"[bold]{table}[/]")
            print_rows(["column", "value"], list(row.items()))
    _print_trail(trail, _contracts(settings), as_csv, in_full=item is not None or len(rows) == 1)


def _print_trail(trail: Trail, contracts: Mapping[str, Contract], as_csv: bool, in_full: bool) -> None:
    """Records one after another with their values, or (many) one a line; all are counted, whatever is shown."""
    if as_csv:
        _print(_EVIDENCE, trail.located(None, False, contracts), as_csv)
        return
    total, records = trail.counted()
    if not in_full or total > SHOWN_ROWS:
        _print(_EVIDENCE, trail.located(SHOWN_ROWS, False, contracts), as_csv, total)
    else:
        _print_in_full(trail.located(contracts=contracts))
    console.print(f"{records} raw records")


def _print_in_full(evidence: list[Evidence]) -> None:
    shown: dict[tuple[str | None, str | None, str | None], list[Evidence]] = {}
    for each in evidence:
        shown.setdefault((each.record_id, each.part, each.note), []).append(each)
    for (record_id, part, note), same in shown.items():
        roles = ", ".join(dict.fromkeys(f"{each.item} {each.role}".strip() for each in same))
        console.print(f"[bold]{roles}[/]" + (f"  lesion {part}" if part else ""), highlight=False)
        console.print(note or f"{same[0].table}  {same[0].source}  record {record_id} of the release", markup=False)
        print_rows(["column", "value"], list(same[0].values.items()))


def _print(
    names: tuple[str, ...], found: list[Member] | list[Evidence], as_csv: bool, total: int | None = None
) -> None:
    """`found`, which may be the first of `total`."""
    total = len(found) if total is None else total
    rows = [tuple(getattr(each, name) for name in names) for each in found]
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
        return
    print_rows(list(names), rows[:SHOWN_ROWS])
    if total > SHOWN_ROWS:
        console.print(f"... the first {SHOWN_ROWS} of {total} are shown; --csv gives all")
