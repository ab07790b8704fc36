"""The file of a study: its own tables, and every table of the hospital under the hospital's name, to be read only.

A connection to it reads what one build file would hold. The hospital is attached as `hospital_file`; views lead there.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from cartwright.warehouse.connect import open_private
from cartwright.warehouse.not_found import NoRelease, UnknownName
from cartwright.warehouse.quality.known_ledger import ledger_then
from cartwright.warehouse.schemas import BOOKS, HOSPITAL_LAYERS, STORE
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.store_tables import DDL, OF_A_STUDY, quoted, statements
from cartwright.warehouse.study.place import HOSPITAL, NO_NAMES, StudyPlace
from cartwright.warehouse.threads import spare
from cartwright.warehouse.transaction import transaction

# Schemas that only the hospital fills; of the shared ones the tables that the store keeps.
_HOSPITAL_SCHEMAS = (*STORE, *HOSPITAL_LAYERS)
_SHARED = tuple(name for name in DDL if name not in OF_A_STUDY and name.partition(".")[0] in BOOKS)


def open_study(settings: Settings, place: StudyPlace, may_name: bool = False) -> duckdb.DuckDBPyConnection:
    """The private file of a study, created if absent, with the hospital beside it.

    may_name: whether the hospital's file may be written, as published ids are entered there. Raises NoRelease where no
    hospital was ever built, UnknownName for an id that is the name of a schema.
    """
    if place.study_id in NO_NAMES:
        raise UnknownName(f"a study cannot be called {place.study_id}, as tables are kept under that name; rename it")
    if not settings.build_db.exists():
        raise NoRelease(f"no hospital has been built at {settings.build_db}: run a whole night first")
    con = open_private(settings, place.build_db)
    try:
        con.execute(attachment(settings, may_name))
        spare(con)
        with transaction(con):
            for statement in statements(OF_A_STUDY):
                con.execute(statement)
    except BaseException:
        con.close()
        raise
    return con


def attachment(settings: Settings, may_write: bool = False) -> str:
    """The statement that puts the hospital beside the file of a study."""
    return f"ATTACH {quoted(str(settings.build_db))} AS {HOSPITAL}{'' if may_write else ' (READ_ONLY)'}"


def show_hospital(con: duckdb.DuckDBPyConnection, as_of: datetime | None = None) -> None:
    """Make the views that lead to the hospital's tables of tonight; of its books what was written by `as_of`."""
    old = con.execute(
        "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = current_database() AND NOT internal"
    ).fetchall()
    new = con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? AND "
        "(list_contains(?, schema_name) OR list_contains(?, schema_name || '.' || table_name)) ORDER BY ALL",
        [HOSPITAL, list(_HOSPITAL_SCHEMAS), list(_SHARED)],
    ).fetchall()
    with transaction(con):
        for schema, name in old:
            con.execute(f'DROP VIEW {schema}."{name}"')
        for schema in sorted({schema for schema, _ in new}):
            con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for schema, name in new:
            held = f'SELECT * FROM {HOSPITAL}.{schema}."{name}"'
            shown = _then(f"{schema}.{name}", held, as_of) if as_of else held
            con.execute(f'CREATE VIEW {schema}."{name}" AS {shown}')


def _then(table: str, held: str, as_of: datetime) -> str:
    """SQL: what was known of a table of the books at a state of knowledge."""
    ledger = ledger_then(as_of, HOSPITAL)
    if table == "quality.delivery_ledger":
        return ledger
    if table == "quality.rejected_record":
        return f"{held} WHERE delivery_id IN (SELECT delivery_id FROM ({ledger}) WHERE rejected_count > 0)"
    if table == "quality.unmapped_content":
        return f"{held} WHERE file_name IN (SELECT file_name FROM ({ledger}))"
    return held


def bring_checks(con: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Enter the hospital's checks of this run beside the study's own: its publication demands them, too."""
    with transaction(con):
        for table in ("check_result", "failing_key"):
            con.execute(
                f"INSERT INTO quality.{table} SELECT theirs.* FROM {HOSPITAL}.quality.{table} AS theirs "
                f"WHERE theirs.run_id = $1 AND NOT EXISTS (FROM quality.{table} AS own "
                "WHERE own.run_id = $1 AND own.check_id = theirs.check_id AND own.table_name = theirs.table_name)",
                [run_id],
            )


def forget_replaced_checks(con: duckdb.DuckDBPyConnection, run_id: str, built_by: str) -> None:
    """Of each table that this run has judged anew, drop what the night that built the hospital said of the study.

    A study that was corrected and is run alone would else be judged by its mistake, and its checks counted twice.
    """
    if run_id == built_by:
        return
    replaced = (
        "SELECT before.check_id, before.table_name FROM quality.check_result AS before WHERE before.run_id = $1 "
        "AND EXISTS (FROM quality.check_result AS anew WHERE anew.run_id = $2 AND anew.writer = before.writer "
        "AND anew.layer = before.layer AND anew.table_name = before.table_name) "
        f"AND NOT EXISTS (FROM {HOSPITAL}.quality.check_result AS theirs WHERE theirs.run_id = $1 "
        "AND theirs.check_id = before.check_id AND theirs.table_name = before.table_name)"
    )
    with transaction(con):
        for table in ("failing_key", "check_result"):
            con.execute(
                f"DELETE FROM quality.{table} WHERE run_id = $1 AND (check_id, table_name) IN ({replaced})",
                [built_by, run_id],
            )
