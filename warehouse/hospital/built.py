"""Which run built the hospital's tables as they are: a study can be built alone only on a hospital that is whole."""

from __future__ import annotations

import duckdb

from cartwright.warehouse.not_found import NoRelease


def begin(con: duckdb.DuckDBPyConnection) -> str | None:
    """New records may come in: from here on the tables behind them are of another night. con: the hospital's file.

    Returns the run that had built them, for who finds that none came.
    """
    found = con.execute("DELETE FROM ingest.hospital_night RETURNING run_id").fetchone()
    return found[0] if found else None


def finish(con: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Every table of the hospital was built by this run. con: the hospital's file."""
    begin(con)
    con.execute("INSERT INTO ingest.hospital_night VALUES (?)", [run_id])


def built_by(con: duckdb.DuckDBPyConnection) -> str:
    """The run that built the hospital. con: the file of a study. Raises NoRelease while the hospital is not whole."""
    found = con.execute("SELECT run_id FROM hospital_file.ingest.hospital_night").fetchone()
    if found is None:
        raise NoRelease("the tables of the hospital are not those of its records: run a whole night first")
    return found[0]
