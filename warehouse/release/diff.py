"""What changed between two releases of one study, with the old and the new value side by side. By pseudonym only.

A change of a patient carries the raw records that came to decide it or no longer do (adam.evidence of both releases; of
a laboratory value its own record), or those that still do; a change of a statistic those of what it reads of the
patients behind it. What cannot be compared is named (`left_out`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from cartwright.warehouse.connect import release_folder
from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.store_tables import quoted
from cartwright.warehouse.study.place import StudyPlace


@dataclass(frozen=True)
class Compared:
    """A table that is compared. `columns`: those whose change matters; empty: all.

    item: the column that names what changed in a table of several rows a patient, as adam.evidence does. Without one,
    each column of a table with one row a patient is an item of its own; else the rest of the key is.
    decided_by: the item of the evidence that stands for every column.
    within: what tells several rows of one key apart. Rows that agree in it are one row in both releases; of the others
    the first is compared with the first, in order of their values.
    """

    about: str
    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...] = ()
    item: str | None = None
    evidence: str | None = None
    decided_by: str | None = None
    within: str | None = None


_OF_COURSE = ("usubjid", "course_id", "paramcd")
_WORST = tuple(f"{worst}{end}" for worst in ("btoxgr", "atoxgr30", "atoxgr90") for end in ("", "_least", "_greatest"))
# What was not understood is compared beside it (warehouse.quality.not_understood.changed).
COMPARED = (
    Compared(
        "inclusion",
        "eligibility.screening",
        ("usubjid",),
        ("is_included", "primary_criterion_id", "primary_status"),
        evidence="adam.adsl",
        decided_by="inclfl",
    ),
    Compared(
        "criterion",
        "eligibility.criterion_result",
        ("usubjid", "criterion_id"),
        ("status", "value_num", "value_txt", "value_date"),
        "criterion_id",
        "eligibility.criterion_result",
    ),
    Compared(
        "item",
        "eligibility.item",
        ("usubjid", "item"),
        ("value_num", "comparator", "low_num", "high_num", "value_txt", "value_date", "evidence_date"),
        "item",
        "eligibility.item",
    ),
    Compared("patient", "adam.adsl", ("usubjid",), evidence="adam.adsl"),
    Compared(
        "laboratory",
        "adam.adlb",
        ("usubjid", "paramcd", "adt"),
        ("aval", "avalc", "anrlo", "anrhi", "anrind", "atoxgrl", "atoxgrh"),
        "paramcd",
        within="record_id",
    ),
    Compared(
        "response", "adam.adrs", ("usubjid", "paramcd", "adt"), ("avalc",), "paramcd", "adam.adrs", within="record_id"
    ),
    *(
        Compared(about, f"adam.{name}", key, columns, "paramcd", f"adam.{name}", within="record_id")
        for about, name, key, columns in (
            ("product", "adex", _OF_COURSE, ("aval", "avalc")),
            ("kinetics", "adck", (*_OF_COURSE, "adt"), ("aval", "avalc")),
            ("toxicity", "adct", _OF_COURSE, ("aval",)),
            ("laboratory toxicity", "adlbtox", ("usubjid", "paramcd"), _WORST),
            ("burden", "adtr", ("usubjid", "paramcd", "adt"), ("aval", "pchg")),
            ("visit", "adrv", ("usubjid", "paramcd"), ("avalc", "adt")),
            ("interval", "adic", ("usubjid", "paramcd"), ("ldt", "rdt", "evntcd")),
        )
    ),
    Compared("cytokine", "adam.adcy", (*_OF_COURSE, "adt"), ("aval", "avalc"), "paramcd", within="record_id"),
    Compared(
        "adverse event",
        "adam.adae",
        ("usubjid", "aedecod", "astdt"),
        ("atoxgr", "aerel", "aendt"),
        "aedecod",
        within="record_id",
    ),
    Compared(
        "endpoint",
        "adam.adtte",
        ("usubjid", "paramcd"),
        ("startdt", "adt", "cnsr", "evntdesc", "cnsdtdsc"),
        "paramcd",
        "adam.adtte",
    ),
    Compared(
        "statistic",
        "results.ard",
        ("analysis_id", "statistic", "group_level", "comparator", "variable", "variable_level"),
        ("value", "ci_low", "ci_high", "value_txt", "n", "events"),
        within="method",
    ),
)


@dataclass(frozen=True)
class Change:
    """One value in one place. `kind`: added, removed or changed. `who`: the patient, or the analysis of a statistic.

    records: raw records that decide the value in one of the releases only, `+` new and `-` gone. Where there are none,
    those that decide it in both, without a sign: what was read into them changed.
    """

    about: str
    who: str
    item: str | None
    kind: str
    column: str
    old: str | None
    new: str | None
    records: tuple[str, ...] = ()


def diff(place: StudyPlace, old: str, new: str) -> list[Change]:
    """Changes from release `old` to release `new` of one study, sorted. Raises UnknownName for another's release."""
    return compare(release_folder(place, old), release_folder(place, new))


def compare(old: Path, new: Path) -> list[Change]:
    """The same of two folders of releases, of which the later need not be published yet.

    Only tables whose rows differ are read: of each the manifest has the hash of its sorted rows.
    """
    manifests = _manifests(old, new)
    same_people = _have_one_key(manifests)
    hashes = [{(name, told["sha256"]) for name, told in manifest.get("tables", {}).items()} for manifest in manifests]
    equal = {name for name, _ in hashes[0] & hashes[1]}
    asked = [each for each in COMPARED if each.table not in equal and (same_people or each.key[0] != "usubjid")]
    if not asked:
        return []
    with _both(old, new) as con:
        return [change for compared in asked for change in _changes(con, compared)]


def gone(old: Path, new: Path) -> frozenset[str]:
    """Subjects whom only the earlier release has screened; nobody where the two have not one key."""
    if not _have_one_key(_manifests(old, new)):
        return frozenset()
    with _both(old, new) as con:
        if "usubjid" not in _shared(con, "eligibility.screening"):
            return frozenset()
        rows = con.execute(
            "SELECT usubjid FROM before.eligibility.screening EXCEPT SELECT usubjid FROM after.eligibility.screening"
        ).fetchall()
    return frozenset(usubjid for (usubjid,) in rows)


def left_out(place: StudyPlace, old: str, new: str) -> list[str]:
    """In words what would be compared but cannot be: what only one of the releases has, or all of the patients."""
    folders = release_folder(place, old), release_folder(place, new)
    words = [] if _have_one_key(_manifests(*folders)) else ["patients (their pseudonyms are of two identity keys)"]
    with _both(*folders) as con:
        return words + [f"{name} (only in {old if side == 'before' else new})" for side, name in _in_one_only(con)]


def _manifests(old: Path, new: Path) -> list[dict[str, Any]]:
    """Both manifests. Raises UnknownName for releases of two studies."""
    manifests = [json.loads((folder / "manifest.json").read_text(encoding="utf-8")) for folder in (old, new)]
    studies = [manifest.get("study_id") for manifest in manifests]
    if studies[0] != studies[1]:
        what = f"{old.name} is of study {studies[0]}, {new.name} of {studies[1]}"
        raise UnknownName(f"{what}: two studies are never compared")
    return manifests


def _have_one_key(manifests: list[dict[str, Any]]) -> bool:
    """Whether a patient has one pseudonym in both."""
    keys = [manifest.get("ingredients", {}).get("key_id") for manifest in manifests]
    return keys[0] == keys[1]


def _in_one_only(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    tables = ", ".join(quoted(compared.table) for compared in COMPARED)
    rows = con.execute(f"""
        SELECT database_name, schema_name || '.' || table_name AS name, column_name FROM duckdb_columns()
        WHERE database_name IN ('before', 'after') AND schema_name || '.' || table_name IN ({tables})""").fetchall()
    held = {side: {(name, column) for at, name, column in rows if at == side} for side in ("before", "after")}
    whole = {side: {name for name, _ in columns} for side, columns in held.items()}
    read = {compared.table: {*compared.columns, *compared.key} for compared in COMPARED if compared.columns}
    found = set()
    for side, other in (("before", "after"), ("after", "before")):
        found |= {(side, name) for name in whole[side] - whole[other]}
        for name, column in held[side] - held[other]:
            if name in whole[other] and column in read.get(name, {column}):
                found.add((side, f"{name}.{column}"))
    return sorted(found)


@contextmanager
def _both(old: Path, new: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Both releases, attached as before and after."""
    with duckdb.connect(":memory:") as con:
        for alias, folder in (("before", old), ("after", new)):
            con.execute(f"ATTACH {quoted(str(folder / 'release.duckdb'))} AS {alias} (READ_ONLY)")
        yield con


def _changes(con: duckdb.DuckDBPyConnection, compared: Compared) -> list[Change]:
    shared = _shared(con, compared.table)
    columns = [name for name in compared.columns or shared if name in shared and name not in compared.key]
    if not columns or not set(compared.key) <= set(shared):
        return []
    same_columns = (*compared.key, "same_row", "place", "column_name")
    same = " AND ".join(f"b.{name} IS NOT DISTINCT FROM a.{name}" for name in same_columns)
    joined = ", ".join(f"coalesce(b.{name}, a.{name}) AS {name}" for name in compared.key)
    item = compared.item or (
        "column_name" if len(compared.key) == 1 else f"concat_ws(' ', {', '.join(compared.key[1:])})"
    )
    variable = "variable" if "variable" in compared.key else "NULL"
    rows = con.execute(f"""
        WITH tall AS ({_tall(compared, columns, shared)}), changed AS (
            SELECT {joined}, coalesce(b.column_name, a.column_name) AS column_name, b.value AS old, a.value AS new,
                   b.own_record AS old_record, a.own_record AS new_record,
                   CASE WHEN b.place IS NULL THEN 'added' WHEN a.place IS NULL THEN 'removed' ELSE 'changed' END AS kind
            FROM (FROM tall WHERE side = 'before') AS b FULL JOIN (FROM tall WHERE side = 'after') AS a ON {same}
            WHERE b.value IS DISTINCT FROM a.value)
        SELECT {compared.key[0]}, {item}, kind, column_name, old, new, old_record, new_record, {variable}
        FROM changed ORDER BY ALL""").fetchall()
    records = _records(con, compared) if rows else {}
    found = []
    for who, item_of_row, kind, column, old, new, old_record, new_record, read in rows:
        item_of_records = read if "analysis_id" in compared.key else compared.decided_by or item_of_row
        moved = records.get((who, item_of_records), [])
        if old_record != new_record:
            moved = [f"{sign}{one}" for sign, one in (("+", new_record), ("-", old_record)) if one]
        elif new_record:
            moved = [new_record]
        found.append(Change(compared.about, who, item_of_row, kind, column, old, new, tuple(moved)))
    unmoved = {(c.who, compared.decided_by or c.item) for c in found if not c.records}
    still = _deciding(con, compared.evidence, unmoved) if compared.evidence else {}
    return [
        change
        if change.records
        else replace(change, records=still.get((change.who, compared.decided_by or change.item), ()))
        for change in found
    ]


def _deciding(
    con: duckdb.DuckDBPyConnection, table: str, asked: set[tuple[str, str | None]]
) -> dict[tuple[str, str | None], tuple[str, ...]]:
    """By patient and item asked the raw records that decide it in the later release."""
    listed = ", ".join(f"({quoted(who)}, {quoted(item)})" for who, item in sorted(asked, key=str) if item is not None)
    if not listed or not _shared(con, "adam.evidence"):
        return {}
    rows = con.execute(
        f"SELECT usubjid, item, list(DISTINCT record_id ORDER BY record_id) FROM after.adam.evidence "
        f"SEMI JOIN (VALUES {listed}) AS asked (usubjid, item) USING (usubjid, item) "
        f"WHERE table_name = {quoted(table)} AND record_id IS NOT NULL GROUP BY ALL"
    ).fetchall()
    return {(who, item): tuple(records) for who, item, records in rows}


def _tall(compared: Compared, columns: list[str], shared: list[str]) -> str:
    """A query for both releases (side): one row a key, place (of several rows with one key) and column."""
    keys = ", ".join(compared.key)
    within = f'CAST("{compared.within}" AS VARCHAR)' if compared.within in shared else "NULL"
    own = "CAST(record_id AS VARCHAR)" if "record_id" in shared and compared.evidence is None else "NULL"
    listed = ", ".join(f'"{name}"' for name in columns)
    sides = " UNION ALL ".join(
        f"SELECT '{side}' AS side, {keys}, {within} AS told_apart, {own} AS own_record, {listed} "
        f"FROM {side}.{compared.table}"
        for side in ("before", "after")
    )
    names = ", ".join(quoted(name) for name in columns)
    values = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in columns)
    return f"""
        SELECT side, {keys}, same_row, place, own_record,
               unnest([{names}]) AS column_name, unnest([{values}]) AS value
        FROM (SELECT *, row_number() OVER (PARTITION BY side, {keys}, same_row ORDER BY {listed}) AS place
              FROM (SELECT *, CASE WHEN min(side) OVER one <> max(side) OVER one THEN told_apart END AS same_row
                    FROM ({sides}) WINDOW one AS (PARTITION BY {keys}, told_apart)))"""


def _records(con: duckdb.DuckDBPyConnection, compared: Compared) -> dict[tuple[str, str | None], list[str]]:
    """By patient and item the raw records that decide it in one of the two releases only; by analysis and variable
    those of what it reads of its patients."""
    if not _shared(con, "adam.evidence"):
        return {}
    if "analysis_id" in compared.key:
        return _records_behind(con)
    if compared.evidence is None:
        return {}
    pick = f"SELECT usubjid, item, record_id FROM {{}}.adam.evidence WHERE table_name = {quoted(compared.evidence)} "
    pick += "AND record_id IS NOT NULL"
    before, after = pick.format("before"), pick.format("after")
    found: dict[tuple[str, str | None], list[str]] = {}
    for sign, one, other in (("+", after, before), ("-", before, after)):
        for usubjid, item, record_id in con.execute(f"{one} EXCEPT {other} ORDER BY ALL").fetchall():
            found.setdefault((usubjid, item), []).append(f"{sign}{record_id}")
    return found


def _records_behind(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str | None], list[str]]:
    if not {"endpoint", "variables", "group_by"} <= set(_shared(con, "results.analysis")):
        return {}
    pick = "SELECT usubjid, item, record_id FROM {}.adam.evidence WHERE record_id IS NOT NULL"
    before, after = pick.format("before"), pick.format("after")
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE moved AS SELECT *, '+' AS sign FROM ({after} EXCEPT {before})
        UNION ALL SELECT *, '-' FROM ({before} EXCEPT {after})""")
    plan = con.execute("SELECT analysis_id, endpoint, group_by, variables FROM after.results.analysis").fetchall()
    con.execute("CREATE OR REPLACE TEMP TABLE read_item (analysis_id VARCHAR, variable VARCHAR, item VARCHAR)")
    read = [row for analysis in plan for row in _read(*analysis)]
    if read:
        listed = ", ".join(f"({', '.join('NULL' if one is None else quoted(one) for one in row)})" for row in read)
        con.execute(f"INSERT INTO read_item VALUES {listed}")
    rows = con.execute("""
        SELECT DISTINCT analysis_id, variable, sign || record_id AS moved_record
        FROM moved INNER JOIN read_item USING (item) INNER JOIN (
            SELECT analysis_id, usubjid FROM before.results.analysis_member
            UNION SELECT analysis_id, usubjid FROM after.results.analysis_member) AS member USING (analysis_id, usubjid)
        ORDER BY ALL""").fetchall()
    found: dict[tuple[str, str | None], list[str]] = {}
    for analysis_id, variable, record in rows:
        found.setdefault((analysis_id, variable), []).append(record)
    return found


def _read(
    analysis_id: str, endpoint: str | None, group_by: str | None, variables: str
) -> list[tuple[str, str | None, str]]:
    """Items of the evidence that an analysis reads for all its variables, and for each; of a model all for each."""
    always = [name for name in (endpoint, group_by, "inclfl") if name and name != "population"]
    named = [spec.get("paramcd") or spec["column"] for spec in json.loads(variables)]
    rows: list[tuple[str, str | None, str]] = [(analysis_id, None, item) for item in [*always, *named]]
    for variable in named:
        rows += [(analysis_id, variable, item) for item in [*always, *(named if endpoint else [variable])]]
    return rows


def _shared(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Columns that a table has in both releases, in the order of the later one."""
    rows = con.execute(
        "SELECT column_name FROM duckdb_columns() WHERE schema_name || '.' || table_name = ? "
        "AND database_name IN ('before', 'after') GROUP BY column_name HAVING count(*) = 2 ORDER BY max(column_index)",
        [table],
    ).fetchall()
    return [name for (name,) in rows]
