"""The resource every asset shares: the settings of this house, its files, and the right to write them alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb

from cartwright.warehouse import connect, house
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study import build_file as study_file
from cartwright.warehouse.study.place import StudyPlace
from cartwright.warehouse.writer import sole_writer

POOL = "build_file"  # limit 1 in dagster.yaml: whatever writes the build file waits for its turn
OWNERS = ["team:clinical-data"]
FULL = "cartwright/full"  # a run with this tag makes everything anew


class Night(dg.ConfigurableResource):
    """Settings and connections of the run; the lock is held for as long as the run lives.

    as_of: of this run alone, what CARTWRIGHT_AS_OF is of a process: an earlier state of knowledge, for who starts it
    from the pages.
    """

    as_of: str = ""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Night"]:
        with sole_writer(self.settings):
            log = context.log or dg.get_dagster_logger()
            for line in house.move_in(self.settings):
                log.info(line)
            yield self

    @property
    def settings(self) -> Settings:
        return Settings(as_of=datetime.fromisoformat(self.as_of)) if self.as_of else Settings()

    def place(self, study_id: str) -> StudyPlace:
        """Where a study of this night lives. Raises when the setting does not list it any more."""
        for place in self.settings.places():
            if place.study_id == study_id:
                place.workshop.mkdir(mode=0o700, parents=True, exist_ok=True)
                return place
        raise dg.Failure(f"{study_id} is no longer in CARTWRIGHT_STUDIES: load the definitions again")

    @property
    def workshop(self) -> Path:
        """Folder for what dbt writes beside the hospital's tables. Restricted."""
        folder = self.settings.restricted / "workshop"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def build_file(self) -> duckdb.DuckDBPyConnection:
        """The hospital's file, open for writing; close it (`with`) before dbt or the gates need it."""
        return connect.open_build(self.settings)

    def study_file(self, study_id: str, may_name: bool = False) -> duckdb.DuckDBPyConnection:
        """A study's file, open for writing, with the hospital beside it (may_name: to be written); close it, too."""
        return study_file.open_study(self.settings, self.place(study_id), may_name)
