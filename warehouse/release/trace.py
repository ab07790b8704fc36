"""The way back: from a number of the report to its patients, from an item of a patient to the records that decided it.

Who stands behind a number was stored by its analysis (results.analysis_member), and which records decided an item by
the models (adam.evidence): nothing is worked out again here. A release has both; the raw record with its file and line
is read from the restricted build file. What is returned carries pseudonyms and no column that a contract marks as
identifying.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.one_row import one_row, one_value
from cartwright.warehouse.release.deciding import (
    ITEM_OF,
    columns_of,
    columns_of_groups,
    of_rows,
    of_subject,
    of_variable,
    set_people,
    terms,
    traced,
)
from cartwright.warehouse.release.guard import forbidden_columns
from cartwright.warehouse.release.trail import Trail
from cartwright.warehouse.store_tables import quoted
from cartwright.warehouse.study.followup import endpoint_dataset

# Tables of one row a patient whose columns stand in adam.adsl under the same name, and what else their columns rest on.
_SUBJECT_TABLES = ("adam.adsl", "mart.patients", "eligibility.screening")
_INCLUSION = ("is_included", "exclusion_reason", "primary_criterion_id", "primary_status", "primary_reason")


@contextmanager
def opened(release: Path, build: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A release, and beside it the build file (none: no raw record can be shown).

    Raises duckdb.IOException while a night writes the build file.
    """
    with duckdb.connect(":memory:") as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"ATTACH {quoted(str(release))} AS release (READ_ONLY)")
        if build is not None:
            con.execute(f"ATTACH {quoted(str(build))} AS build (READ_ONLY)")
        con.execute("USE release")
        yield con


def analysis_of(con: duckdb.DuckDBPyConnection, what: str) -> str | None:
    """The analysis that `what` names by its own id or by an output that consists of it alone; None for neither.

    Raises UnknownName for an output of several analyses: one of them has to be chosen.
    """
    rows = con.execute(
        f"SELECT analysis_id FROM results.analysis WHERE {quoted(what)} IN (analysis_id, output_id) "
        f"ORDER BY analysis_id <> {quoted(what)}, seq"
    ).fetchall()
    named = [name for (name,) in rows]
    if len(named) > 1 and what not in named:
        raise UnknownName(f"{what} shows several analyses; choose one of {', '.join(named)}")
    return named[0] if named else None


def behind(
    con: duckdb.DuckDBPyConnection,
    analysis_id: str,
    people: Iterable[str],
    variable: str | None = None,
) -> Trail:
    """The records that decided what an analysis read of these patients: its variable (of a model all) and its endpoint;
    where it only counts heads, what made the groups."""
    set_people(con, people)
    columns = "kind, population, endpoint, group_by, group_levels, variables, options"
    kind, population, endpoint, group_by, levels, variables, options = one_row(
        con.execute(f"SELECT {columns} FROM results.analysis WHERE analysis_id = {quoted(analysis_id)}")
    )
    specs, options = json.loads(variables), json.loads(options)
    if kind == "incidence":
        return Trail(con, terms(con, specs[0], options, variable))
    wanted = [spec for spec in specs if variable in (None, spec.get("paramcd") or spec["column"])]
    found = [part for spec in wanted for part in of_variable(con, spec)]
    if endpoint and endpoint in columns_of(con, "adam.adsl"):
        found.append(of_subject([endpoint]))
    elif endpoint:
        table = f"adam.{endpoint_dataset(kind)}"
        outer = [options["outer_endpoint"]] if "outer_endpoint" in options else []
        found.append(of_rows(con, table, [endpoint, *outer]))
    if not found and kind == "funnel":
        return Trail(con, [of_subject([options["left_at"]])])
    trail = Trail(con, found)  # who is only counted as a head rests on what made the groups
    trail.add_where_nothing(of_subject(columns_of_groups(con, population, group_by, json.loads(levels))))
    return trail


def of_item(
    con: duckdb.DuckDBPyConnection, table: str, usubjid: str, item: str | None = None
) -> tuple[list[dict[str, str]], Trail]:
    """The rows of one patient in a table (of one item) and the records that decided them.

    item: a column of a table with one row a patient, else a parameter, criterion or baseline item. Raises UnknownName
    for a table, patient or item that does not exist.
    """
    columns = columns_of(con, table)
    if "usubjid" not in columns:
        raise UnknownName(f"no table {table} with patients, and no analysis or output of that name")
    where = f"usubjid = {quoted(usubjid)}"
    set_people(con, [usubjid])
    absent = f"{traced()} WHERE table_name = {quoted(table)} AND item = {quoted(item or '')}"
    is_absent = one_value(con.execute(f"SELECT count(*) FROM ({absent})")) > 0
    if not one_value(con.execute(f"SELECT count(*) FROM {table} WHERE {where}")) and not is_absent:
        raise UnknownName(f"{table} has no row of this patient")
    if table in _SUBJECT_TABLES:
        if item is not None and item not in columns:
            raise UnknownName(f"{table} has no column {item}; it has {', '.join(columns)}")
        shown = columns if item is None else ["usubjid", item]
        found = of_subject(["inclfl" if name in _INCLUSION else name for name in shown])
        return _rows(con, table, where, shown), Trail(con, [found])
    key = ITEM_OF.get(table) or next((name for name in ("paramcd", "item", "criterion_id") if name in columns), None)
    if item is None:
        return _rows(con, table, where, columns), Trail(con, [of_rows(con, table)])
    if key is None:
        raise UnknownName(f"the rows of {table} have no parameter: name the patient only")
    known = con.execute(f'SELECT DISTINCT "{key}" FROM {table} WHERE {where} ORDER BY ALL').fetchall()
    if (item,) not in known and is_absent:
        return [], Trail(con, [absent])  # why there is no such row
    if (item,) not in known:
        raise UnknownName(f"{table} has no {key} {item} of this patient; it has {', '.join(n for (n,) in known)}")
    only = f'{where} AND "{key}" = {quoted(item)}'
    return _rows(con, table, only, columns), Trail(con, [of_rows(con, table, [item], key)])


def _rows(con: duckdb.DuckDBPyConnection, table: str, where: str, columns: Sequence[str]) -> list[dict[str, str]]:
    forbidden = forbidden_columns()
    shown = [name for name in columns if name not in forbidden]
    names = ", ".join(f'"{name}"' for name in shown)
    rows = con.execute(f"SELECT {names} FROM {table} WHERE {where} ORDER BY ALL").fetchall()
    return [{n: str(v) for n, v in zip(shown, row, strict=True) if v is not None} for row in rows]
