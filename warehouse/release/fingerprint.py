"""What a release is made of, in one short name: equal inputs give an equal id, known before anything is built."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import duckdb

from cartwright.warehouse.hospital.definition import folder_digest
from cartwright.warehouse.identity.key import key_id
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.one_row import one_row, one_value
from cartwright.warehouse.settings import CHECKOUT, Settings
from cartwright.warehouse.study.own_sql import sql_digest
from cartwright.warehouse.study.place import StudyPlace

_SOURCES = ("sql", "analysis", "warehouse", "expectations", "orchestration", "requirements/base.lock")
_MADE = {"sql/target", "sql/logs", "sql/dbt_packages", "sql/.user.yml"}  # what dbt writes beside its sources


def ingredients(con: duckdb.DuckDBPyConnection, settings: Settings, place: StudyPlace) -> dict[str, object]:
    """Everything the release id depends on: raw content as of T and what was not taken of it, what sources answered,
    hospital, study definition, code, T, how far the hospital's facts reach, how much is drawn at random, the identity
    key, and what is exported beside the tables.

    con: the file of the study. Needs meta.build and schema study.
    """
    as_of = one_value(con.execute("SELECT as_of_at FROM meta.build"))
    return {
        "raw": {table: _raw_digest(con, table, as_of) for table in load_contracts()},
        "not_taken": _not_taken_digest(con),
        "answers": _answers_digest(con),
        "hospital": folder_digest(settings.hospital),
        "study": {name: table_digest(con, f"study.{name}")[1] for name in _tables(con, "study")},
        "study_sql": sql_digest(place.folder),
        "code": code_digest(),
        "as_of_at": as_of.isoformat(),
        "horizon": one_value(con.execute("SELECT data_cut_date FROM hospital_file.meta.build")).isoformat(),
        "resampling": settings.resampling,
        "key_id": key_id(settings),
        **({"exports": ["cdisc"]} if settings.cdisc else {}),
    }


def release_id(con: duckdb.DuckDBPyConnection, settings: Settings, place: StudyPlace) -> str:
    """16 hex digits naming the release that the present inputs give."""
    return _sha256(json.dumps(ingredients(con, settings, place), sort_keys=True))[:16]


def table_digest(con: duckdb.DuckDBPyConnection, table: str) -> tuple[int, str]:
    """(rows, hash of the content) of a table; the hash depends on column names and values, not on the order of rows."""
    columns = [name for name, *_ in con.execute(f"SELECT * FROM {table} LIMIT 0").description]
    query = (
        "SELECT count(*), sum(md5_number_lower(t)), sum(md5_number_upper(t)) "
        f"FROM (SELECT CAST(to_json(r) AS VARCHAR) AS t FROM {table} AS r)"
    )
    rows, *sums = one_row(con.execute(query))
    return rows, _sha256(json.dumps([columns, rows, [str(s) for s in sums]]))


@cache
def code_digest(checkout: Path = CHECKOUT) -> str:
    """Hash of everything that decides what a night computes: SQL, statistics, store, gates, order, library versions.

    Raises FileNotFoundError when a part is missing: an id of half the code would be none.
    """
    digest = hashlib.sha256()
    for path in sources(checkout):
        digest.update(f"{path.as_posix()}\n".encode() + hashlib.sha256((checkout / path).read_bytes()).digest())
    return digest.hexdigest()


def sources(checkout: Path) -> list[Path]:
    """The files that decide, below the checkout. Raises FileNotFoundError when a part is missing."""
    found: list[Path] = []
    for part in _SOURCES:
        place = checkout / part
        files = [place] if place.is_file() else [path for path in sorted(place.rglob("*")) if path.is_file()]
        if not files:
            raise FileNotFoundError(f"{place} is missing: the release id is made of it; install again")
        found += [path.relative_to(checkout) for path in files]
    return [path for path in found if not _is_made(path)]


def _is_made(path: Path) -> bool:
    return "__pycache__" in path.parts or bool(_MADE & {parent.as_posix() for parent in (path, *path.parents)})


def _raw_digest(con: duckdb.DuckDBPyConnection, table: str, as_of: object) -> list[str]:
    # The record id of a tombstone holds the moment somebody looked; the fact of the deletion is what counts.
    query = f"""
        SELECT count(*), sum(md5_number_lower(CASE WHEN is_deleted THEN 'deleted' ELSE record_id END || content_hash))
        FROM raw.{table} WHERE delivered_at <= ?"""
    return [str(figure) for figure in one_row(con.execute(query, [as_of]))]


def _not_taken_digest(con: duckdb.DuckDBPyConnection) -> str:
    """Refused and absent deliveries and quarantined records: the release tells of them, so it must change with them."""
    rows = con.execute("""
        SELECT table_name, file_name, message FROM quality.delivery_ledger WHERE status IN ('refused', 'absent')
        UNION ALL SELECT DISTINCT table_name, record_id, column_name FROM quality.rejected_record ORDER BY ALL""")
    return _sha256(json.dumps(rows.fetchall()))


def _answers_digest(con: duckdb.DuckDBPyConnection) -> str:
    """The answers that hold: the release shows them."""
    rows = con.execute("""
        SELECT query_id, answer_code, answered_by, answered_at::VARCHAR FROM quality.query
        WHERE answer_code IS NOT NULL ORDER BY ALL""")
    return _sha256(json.dumps(rows.fetchall()))


def _tables(con: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    query = """
        SELECT table_name FROM duckdb_tables()
        WHERE schema_name = ? AND database_name = current_database() ORDER BY table_name"""
    return [name for (name,) in con.execute(query, [schema]).fetchall()]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
