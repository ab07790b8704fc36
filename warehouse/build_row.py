"""The coordinates of a build: what was known (as of T) and what had happened (data cut) when it counts."""

from __future__ import annotations

import datetime as dt
from datetime import UTC, datetime

import duckdb

from cartwright.warehouse.hospital.definition import load_hospital
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.one_row import one_value
from cartwright.warehouse.quality import known_ledger
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.transaction import transaction


def write_build_row(con: duckdb.DuckDBPyConnection, settings: Settings, horizon: dt.date) -> None:
    """Fill meta.build of the hospital. `horizon`: the latest data cut of the studies that are built on it.

    Without CARTWRIGHT_AS_OF everything delivered counts: T is the time of the newest delivery, so that a night that
    brings nothing builds the same release again.
    """
    as_of = settings.as_of or _newest_delivery(con)
    with transaction(con):
        if settings.as_of is None:
            con.execute("INSERT OR IGNORE INTO ingest.known_state (as_of_at) VALUES (?)", [as_of])
            known_ledger.keep(con, as_of)
            con.execute("UPDATE quarantine.vanished_record SET gone_at = ? WHERE gone_at IS NULL", [as_of])
        con.execute("DELETE FROM meta.build")
        con.execute(
            "INSERT INTO meta.build VALUES (?, ?, ?, ?)",
            [as_of, horizon, load_hospital(settings.hospital).zone, settings.simulated_marker.exists()],
        )


def known_until(con: duckdb.DuckDBPyConnection) -> datetime | None:
    """The latest state of knowledge that was built. What comes later was not known then, whatever its own time says.

    con: the hospital's file.
    """
    return one_value(con.execute("SELECT max(as_of_at) FROM ingest.known_state"))


def write_study_row(con: duckdb.DuckDBPyConnection) -> None:
    """Fill meta.build of a study: the hospital's coordinates with its own data cut (schema study must be loaded)."""
    con.execute("DELETE FROM meta.build")
    con.execute("""
        INSERT INTO meta.build
        SELECT hospital.as_of_at, study.data_cut_date, hospital.hospital_zone, hospital.is_simulated
        FROM hospital_file.meta.build AS hospital CROSS JOIN study.study AS study""")


def _newest_delivery(con: duckdb.DuckDBPyConnection) -> datetime:
    tables = " UNION ALL ".join(f"SELECT max(delivered_at) AS t FROM raw.{table}" for table in load_contracts())
    newest = one_value(con.execute(f"SELECT max(t) FROM ({tables})"))
    return newest or datetime(1900, 1, 1, tzinfo=UTC)
