"""A build file without the space of what was deleted: DuckDB gives none back, so the file is written anew and proved.

Results of checks stay in the releases for good; of the build files those of forgotten runs go.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import duckdb

from cartwright.warehouse.disk import sync
from cartwright.warehouse.one_row import one_row
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.store_tables import quoted

_OF_RUNS = ("quality.check_result", "quality.failing_key")
_OLD, _NEW = "held", "compacted"


class NotEqual(RuntimeError):
    """The file that was written anew is not the old one; the old one stays."""


def compact(settings: Settings, path: Path, known_runs: Collection[str]) -> tuple[int, int]:
    """Write one build file anew, without the checks of other runs than `known_runs`. Returns bytes before and after.

    The caller holds the lock of the build file. Killed anywhere, the old file or the new one is there. Raises NotEqual
    when a table, a comment or a constraint would differ.
    """
    before, aside = path.stat().st_size, path.with_name(f".{path.name}.compacted")
    aside.unlink(missing_ok=True)
    old_mask = os.umask(0o077)
    try:
        _forget(path, known_runs)
        with duckdb.connect(":memory:") as con:
            con.execute(f"SET memory_limit = {quoted(settings.memory_limit)}")
            con.execute(f"ATTACH {quoted(str(path))} AS {_OLD} (READ_ONLY)")
            con.execute(f"ATTACH {quoted(str(aside))} AS {_NEW}")
            con.execute(f"COPY FROM DATABASE {_OLD} TO {_NEW}")
            _prove(con)
            con.execute(f"CHECKPOINT {_NEW}")
        sync(aside)
        os.replace(aside, path)
        sync(path.parent)
    finally:
        os.umask(old_mask)
        aside.unlink(missing_ok=True)
        aside.with_name(f"{aside.name}.wal").unlink(missing_ok=True)
    return before, path.stat().st_size


def _forget(path: Path, known_runs: Collection[str]) -> None:
    """Delete the checks of forgotten runs, and bring the write-ahead log into the file."""
    with duckdb.connect(path) as con:
        held = {
            f"{schema}.{table}"
            for schema, table in con.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()"
            ).fetchall()
        }
        for table in held.intersection(_OF_RUNS):
            con.execute(f"DELETE FROM {table} WHERE NOT list_contains($1, run_id)", [list(known_runs)])
        con.execute("CHECKPOINT")


def _prove(con: duckdb.DuckDBPyConnection) -> None:
    for what, columns in (
        ("tables", "schema_name, table_name, comment"),
        ("columns", "schema_name, table_name, column_name, data_type, is_nullable, column_default, comment"),
        ("constraints", "schema_name, table_name, constraint_type, constraint_text"),
        ("views", "schema_name, view_name, sql"),
    ):
        old, new = (
            con.execute(
                f"SELECT {columns} FROM duckdb_{what}() WHERE database_name = ? ORDER BY ALL", [database]
            ).fetchall()
            for database in (_OLD, _NEW)
        )
        if old != new:
            raise NotEqual(f"the {what} would not be the same; the build file stays as it is")
    for schema, table in con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ?", [_OLD]
    ).fetchall():
        was, now = (_content(con, f'{database}.{schema}."{table}"') for database in (_OLD, _NEW))
        if was != now:
            raise NotEqual(f"{schema}.{table} would not be the same; the build file stays as it is")


def _content(con: duckdb.DuckDBPyConnection, table: str) -> tuple:
    """Rows, and a hash that does not mind their order."""
    return one_row(con.execute(f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)) FROM {table} AS t"))
