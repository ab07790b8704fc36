"""What the files say of the study and the release that they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version

import duckdb

from cartwright.warehouse.one_row import one_row


@dataclass(frozen=True)
class About:
    """`moment`: as of when the release tells, UTC."""

    study_id: str
    title: str
    release_id: str
    moment: datetime
    data_cut_date: date
    is_simulated: bool
    version: str

    @property
    def study_oid(self) -> str:
        return self.study_id.upper()

    @property
    def as_of(self) -> str:
        return self.moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def originator(self) -> str:
        return "SIMULATED: none of these patients exists" if self.is_simulated else "The hospital of the house"

    def version_oid(self, standard: str) -> str:
        return f"MDV.{self.study_oid}.{standard.upper()}"


def about(con: duckdb.DuckDBPyConnection, release_id: str) -> About:
    """Of the release that `con` reads."""
    study_id, title = one_row(con.execute("SELECT study_id, title FROM study.study"))
    moment, cut, simulated = one_row(con.execute("SELECT as_of_at, data_cut_date, is_simulated FROM meta.build"))
    return About(study_id, title, release_id, moment.astimezone(UTC), cut, simulated, version("cartwright"))
