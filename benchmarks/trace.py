"""Does everything lead back to its raw records, and how fast? Shares and seconds of `cartwright trace` in a house.

`python -m benchmarks.trace [--sample N]` reads the current release and the build file of CARTWRIGHT_HOME. An item
resolves when it leads to a raw record that the build file has, or says what was looked for and not found; a cell of the
plan when each patient used in it does. Times are of a random sample, from the question to the records with file and
line: of an item all with their values; of a cell as the command shows it (all counted, the first rows located), and
every record of it, as --csv gives them.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable

import duckdb

from cartwright.orchestration.commands.printing import SHOWN_ROWS
from cartwright.warehouse.house import place_of
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.release.cell import Cell, people
from cartwright.warehouse.release.deciding import ITEM_OF
from cartwright.warehouse.release.trace import behind, of_item, opened
from cartwright.warehouse.release.trail import Trail
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.store_tables import quoted

SHOWS_OTHERS = ("forest", "evalue", "checklist", "declared", "multiplicity")  # analyses that use no patient themselves


def lost_records(con: duckdb.DuckDBPyConnection) -> int:
    """Records that adam.evidence names and the build file does not have."""
    raw = " UNION ALL ".join(f"SELECT record_id FROM build.raw.{each.table}" for each in load_contracts().values())
    named = (
        "(SELECT coalesce(source_text, record_id) AS record_id FROM adam.evidence "
        "LEFT JOIN build.identity.published_id ON record_id = published_id WHERE record_id IS NOT NULL)"
    )
    query = f"SELECT count(DISTINCT record_id) FROM {named} ANTI JOIN ({raw}) USING (record_id)"
    return con.execute(query).fetchone()[0]


def item_shares(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """By table: rows (of adam.adsl its known cells of included patients) that resolve, and all of them."""
    found = {}
    for table, item in ITEM_OF.items():
        known = f"(SELECT DISTINCT usubjid, item FROM adam.evidence WHERE table_name = '{table}')"
        columns = [name for name, *_ in con.execute(f"SELECT * FROM {table} LIMIT 0").description]
        own = "record_id IS NOT NULL" if "record_id" in columns else "false"
        found[table] = con.execute(
            f"SELECT count(*) FILTER (WHERE known.item IS NOT NULL OR {own}), count(*) FROM {table} AS rows "
            f"LEFT JOIN {known} AS known ON rows.usubjid = known.usubjid AND rows.{item} = known.item"
        ).fetchone()
    resolved = total = 0
    for name, *_ in con.execute("SELECT * EXCLUDE (usubjid) FROM adam.adsl LIMIT 0").description:
        query = f"""
            SELECT count(*) FILTER (WHERE known.usubjid IS NOT NULL), count(*)
            FROM (SELECT usubjid FROM adam.adsl WHERE inclfl = 'Y' AND "{name}" IS NOT NULL) AS rows
            LEFT JOIN (SELECT DISTINCT usubjid FROM adam.evidence WHERE table_name = 'adam.adsl' AND item = ?) AS known
            USING (usubjid)"""
        some, all_of_them = con.execute(query, [name]).fetchone()
        resolved, total = resolved + some, total + all_of_them
    return {"adam.adsl": (resolved, total), **found}


def cells(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str | None]]:
    """Analyses of the plan, and each of their variables."""
    rows = con.execute(
        "SELECT DISTINCT analysis_id, variable FROM results.analysis_member WHERE is_used ORDER BY ALL"
    ).fetchall()
    return [(analysis, variable) for analysis, variable in rows]


def unresolved(con: duckdb.DuckDBPyConnection, analysis_id: str, variable: str | None) -> set[str]:
    """Patients used in a cell of the plan for whom no record and no word is found."""
    rows = con.execute(
        f"SELECT DISTINCT usubjid FROM results.analysis_member WHERE analysis_id = {quoted(analysis_id)} AND is_used "
        + (f"AND variable = {quoted(variable)}" if variable else "AND variable IS NULL")
    ).fetchall()
    used = {usubjid for (usubjid,) in rows}
    found = behind(con, analysis_id, used, None if variable == "screened" else variable).evidence()
    return used - {each.usubjid for each in found if each.record_id or each.note}


def timed(ask: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor (of all threads)."""
    began, used = time.perf_counter(), time.process_time()
    ask()
    return time.perf_counter() - began, time.process_time() - used


def told(what: str, asked: list[tuple[float, float]]) -> dict[str, float]:
    """Median and worst of both, by name."""
    found = {}
    for name, values in zip((f"{what}_seconds", f"{what}_processor_seconds"), zip(*asked, strict=True), strict=True):
        found |= {f"{name}_median": round(statistics.median(values), 3), f"{name}_worst": round(max(values), 3)}
    return found


def measure(settings: Settings, sample: int) -> dict[str, object]:
    """Shares over everything (cells: over a sample), seconds over a sample."""
    draw = random.Random(1)
    with opened(place_of(settings).current_db.resolve(), settings.build_db) as con:
        without = con.execute(
            "SELECT count(*) FROM results.analysis WHERE NOT list_contains(?, kind) "
            "AND analysis_id NOT IN (SELECT analysis_id FROM results.analysis_member)",
            [list(SHOWS_OTHERS)],
        ).fetchone()[0]
        listed = cells(con)
        tried = draw.sample(listed, min(sample, len(listed)))
        bad = [cell for cell in tried if unresolved(con, *cell)]
        items = con.execute(
            f"SELECT DISTINCT table_name, usubjid, item FROM adam.evidence USING SAMPLE {sample} ROWS (reservoir, 1)"
        ).fetchall()
        by_item = [timed(lambda i=i: of_item(con, *i)[1].located()) for i in items]

        def trail(cell: tuple[str, str | None]) -> Trail:
            variable = None if cell[1] == "screened" else cell[1]
            return behind(con, cell[0], people(con, Cell(cell[0], variable=cell[1])), variable)

        def shown(cell: tuple[str, str | None]) -> None:
            found = trail(cell)
            found.counted()
            found.located(SHOWN_ROWS, with_values=False)

        timed_cells = draw.sample(listed, min(sample, len(listed)))
        by_cell = [timed(lambda c=c: shown(c)) for c in timed_cells]
        in_full = [timed(lambda c=c: trail(c).located(with_values=False)) for c in timed_cells]
        return {
            "patients": con.execute("SELECT count(*) FROM adam.adsl").fetchone()[0],
            "analyses_without_members": without,
            "records_named_but_not_found": lost_records(con),
            "rows_resolved": item_shares(con),
            "cells": len(listed),
            "cells_tried": len(tried),
            "cells_unresolved": bad,
            **told("item", by_item),
            **told("cell", by_cell),
            **told("every_record_of_cell", in_full),
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=200)
    print(json.dumps(measure(Settings(), parser.parse_args().sample), indent=1))
