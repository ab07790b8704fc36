"""How much of the tables of one side a night makes anew: everything, only the touched subjects, or nothing.

Every table of the models holds rows of one subject each, or says that it does not. What was built is written down in
schema `built` of each side's file: what decides everything (a fingerprint), the deliveries and links that the hospital
was built from, the content of tables without subjects that its models read, and which subjects each night made anew. A
build that did not end has no such record, and the next one makes everything anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

import duckdb

from cartwright.warehouse.built import made
from cartwright.warehouse.built.touched import deliveries, has_news, touched_subjects, were_changed
from cartwright.warehouse.counted import counted
from cartwright.warehouse.hospital.definition import folder_digest
from cartwright.warehouse.identity.key import key_id
from cartwright.warehouse.one_row import one_row, one_value
from cartwright.warehouse.release.fingerprint import code_digest
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.place import HOSPITAL
from cartwright.warehouse.transaction import transaction

# Rows are added as texts come, and what stands in a row follows from the program, the hospital's folder and the key.
_LOOKED_UP = {"ingest.unit_reading", "identity.sent_text"}


@dataclass(frozen=True)
class Scope:
    """`subjects`: those that are made anew, None for all; `changed`: tables without subjects that are not as they were;
    `is_nothing`: whether no record, link or table is otherwise. `words` say it and why.
    """

    words: str
    subjects: frozenset[str] | None = None
    changed: frozenset[str] = frozenset()
    is_nothing: bool = False


EVERYTHING = Scope("everything")


def fingerprint(settings: Settings, sql: str) -> str:
    """Hash of what decides every row: the program, the SQL as compiled, the hospital's folder, the key of the ids."""
    parts = [code_digest(), sql, folder_digest(settings.hospital), key_id(settings), str(settings.as_of)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def of_hospital(con: duckdb.DuckDBPyConnection, settings: Settings, decides: str, inputs: Collection[str]) -> Scope:
    """What tonight's deliveries and links ask for. con: the hospital's file; `decides`: its `fingerprint`; `inputs`:
    tables without subjects that its models read."""
    if settings.as_of is not None:
        return Scope("everything: an earlier state of knowledge is built")
    if reason := _why_everything(con, decides):
        return Scope(reason)
    if were_changed(con):
        return Scope("everything: records that were held are not as they were")
    subjects, changed = frozenset(touched_subjects(con)), _changed(con, inputs)
    return _told(con, subjects, changed, has_news(con), "identity.patient_map")


def of_study(con: duckdb.DuckDBPyConnection, settings: Settings, decides: str, inputs: Collection[str]) -> Scope:
    """What the hospital made anew since this study was built. con: the file of the study, the hospital beside it."""
    if settings.as_of is not None:
        return Scope("everything: an earlier state of knowledge is built")
    if reason := _why_everything(con, decides):
        return Scope(reason)
    nights, (stood_on,) = _nights_of_hospital(con), one_row(con.execute("SELECT night_id FROM built.state"))
    if stood_on not in nights:
        return Scope("everything: the hospital's tables were all made anew")
    query = f"SELECT DISTINCT usubjid FROM {HOSPITAL}.built.subject WHERE night_no > ?"
    subjects = frozenset(subject for (subject,) in con.execute(query, [nights[stood_on]]).fetchall())
    return _told(con, subjects, _changed(con, inputs), nights[stood_on] < max(nights.values()), "sdtm.dm")


def _nights_of_hospital(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Builds of the hospital since everything was made anew, in order. None of a file that an earlier program wrote."""
    with suppress(duckdb.CatalogException):
        return dict(con.execute(f"SELECT night_id, night_no FROM {HOSPITAL}.built.night").fetchall())
    return {}


def _why_everything(con: duckdb.DuckDBPyConnection, decides: str) -> str:
    built = con.execute("SELECT fingerprint FROM built.state").fetchone()
    if built is None:
        return "everything: nothing was built, or the last build did not end"
    if built != (decides,):
        return "everything: the program, its SQL, the hospital's folder, the study or a setting changed"
    return ""


def _told(
    con: duckdb.DuckDBPyConnection, subjects: frozenset[str], changed: frozenset[str], is_news: bool, persons: str
) -> Scope:
    if not (subjects or changed or is_news):
        return Scope("nothing: no input changed", subjects, is_nothing=True)
    everybody = one_value(con.execute(f"SELECT count(DISTINCT usubjid) FROM {persons}"))
    also = f"; also what reads {', '.join(sorted(changed))}" if changed else ""
    return Scope(f"{len(subjects):,} of {counted(everybody, 'subject')}{also}", subjects, changed)


def begin(con: duckdb.DuckDBPyConnection, is_nothing: bool = False) -> None:
    """From here on the tables of this side are of two nights, until `finish`. is_nothing: none is made anew."""
    con.execute("DELETE FROM built.state")
    if not is_nothing:
        made.enter(con, made.MODELS)


def forget_nights(con: duckdb.DuckDBPyConnection) -> None:
    """Every study builds everything when it is built next. con: the hospital's file."""
    con.execute("DELETE FROM built.night")
    con.execute("DELETE FROM built.subject")


def finish_hospital(
    con: duckdb.DuckDBPyConnection, decides: str, inputs: Collection[str], scope: Scope, made: Collection[str]
) -> None:
    """Write down what the hospital was built from. made: the subjects made anew, unless everything was."""
    with transaction(con):
        if scope.subjects is None:
            forget_nights(con)
        last = con.execute("SELECT night_no, night_id FROM built.night ORDER BY night_no DESC LIMIT 1").fetchone()
        night_no, night_id = last or (0, "")
        if not scope.is_nothing:
            night_no, night_id = night_no + 1, uuid4().hex
            con.execute("INSERT INTO built.night VALUES (?, ?)", [night_no, night_id])
            con.execute("INSERT INTO built.subject SELECT ?, unnest(?::VARCHAR[])", [night_no, sorted(made)])
        con.execute("DELETE FROM built.delivery")
        con.execute(f"INSERT INTO built.delivery {deliveries()}")
        con.execute("DELETE FROM built.link")
        con.execute("INSERT INTO built.link SELECT system_code, local_patient_no, usubjid FROM identity.patient_map")
        _finish(con, decides, night_id, inputs)


def finish_study(con: duckdb.DuckDBPyConnection, decides: str, inputs: Collection[str]) -> None:
    """Write down what this study was built from."""
    nights = _nights_of_hospital(con)
    with transaction(con):
        _finish(con, decides, max(nights, key=nights.__getitem__, default=""), inputs)


def _finish(con: duckdb.DuckDBPyConnection, decides: str, night_id: str, inputs: Collection[str]) -> None:
    con.execute("DELETE FROM built.input")
    for table in sorted(inputs):
        con.execute("INSERT INTO built.input VALUES (?, ?)", [table, _content(con, table)])
    con.execute("DELETE FROM built.state")
    con.execute("INSERT INTO built.state VALUES (?, ?)", [decides, night_id])


def _changed(con: duckdb.DuckDBPyConnection, inputs: Collection[str]) -> frozenset[str]:
    """Tables without subjects whose content is not that of the last build."""
    known = dict(con.execute("SELECT table_name, content FROM built.input").fetchall())
    return frozenset(table for table in inputs if known.get(table) != _content(con, table))


def _content(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """A hash that does not mind the order of rows. That a build knows of later deliveries is said by these."""
    if table in _LOOKED_UP:
        return ""
    rows = f"(SELECT * EXCLUDE (as_of_at) FROM {table})" if table == "meta.build" else table
    return json.dumps(
        [
            str(part)
            for part in one_row(con.execute(f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)) FROM {rows} AS t"))
        ]
    )
