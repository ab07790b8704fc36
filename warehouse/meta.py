"""The coordinates of a build: what was known (as of T) and what had happened (data cut) when it counts."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

from warehouse.contracts import load_contracts
from warehouse.hospital import load_hospital
from warehouse.settings import Settings


def write_build_row(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Fill meta.build from the settings, the hospital and the study definition (schema study must be loaded).

    Without CARTWRIGHT_AS_OF everything delivered counts: T is the time of the newest delivery, so that a night that
    brings nothing builds the same release again.
    """
    as_of = settings.as_of or _newest_delivery(con)
    con.execute("DELETE FROM meta.build")
    con.execute(
        "INSERT INTO meta.build SELECT ?, data_cut_date, ?, ? FROM study.study",
        [as_of, load_hospital(settings.hospital).zone, settings.simulated_marker.exists()],
    )


def _newest_delivery(con: duckdb.DuckDBPyConnection) -> datetime:
    tables = " UNION ALL ".join(f"SELECT max(delivered_at) AS t FROM raw.{table}" for table in load_contracts())
    newest = con.execute(f"SELECT max(t) FROM ({tables})").fetchone()[0]
    return newest or datetime(1900, 1, 1, tzinfo=UTC)
