"""The way back: from a number of the report to its patients, from an item of a patient to the records that decided it.

Who stands behind a number was stored by its analysis (results.analysis_member), and which records decided an item by
the models (adam.evidence): nothing is worked out again here. A release has both; the raw record with its file and line
is read from the restricted build file. What is returned carries pseudonyms and no column that a contract marks as
identifying.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import duckdb
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.one_row import one_row, one_value
from cartwright.warehouse.release.guard import forbidden_columns
from cartwright.warehouse.release.published import sources
from cartwright.warehouse.store_tables import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


@dataclass(frozen=True)
class Evidence:
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
    values: dict[str, str] = field(default_factory=dict)


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


def members(
    con: duckdb.DuckDBPyConnection,
    analysis_id: str,
    group: str | None = None,
    variable: str | None = None,
    level: str | None = None,
    usubjid: str | None = None,
    limit: int | None = None,
) -> list[Member]:
    """Who stands behind an analysis, or behind one cell of it: of a group, of a variable, with a level of it.

    limit: the first so many. Raises UnknownName for a group, variable, level or patient that there is none of.
    """
    rows = con.execute(
        "SELECT usubjid, group_level, variable, variable_level, is_used, has_level, is_event, weight, reason "
        f"FROM {_cell(con, analysis_id, group, variable, level, usubjid)} "
        "ORDER BY NOT is_used, group_level, variable, usubjid, variable_level "
        + ("" if limit is None else f"LIMIT {limit}")
    ).fetchall()
    if not rows and usubjid is not None:
        raise UnknownName(f"{analysis_id} neither used nor left out this patient there")
    return [Member(*row) for row in rows]


def counted(
    con: duckdb.DuckDBPyConnection,
    analysis_id: str,
    group: str | None = None,
    variable: str | None = None,
    level: str | None = None,
    usubjid: str | None = None,
) -> tuple[int, int, int]:
    """Of the same, patients used and left out, and rows."""
    query = (
        "SELECT count(DISTINCT usubjid) FILTER (WHERE is_used), count(DISTINCT usubjid) FILTER (WHERE NOT is_used), "
        f"count(*) FROM {_cell(con, analysis_id, group, variable, level, usubjid)}"
    )
    used, left_out, rows = one_row(con.execute(query))
    return used, left_out, rows


def _cell(
    con: duckdb.DuckDBPyConnection,
    analysis_id: str,
    group: str | None,
    variable: str | None,
    level: str | None,
    usubjid: str | None,
) -> str:
    """The rows of results.analysis_member of a cell, as SQL."""
    table = f"(SELECT * FROM results.analysis_member WHERE analysis_id = {quoted(analysis_id)})"
    whole = variable is None and one_value(con.execute(f"SELECT count(*) FROM {table} WHERE variable IS NULL"))
    conditions = ["variable IS NULL"] if whole else []
    for column, wanted in (("group_level", group), ("variable", variable), ("variable_level", level)):
        if wanted is None:
            continue
        known = con.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY ALL").fetchall()
        if (wanted,) not in known:
            listed = ", ".join(name for (name,) in known) or "none"
            raise UnknownName(f"{analysis_id} has no {column.replace('_', ' ')} {wanted}; it has {listed}")
        conditions.append(
            f"{column} = {quoted(wanted)}" + (" OR group_level IS NULL" if column == "group_level" else "")
        )
    if level is not None:
        conditions.append("has_level")
    if usubjid is not None:
        conditions.append(f"usubjid = {quoted(usubjid)}")
    return f"{table} WHERE {' AND '.join(f'({condition})' for condition in conditions) or 'true'}"


def behind(
    con: duckdb.DuckDBPyConnection,
    analysis_id: str,
    people: Iterable[str],
    variable: str | None = None,
    level: str | None = None,
) -> list[Evidence]:
    """The records that decided what an analysis read of these patients: its variable (of a model all) and its endpoint;
    where it only counts heads, what made the groups."""
    people = set(people)
    _set_people(con, people)
    columns = "kind, population, endpoint, group_by, group_levels, variables, options"
    kind, population, endpoint, group_by, levels, variables, options = one_row(
        con.execute(f"SELECT {columns} FROM results.analysis WHERE analysis_id = {quoted(analysis_id)}")
    )
    specs, options = json.loads(variables), json.loads(options)
    if kind == "incidence":
        return _terms(con, specs[0], options, variable)
    wanted = [spec for spec in specs if variable in (None, spec.get("paramcd") or spec["column"])]
    found = [evidence for spec in wanted for evidence in _of_variable(con, spec)]
    if endpoint and endpoint in _columns(con, "adam.adsl"):
        found += _of_subject(con, [endpoint])
    elif endpoint:
        table = "adam.adic" if kind == "interval" else "adam.adtte"
        outer = [options["outer_endpoint"]] if "outer_endpoint" in options else []
        found += _of_rows(con, table, f"paramcd IN ({', '.join(quoted(name) for name in [endpoint, *outer])})")
    if not found and kind == "funnel":
        return _of_subject(con, [options["left_at"]])
    told = {each.usubjid for each in found if each.record_id or each.note}
    if rest := set(people) - told:  # counted as heads: what made the groups
        _set_people(con, rest)
        found += _of_subject(con, _columns_of_groups(con, population, group_by, json.loads(levels)))
    return found


def of_item(
    con: duckdb.DuckDBPyConnection, table: str, usubjid: str, item: str | None = None
) -> tuple[list[dict[str, str]], list[Evidence]]:
    """The rows of one patient in a table (of one item) and the records that decided them.

    item: a column of a table with one row a patient, else a parameter, criterion or baseline item. Raises UnknownName
    for a table, patient or item that does not exist.
    """
    columns = _columns(con, table)
    if "usubjid" not in columns:
        raise UnknownName(f"no table {table} with patients, and no analysis or output of that name")
    where, shown = f"usubjid = {quoted(usubjid)}", columns
    _set_people(con, [usubjid])
    absent = _evidence(con, f"table_name = {quoted(table)} AND item = {quoted(item or '')}")
    if not one_value(con.execute(f"SELECT count(*) FROM {table} WHERE {where}")) and not absent:
        raise UnknownName(f"{table} has no row of this patient")
    if table in SUBJECT_TABLES:
        if item is not None and item not in columns:
            raise UnknownName(f"{table} has no column {item}; it has {', '.join(columns)}")
        shown = columns if item is None else ["usubjid", item]
        found = _of_subject(con, ["inclfl" if name in _INCLUSION else name for name in shown])
        return _rows(con, table, where, shown), found
    key = ITEM_OF.get(table) or next((name for name in ("paramcd", "item", "criterion_id") if name in columns), None)
    if item is not None and key is None:
        raise UnknownName(f"the rows of {table} have no parameter: name the patient only")
    if item is not None:
        known = con.execute(f'SELECT DISTINCT "{key}" FROM {table} WHERE {where} ORDER BY ALL').fetchall()
        if (item,) not in known and absent:
            return [], absent  # why there is no such row
        if (item,) not in known:
            raise UnknownName(f"{table} has no {key} {item} of this patient; it has {', '.join(n for (n,) in known)}")
        where += f' AND "{key}" = {quoted(item)}'
    return _rows(con, table, where, shown), _of_rows(con, table, where)


def located(con: duckdb.DuckDBPyConnection, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The same with table, file and line, and values of each raw record; needs the build file, which alone knows the
    record behind a published id."""
    known = sources(con, {name for each in evidence for name in (each.record_id, each.part) if name})
    wanted = {known.get(each.record_id, each.record_id) for each in evidence if each.record_id}
    con.execute("CREATE OR REPLACE TEMP TABLE wanted_record (record_id VARCHAR)")
    con.execute(f"INSERT INTO wanted_record SELECT unnest({_listed(wanted)})")
    raw: dict[str, tuple[str, str, dict[str, Any]]] = {}
    sizes = dict(con.execute(_RAW_SIZES).fetchall())
    for contract in sorted(load_contracts().values(), key=lambda each: sizes.get(each.table, 0)):  # the largest last
        if len(raw) == len(wanted):
            break
        raw |= _raw(con, contract)
    return [_with_raw(each, known, raw) for each in evidence]


def _with_raw(evidence: Evidence, known: dict[str, str], raw: dict[str, tuple[str, str, dict[str, Any]]]) -> Evidence:
    record_id = known.get(evidence.record_id or "", evidence.record_id)
    if record_id not in raw:
        return evidence
    table, source, values = raw[record_id]
    if evidence.part is not None:
        part = _label(known.get(evidence.part, evidence.part))
        lists = [one for value in values.values() if isinstance(value, list) for one in value if isinstance(one, dict)]
        same = [one for one in lists if _label(str(one.get("lesion_code", ""))) == part]
        values = same[0] if same else {}
    plain = {name: str(value) for name, value in values.items() if value is not None}
    return replace(evidence, table=table, source=source, values=plain)


def _label(text: str) -> str:
    """A lesion's label as the models match it: without blanks, in capitals (macro lesion_label)."""
    return "".join(text.split()).upper()


def _raw(con: duckdb.DuckDBPyConnection, contract: Any) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Raw records wanted, of one feed table. Ids are searched alone, so that only the rows found are read whole."""
    table = f"build.raw.{contract.table}"
    held = [name for name, *_ in con.execute(f"SELECT * FROM {table} LIMIT 0").description]
    forbidden = forbidden_columns()
    names = [name for name in held if name not in forbidden]
    listed = ", ".join(f'raw."{name}"' for name in names)
    rows = con.execute(
        f"SELECT {listed}, ledger.file_name FROM {table} AS raw "
        "LEFT JOIN build.quality.delivery_ledger AS ledger ON raw.delivery_id = ledger.delivery_id "
        f"WHERE raw.rowid IN (SELECT rowid FROM {table} SEMI JOIN wanted_record USING (record_id))"
    ).fetchall()
    found = {}
    for *values, file_name in rows:
        row = dict(zip(names, values, strict=True))
        name = file_name or "delivery not in the ledger"
        source = (
            f"{contract.feed}/{name}, line {row['source_line']}"
            if contract.source.kind == "file"
            else f"EHR table {name}, version of {row[contract.version[0]]}"
        )
        found[row["record_id"]] = (f"raw.{contract.table}", source, row)
    return found


def _set_people(con: duckdb.DuckDBPyConnection, people: Iterable[str]) -> None:
    con.execute("CREATE OR REPLACE TEMP TABLE traced_patient (usubjid VARCHAR)")
    con.execute(f"INSERT INTO traced_patient SELECT unnest({_listed(people)})")


def _listed(texts: Iterable[str]) -> str:
    """A list as SQL. Values stand in the statements themselves: the first parameter makes DuckDB import pandas, which
    takes longer than everything else that is done here."""
    return f"CAST([{', '.join(map(quoted, sorted(set(texts))))}] AS VARCHAR[])"


def _of_subject(con: duckdb.DuckDBPyConnection, columns: Iterable[str]) -> list[Evidence]:
    """What decided these columns of adam.adsl for the patients traced."""
    listed = ", ".join(quoted(column) for column in columns) or "''"
    return _evidence(con, f"table_name = 'adam.adsl' AND item IN ({listed})")


def _evidence(con: duckdb.DuckDBPyConnection, where: str) -> list[Evidence]:
    rows = con.execute(
        f"SELECT {_EVIDENCE} FROM adam.evidence SEMI JOIN traced_patient USING (usubjid) WHERE {where} ORDER BY ALL"
    ).fetchall()
    return [Evidence(*row) for row in rows]


def _of_rows(con: duckdb.DuckDBPyConnection, table: str, where: str) -> list[Evidence]:
    """What decided rows of a table for the patients traced: what adam.evidence knows, else the row's own record."""
    columns = _columns(con, table)
    own = [name for name in columns if name == "record_id" or name.endswith("_record_id")]
    item = ITEM_OF.get(table)
    keys = ", ".join(f"rows.{name}" for name in ("course_id", "record_id") if name in columns) or "NULL"
    if table == "adam.adlbtox":  # one row a term: its items are told apart by the column
        keys = "'btoxgr', 'atoxgr30', 'atoxgr90'"
    rows = f"(SELECT * FROM {table} SEMI JOIN traced_patient USING (usubjid) WHERE {where})"
    known = (
        "false"
        if item is None
        else (
            f"e.table_name = {quoted(table)} AND e.usubjid = rows.usubjid AND e.item = rows.{item} "
            f"AND (e.row_key IS NULL OR e.row_key IN ({keys}))"
        )
    )
    parts = [
        f"SELECT {', '.join('e.' + name for name in _EVIDENCE.split(', '))} FROM {rows} AS rows "
        f"INNER JOIN adam.evidence AS e ON {known}"
    ]
    label = f"rows.{item}" if item else "rows.paramcd" if "paramcd" in columns else "NULL"
    parts += [
        f"SELECT rows.usubjid, {quoted(table)}, {label}, rows.{name}, NULL, {quoted(name)}, NULL FROM {rows} AS rows "
        f"WHERE rows.{name} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM adam.evidence AS e WHERE {known})"
        for name in own
    ]
    found = con.execute(f"SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)}) ORDER BY ALL").fetchall()
    return [Evidence(*row) for row in found]


def _of_variable(con: duckdb.DuckDBPyConnection, spec: dict[str, Any]) -> list[Evidence]:
    """What decided a variable of the plan: a column of adam.adsl, or a parameter of another table (of one course)."""
    dataset = spec.get("dataset", "adsl")
    if dataset == "adsl":
        return _of_subject(con, filter(None, (spec["column"], spec.get("compare_column"))))
    found = []
    second = {"paramcd": spec.get("compare_paramcd"), "anchor": spec.get("compare_anchor")}
    pairs = [(spec["paramcd"], spec.get("anchor"))]
    if any(second.values()):
        pairs.append((second["paramcd"] or spec["paramcd"], second["anchor"] or spec.get("anchor")))
    for paramcd, anchor in pairs:
        where = f"paramcd = {quoted(paramcd)}"
        if anchor:
            where += (
                " AND course_id IN (SELECT usubjid || ':' || strftime(CAST"
                f"(\"{anchor}\" AS DATE), '%Y-%m-%d') FROM adam.adsl)"
            )
        found += _of_rows(con, f"adam.{dataset}", where)
    return found


def _terms(
    con: duckdb.DuckDBPyConnection, spec: dict[str, Any], options: dict[str, Any], term: str | None
) -> list[Evidence]:
    """Records of the events of one term (of any); who has none, in words."""
    where = f"{options['only']} = 'Y'" if options.get("only") else "true"
    if term is not None and term != "any":
        where += f" AND {options['term']} = {quoted(term)}"
    found = _of_rows(con, f"adam.{spec['dataset']}", where)
    found = [each for each in found if spec["dataset"] != "adlbtox" or each.role.startswith(spec["column"])]
    told = {each.usubjid for each in found}
    people = [name for (name,) in con.execute("SELECT usubjid FROM traced_patient ORDER BY ALL").fetchall()]
    words = "no such event on record, or none that can be graded"
    nothing = [
        Evidence(name, f"adam.{spec['dataset']}", term, None, None, "not found", words)
        for name in people
        if name not in told
    ]
    return found + nothing


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
