"""Great Expectations on DuckDB, which it does not know by itself: a datasource and an execution engine.

Importing this module imports Great Expectations (seconds), so import it inside the function that runs checks.
"""

from __future__ import annotations

import builtins
import os

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from sqlalchemy.engine import Connection


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Keeps one connection open: a DuckDB result is empty once its connection is closed, and GX fetches late."""

    _kept: Connection | None = None

    @contextmanager
    def get_connection(self) -> Iterator[Connection]:
        if self._kept is None:
            self._kept = self.engine.connect()
        yield self._kept

    def attach(self, path: Path, alias: str) -> None:
        """Let the kept connection read another file, too."""
        with self.get_connection() as con:
            con.exec_driver_sql(f"ATTACH '{str(path).replace(chr(39), 2 * chr(39))}' AS {alias} (READ_ONLY)")

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        super().close()


class DuckDBDatasource(SQLDatasource):
    """Registers itself with GX as `context.data_sources.add_duckdb`."""

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]

    @property
    def execution_engine_type(self) -> builtins.type[SqlAlchemyExecutionEngine]:  # `type` is a field here
        return DuckDBExecutionEngine
