"""The way back: from a number of the report to its patients, from an item of a patient to the records that decided it.

Who stands behind a number was stored by its analysis (results.analysis_member), and which records decided an item by
the models (adam.evidence): nothing is worked out again here. A release has both; the raw record with its file and line
is read from the restricted build file. What is returned carries pseudonyms and no column that a contract marks as
identifying.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.one_row import one_row, one_value
from cartwright.warehouse.release.guard import forbidden_columns
from cartwright.warehouse.release.published import names_behind, sources
from cartwright.warehouse.store_tables import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cartwright.warehouse.intake.contracts import Contract

# Tables of several rows a patient whose items adam.evidence knows -> the column that names the item.
ITEM_OF = {
    **dict.fromkeys(("adam.adtte", "adam.adic", "adam.adrs", "adam.adrv", "adam.adtr"), "paramcd"),
    **dict.fromkeys(("adam.adex", "adam.adck", "adam.adct", "adam.adlbtox"), "paramcd"),
    "eligibility.item": "item",
    "eligibility.criterion_result": "criterion_id",
}
# Tables of one row a patient whose columns stand in adam.adsl under the same name, and what else their columns rest on.
SUBJECT_TABLES = ("adam.adsl", "mart.patients", "eligibility.screening")
_INCLUSION = ("is_included", "exclusion_reason", "primary_criterion_id", "primary_status", "primary_reason")
_RAW_SIZES = """
    SELECT table_name, estimated_size FROM duckdb_tables() WHERE database_name = 'build' AND schema_name = 'raw'"""
_EVIDENCE = "usubjid, table_name, item, record_id, part, role, note"


@dataclass(frozen=True)
class Member:
    """A patient behind a number: used or, for a reason, left out."""

    usubjid: str
    group_level: str | None
    variable: str | None
    variable_level: str | None
    is_used: bool
    has_level: bool | None
    is_event: bool | None
    weight: float | None
    reason: str | None


class Evidence(NamedTuple):
    """A record that decided an item, and what it did; without a record `note` says what was looked for and not found.

    table and source (file and line, or table of the EHR and version) are known where the build file could be read.
    """

    usubjid: str
    table_name: str
    item: str | None
    record_id: str | None
    part: str | None
    role: str
    note: str | None
    table: str | None = None
    source: str | None = None
    values: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Cell:
    """An analysis, or one cell of it: of a group, of a variable, with a level of it, of one patient."""

    analysis_id: str
    group: str | None = None
    variable: str | None = None
    level: str | None = None
    usubjid: str | None = None


class Trail:
    """What was found, in a fixed order and still in the database: the temporary table `trail`, one at a time for a
    connection. A cell can have hundreds of thousands of rows, of which few are looked at."""

    def __init__(self, con: duckdb.DuckDBPyConnection, selects: Sequence[str]) -> None:
        self._con = con
        found = " UNION ALL ".join(selects) or f"SELECT {_EVIDENCE} FROM adam.evidence WHERE false"
        con.execute(f"CREATE OR REPLACE TEMP TABLE trail AS SELECT {_EVIDENCE} FROM ({found})")

    def add_where_nothing(self, select: str) -> None:
        """Evidence of the patients of whom neither a record nor a word was found."""
        told = "(SELECT usubjid FROM trail WHERE record_id IS NOT NULL OR note IS NOT NULL)"
        self._con.execute(f"INSERT INTO trail SELECT {_EVIDENCE} FROM ({select}) ANTI JOIN {told} USING (usubjid)")

    def counted(self) -> tuple[int, int]:
        """Rows, and raw records among them."""
        rows, records = one_row(self._con.execute("SELECT count(*), count(DISTINCT record_id) FROM trail"))
        return rows, records

    def evidence(self, limit: int | None = None) -> list[Evidence]:
        """As the release knows it; limit: the first so many."""
        return [Evidence(*row) for row in self._con.execute(f"SELECT * FROM {_first(limit)} ORDER BY ALL").fetchall()]

    def located(self, limit: int | None = None, with_values: bool = True) -> list[Evidence]:
        """The same with table, file and line, and values of each raw record; needs the build file, which alone knows
        the record behind a published id."""
        _locate(self._con, _first(limit))
        query = f"""
            SELECT shown.*, place.table_name, place.source FROM {_first(limit)} AS shown
            LEFT JOIN place ON shown.record_id = place.published_id ORDER BY ALL"""
        found = [Evidence(*row) for row in self._con.execute(query).fetchall()]
        return _with_values(self._con, found) if with_values else found


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


def members(con: duckdb.DuckDBPyConnection, cell: Cell, limit: int | None = None) -> list[Member]:
    """Who stands behind a cell.

    limit: the first so many. Raises UnknownName for a group, variable, level or patient that there is none of.
    """
    rows = con.execute(
        "SELECT usubjid, group_level, variable, variable_level, is_used, has_level, is_event, weight, reason "
        f"FROM {_rows_of(con, cell)} "
        "ORDER BY NOT is_used, group_level, variable, usubjid, variable_level "
        + ("" if limit is None else f"LIMIT {limit}")
    ).fetchall()
    _must_be_there(cell, rows)
    return [Member(*row) for row in rows]


def people(con: duckdb.DuckDBPyConnection, cell: Cell) -> list[str]:
    """The patients of the same."""
    rows = con.execute(f"SELECT DISTINCT usubjid FROM {_rows_of(con, cell)}").fetchall()
    _must_be_there(cell, rows)
    return sorted(name for (name,) in rows)


def _must_be_there(cell: Cell, rows: Sequence[object]) -> None:
    if not rows and cell.usubjid is not None:
        raise UnknownName(f"{cell.analysis_id} neither used nor left out this patient there")


def counted(con: duckdb.DuckDBPyConnection, cell: Cell) -> tuple[int, int, int]:
    """Of the same, patients used and left out, and rows."""
    query = (
        "SELECT count(DISTINCT usubjid) FILTER (WHERE is_used), count(DISTINCT usubjid) FILTER (WHERE NOT is_used), "
        f"count(*) FROM {_rows_of(con, cell)}"
    )
    used, left_out, rows = one_row(con.execute(query))
    return used, left_out, rows


def _rows_of(con: duckdb.DuckDBPyConnection, cell: Cell) -> str:
    """The rows of results.analysis_member of a cell, as SQL."""
    table = f"(SELECT * FROM results.analysis_member WHERE analysis_id = {quoted(cell.analysis_id)})"
    whole = cell.variable is None and one_value(con.execute(f"SELECT count(*) FROM {table} WHERE variable IS NULL"))
    conditions = ["variable IS NULL"] if whole else []
    for column, wanted in (("group_level", cell.group), ("variable", cell.variable), ("variable_level", cell.level)):
        if wanted is None:
            continue
        known = con.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY ALL").fetchall()
        if (wanted,) not in known:
            listed = ", ".join(name for (name,) in known) or "none"
            raise UnknownName(f"{cell.analysis_id} has no {column.replace('_', ' ')} {wanted}; it has {listed}")
        conditions.append(
            f"{column} = {quoted(wanted)}" + (" OR group_level IS NULL" if column == "group_level" else "")
        )
    if cell.level is not None:
        conditions.append("has_level")
    if cell.usubjid is not None:
        conditions.append(f"usubjid = {quoted(cell.usubjid)}")
    return f"{table} WHERE {' AND '.join(f'({condition})' for condition in conditions) or 'true'}"


def behind(
    con: duckdb.DuckDBPyConnection,
    analysis_id: str,
    people: Iterable[str],
    variable: str | None = None,
    level: str | None = None,
) -> Trail:
    """The records that decided what an analysis read of these patients: its variable (of a model all) and its endpoint;
    where it only counts heads, what made the groups."""
    _set_people(con, people)
    columns = "kind, population, endpoint, group_by, group_levels, variables, options"
    kind, population, endpoint, group_by, levels, variables, options = one_row(
        con.execute(f"SELECT {columns} FROM results.analysis WHERE analysis_id = {quoted(analysis_id)}")
    )
    specs, options = json.loads(variables), json.loads(options)
    if kind == "incidence":
        return Trail(con, _terms(con, specs[0], options, variable))
    wanted = [spec for spec in specs if variable in (None, spec.get("paramcd") or spec["column"])]
    found = [part for spec in wanted for part in _of_variable(con, spec)]
    if endpoint and endpoint in _columns(con, "adam.adsl"):
        found.append(_of_subject([endpoint]))
    elif endpoint:
        table = "adam.adic" if kind == "interval" else "adam.adtte"
        outer = [options["outer_endpoint"]] if "outer_endpoint" in options else []
        found.append(_of_rows(con, table, [endpoint, *outer]))
    if not found and kind == "funnel":
        return Trail(con, [_of_subject([options["left_at"]])])
    trail = Trail(con, found)  # who is only counted as a head rests on what made the groups
    trail.add_where_nothing(_of_subject(_columns_of_groups(con, population, group_by, json.loads(levels))))
    return trail


def of_item(
    con: duckdb.DuckDBPyConnection, table: str, usubjid: str, item: str | None = None
) -> tuple[list[dict[str, str]], Trail]:
    """The rows of one patient in a table (of one item) and the records that decided them.

    item: a column of a table with one row a patient, else a parameter, criterion or baseline item. Raises UnknownName
    for a table, patient or item that does not exist.
    """
    columns = _columns(con, table)
    if "usubjid" not in columns:
        raise UnknownName(f"no table {table} with patients, and no analysis or output of that name")
    where = f"usubjid = {quoted(usubjid)}"
    _set_people(con, [usubjid])
    absent = f"{_traced()} WHERE table_name = {quoted(table)} AND item = {quoted(item or '')}"
    is_absent = one_value(con.execute(f"SELECT count(*) FROM ({absent})")) > 0
    if not one_value(con.execute(f"SELECT count(*) FROM {table} WHERE {where}")) and not is_absent:
        raise UnknownName(f"{table} has no row of this patient")
    if table in SUBJECT_TABLES:
        if item is not None and item not in columns:
            raise UnknownName(f"{table} has no column {item}; it has {', '.join(columns)}")
        shown = columns if item is None else ["usubjid", item]
        found = _of_subject(["inclfl" if name in _INCLUSION else name for name in shown])
        return _rows(con, table, where, shown), Trail(con, [found])
    key = ITEM_OF.get(table) or next((name for name in ("paramcd", "item", "criterion_id") if name in columns), None)
    if item is None:
        return _rows(con, table, where, columns), Trail(con, [_of_rows(con, table)])
    if key is None:
        raise UnknownName(f"the rows of {table} have no parameter: name the patient only")
    known = con.execute(f'SELECT DISTINCT "{key}" FROM {table} WHERE {where} ORDER BY ALL').fetchall()
    if (item,) not in known and is_absent:
        return [], Trail(con, [absent])  # why there is no such row
    if (item,) not in known:
        raise UnknownName(f"{table} has no {key} {item} of this patient; it has {', '.join(n for (n,) in known)}")
    only = f'{where} AND "{key}" = {quoted(item)}'
    return _rows(con, table, only, columns), Trail(con, [_of_rows(con, table, [item], key)])


def _first(limit: int | None) -> str:
    return "trail" if limit is None else f"(SELECT * FROM trail ORDER BY ALL LIMIT {limit})"


def _locate(con: duckdb.DuckDBPyConnection, shown: str) -> None:
    """The table `place`: where the raw records that `shown` names stand, by published id."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE wanted AS "
        f"SELECT DISTINCT record_id AS published_id FROM {shown} WHERE record_id IS NOT NULL"
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE wanted_record AS {names_behind(con, 'wanted')}")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE place "
        "(published_id VARCHAR, table_name VARCHAR, source VARCHAR, raw_row BIGINT, record_id VARCHAR)"
    )
    sizes = dict(con.execute(_RAW_SIZES).fetchall())
    missing: int = one_value(con.execute("SELECT count(*) FROM wanted_record"))
    for contract in sorted(load_contracts().values(), key=lambda each: sizes.get(each.table, 0)):  # the largest last
        if not missing:
            return
        missing -= _locate_in(con, contract)


def _locate_in(con: duckdb.DuckDBPyConnection, contract: Contract) -> int:
    """Add what one feed table has to `place`, and tell how many that are. Only narrow columns are searched."""
    file = "coalesce(ledger.file_name, 'delivery not in the ledger')"
    source = (
        f"{quoted(contract.feed + '/')} || {file} || ', line ' || raw.source_line"
        if contract.source.kind == "file"
        else f"'EHR table ' || {file} || ', version of ' || CAST(raw.\"{contract.version[0]}\" AS VARCHAR)"
    )
    added = con.execute(f"""
        INSERT INTO place SELECT published_id, {quoted(f"raw.{contract.table}")}, {source}, raw.rowid, record_id
        FROM build.raw.{contract.table} AS raw INNER JOIN wanted_record USING (record_id)
        LEFT JOIN build.quality.delivery_ledger AS ledger USING (delivery_id)""")
    return int(one_value(added))


def _with_values(con: duckdb.DuckDBPyConnection, found: list[Evidence]) -> list[Evidence]:
    """The same with the values of their raw records, which `place` has found."""
    raw: dict[tuple[str, str], dict[str, Any]] = {}
    for (table,) in con.execute("SELECT DISTINCT table_name FROM place ORDER BY ALL").fetchall():
        held = [name for name, *_ in con.execute(f"SELECT * FROM build.{table} LIMIT 0").description]
        names = [name for name in held if name not in forbidden_columns()]
        listed = ", ".join(f'raw."{name}"' for name in names)
        rows = con.execute(
            f"SELECT place.published_id, {listed} "
            f"FROM build.{table} AS raw INNER JOIN place ON raw.rowid = place.raw_row "
            f"WHERE place.table_name = {quoted(table)} AND raw.rowid IN "
            f"(SELECT raw_row FROM place WHERE table_name = {quoted(table)})"
        ).fetchall()
        raw |= {(table, row[0]): dict(zip(names, row[1:], strict=True)) for row in rows}
    hidden = {each.part for each in found if each.part and each.part.startswith("(")}  # a label shows as it is
    parts = sources(con, hidden) if hidden else {}

    def whole(each: Evidence) -> Evidence:
        values = raw.get((each.table or "", each.record_id or ""))
        part = each.part and parts.get(each.part, each.part)
        return each if values is None else each._replace(values=_shown(values, part))

    return [whole(each) for each in found]


def _shown(values: dict[str, Any], part: str | None) -> dict[str, str]:
    """What is known of a raw record, or of one lesion of it."""
    if part is not None:
        lists = [one for value in values.values() if isinstance(value, list) for one in value if isinstance(one, dict)]
        same = [one for one in lists if _label(str(one.get("lesion_code", ""))) == _label(part)]
        values = same[0] if same else {}
    return {name: str(value) for name, value in values.items() if value is not None}


def _label(text: str) -> str:
    """A lesion's label as the models match it: without blanks, in capitals (macro lesion_label)."""
    return "".join(text.split()).upper()


def _set_people(con: duckdb.DuckDBPyConnection, people: Iterable[str]) -> None:
    con.execute("CREATE OR REPLACE TEMP TABLE traced_patient (usubjid VARCHAR)")
    con.execute(f"INSERT INTO traced_patient SELECT unnest({_listed(people)})")


def _listed(texts: Iterable[str]) -> str:
    """A list as SQL. Values stand in the statements themselves: the first parameter makes DuckDB import pandas, which
    takes longer than everything else that is done here."""
    return f"CAST([{', '.join(map(quoted, sorted(set(texts))))}] AS VARCHAR[])"


def _traced() -> str:
    return f"SELECT {_EVIDENCE} FROM adam.evidence SEMI JOIN traced_patient USING (usubjid)"


def _of_subject(columns: Iterable[str]) -> str:
    """What decided these columns of adam.adsl for the patients traced, as SQL."""
    return f"{_traced()} WHERE table_name = 'adam.adsl' AND {_among('item', columns)}"


def _among(column: str, texts: Iterable[str] | None) -> str:
    """That a column is one of some texts, of any where there is None. A list that DuckDB can prune by."""
    if texts is None:
        return "true"
    return f"{column} IN ({', '.join(map(quoted, sorted(set(texts)))) or 'NULL'})"


def _of_rows(
    con: duckdb.DuckDBPyConnection,
    table: str,
    items: Sequence[str] | None = None,
    key: str = "paramcd",
    where: str = "true",
) -> str:
    """What decided rows of a table (with these items in `key`) for the patients traced, as SQL: what adam.evidence
    knows, else the row's own record."""
    columns = _columns(con, table)
    own = [name for name in columns if name == "record_id" or name.endswith("_record_id")]
    item = ITEM_OF.get(table)
    keys = ", ".join(f"rows.{name}" for name in ("course_id", "record_id") if name in columns) or "NULL"
    rows = f"(SELECT * FROM {table} SEMI JOIN traced_patient USING (usubjid) WHERE {_among(key, items)} AND {where})"
    label = f"rows.{item}" if item else "rows.paramcd" if "paramcd" in columns else "NULL"
    parts, untold = [], ""
    if item is not None:
        told = items if key == item else None
        evidence = (
            f"({_traced().replace(_EVIDENCE, '*')} WHERE table_name = {quoted(table)} AND {_among('item', told)})"
        )
        same = f"e.usubjid = rows.usubjid AND e.item = rows.{item} AND (e.row_key IS NULL OR e.row_key IN ({keys}))"
        parts = [
            f"SELECT {', '.join('e.' + name for name in _EVIDENCE.split(', '))} "
            f"FROM {rows} AS rows INNER JOIN {evidence} AS e ON {same}"
        ]
        untold = f" AND NOT EXISTS (SELECT 1 FROM {evidence} AS e WHERE {same})"
    parts += [
        f"SELECT rows.usubjid, {quoted(table)} AS table_name, {label} AS item, rows.{name} AS record_id, "
        f"NULL AS part, {quoted(name)} AS role, NULL AS note FROM {rows} AS rows WHERE rows.{name} IS NOT NULL{untold}"
        for name in own
    ]
    return f"SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)})" if parts else f"{_traced()} WHERE false"


def _of_variable(con: duckdb.DuckDBPyConnection, spec: dict[str, Any]) -> list[str]:
    """What decided a variable of the plan, as SQL: a column of adam.adsl, or a parameter of another table (of one
    course)."""
    dataset = spec.get("dataset", "adsl")
    if dataset == "adsl":
        return [_of_subject(filter(None, (spec["column"], spec.get("compare_column"))))]
    second = {"paramcd": spec.get("compare_paramcd"), "anchor": spec.get("compare_anchor")}
    pairs = [(spec["paramcd"], spec.get("anchor"))]
    if any(second.values()):
        pairs.append((second["paramcd"] or spec["paramcd"], second["anchor"] or spec.get("anchor")))
    return [_of_rows(con, f"adam.{dataset}", [paramcd], where=_of_course(anchor)) for paramcd, anchor in pairs]


def _of_course(anchor: str | None) -> str:
    """That a row belongs to the course that begins on this day of its patient."""
    if not anchor:
        return "true"
    day = f"strftime(CAST(\"{anchor}\" AS DATE), '%Y-%m-%d')"
    return f"course_id IN (SELECT usubjid || ':' || {day} FROM adam.adsl)"


def _terms(
    con: duckdb.DuckDBPyConnection, spec: dict[str, Any], options: dict[str, Any], term: str | None
) -> list[str]:
    """Records of the events of one term (of any), as SQL; who has none, in words."""
    where = f"{options['only']} = 'Y'" if options.get("only") else "true"
    terms = None if term is None or term == "any" else [term]
    found = _of_rows(con, f"adam.{spec['dataset']}", terms, options["term"], where)
    if spec["dataset"] == "adlbtox":
        found = f"SELECT * FROM ({found}) WHERE starts_with(role, {quoted(spec['column'])})"
    nothing = (
        f"SELECT usubjid, {quoted('adam.' + spec['dataset'])} AS table_name, "
        f"{quoted(term) if term else 'NULL'} AS item, NULL AS record_id, NULL AS part, 'not found' AS role, "
        "'no such event on record, or none that can be graded' AS note "
        f"FROM traced_patient ANTI JOIN ({found}) USING (usubjid)"
    )
    return [found, nothing]


def _columns_of_groups(
    con: duckdb.DuckDBPyConnection, population: str, group_by: str | None, levels: list[dict[str, Any]]
) -> list[str]:
    """The columns of adam.adsl that made the population and the groups."""
    named = [population] + [level["level"] for level in levels if group_by == "population"]
    rows = con.execute(
        "SELECT DISTINCT column_name FROM study.population "
        f"WHERE list_contains({_listed(named)}, population) AND column_name <> 'usubjid'"
    ).fetchall()
    return [column for (column,) in rows] + ([group_by] if group_by not in (None, "population") else [])


def _rows(con: duckdb.DuckDBPyConnection, table: str, where: str, columns: Sequence[str]) -> list[dict[str, str]]:
    forbidden = forbidden_columns()
    shown = [name for name in columns if name not in forbidden]
    names = ", ".join(f'"{name}"' for name in shown)
    rows = con.execute(f"SELECT {names} FROM {table} WHERE {where} ORDER BY ALL").fetchall()
    return [{n: str(v) for n, v in zip(shown, row, strict=True) if v is not None} for row in rows]


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Columns of a table of the release, none where there is no such table."""
    query = f"""
        SELECT column_name FROM duckdb_columns()
        WHERE database_name = 'release' AND schema_name || '.' || table_name = {quoted(table)} ORDER BY column_index"""
    return [column for (column,) in con.execute(query).fetchall()]
