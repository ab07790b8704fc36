"""The resource every asset shares: the settings of this house, its build file, and the right to write it alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb

from warehouse import connect
from warehouse.settings import Settings
from warehouse.writer import sole_writer

POOL = "build_file"  # limit 1 in dagster.yaml: whatever writes the build file waits for its turn
OWNERS = ["team:clinical-data"]


class Night(dg.ConfigurableResource):
    """Settings and connections of the run; the lock is held for as long as the run lives."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Night"]:
        with sole_writer(self.settings):
            yield self

    @property
    def settings(self) -> Settings:
        return Settings()

    @property
    def workshop(self) -> Path:
        """Folder for what one asset leaves for the next: figures, the report, dbt's artefacts. Restricted."""
        folder = self.settings.restricted / "workshop"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def build_file(self) -> duckdb.DuckDBPyConnection:
        """The build file, open for writing; close it (`with`) before dbt or the gates need it."""
        return connect.open_build(self.settings)
