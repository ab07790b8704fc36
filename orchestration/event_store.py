"""Dagster's SQLite event store with its connections kept: a night has more than a thousand events.

The stock store makes a new engine for every event: SQLAlchemy compiles every statement anew, and SQLite, when its last
connection closes, moves the write-ahead log into the file and waits for the disk. Configured in dagster.yaml; the
files are where and what the stock ones are, and either store reads the other's.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event

from cartwright.orchestration.dagster_private import ConfigurableClassData, SqliteEventLogStorage

BUSY_SECONDS = 60
KEPT_FILES = 8  # one index and one file a run: a web server that reads many runs must not hold them all open


class KeptSqliteEventStore(SqliteEventLogStorage):
    """One connection a file, for the files used last; the lock of the stock store lets in one user at a time."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "KeptSqliteEventStore":
        return cls(str(Path(os.environ["DAGSTER_HOME"]) / "history" / "runs"), inst_data)

    def has_table(self, table_name: str) -> bool:
        """As the stock store, which opens the index anew for every event of a table; what is there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engines.pop(shard, None)
            if engine is None:
                engine = _engine(self.conn_string_for_shard(shard))
                self._initdb(engine)
            self._engines[shard] = engine  # the used last are at the end
            while len(self._engines) > KEPT_FILES:
                self._engines.pop(next(iter(self._engines))).dispose()
            with engine.begin() as connection:
                yield connection


def _engine(address: str) -> Engine:
    engine = create_engine(
        address, poolclass=StaticPool, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def do_not_wait_for_the_disk(connection: Any, record: object) -> None:
        """In WAL mode a power failure then costs the last events, never the file."""
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine
