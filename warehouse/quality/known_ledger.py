"""The ledger of any past night: what was said of a delivery, from which state of knowledge on, and until which.

A ledger forgets: a refusal when the file is taken after all, an absence when the feed begins. And the time of a
delivery does not tell which night had it: what a night refuses bears a later time than the records it was built on, and
a file put there next day can bear an earlier one. So each night keeps what its ledger says where that is new. A
delivery counts from its own time, so that a state that was never built has the deliveries of its records, but from the
first night that had it where that was of an earlier state; an absence counts from ever.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from cartwright.warehouse.store_tables import quoted

_KNOWN = "known_from_at, known_until_at"


def begin(con: duckdb.DuckDBPyConnection) -> None:
    """Make the history of a house that has none, from what earlier versions kept. con: the hospital's file."""
    con.execute("""
        INSERT INTO ingest.known_ledger
        SELECT ledger.*, least(coalesce(delivered_at, '-infinity'), (SELECT min(as_of_at) FROM ingest.known_state
                                                                     WHERE read_until_at >= ledger.delivered_at)), NULL
        FROM quality.delivery_ledger AS ledger
        WHERE NOT EXISTS (FROM ingest.known_ledger)
            AND coalesce(delivered_at, '-infinity') <= (SELECT max(read_until_at) FROM ingest.known_state)""")


def keep(con: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Enter what the ledger of a night says that it did not say before. as_of: the night's state of knowledge.

    A night of the same state replaces what the one before it said. In the transaction of the caller.
    """
    con.execute(
        f"""
        UPDATE ingest.known_ledger SET known_until_at = $1
        WHERE known_until_at IS NULL AND delivery_id IN (
            SELECT delivery_id FROM (
                SELECT * EXCLUDE ({_KNOWN}) FROM ingest.known_ledger WHERE known_until_at IS NULL
                EXCEPT FROM quality.delivery_ledger))""",
        [as_of],
    )
    con.execute("DELETE FROM ingest.known_ledger WHERE known_until_at <= known_from_at")
    con.execute(
        f"""
        INSERT INTO ingest.known_ledger
        SELECT new.*, CASE WHEN EXISTS (FROM ingest.known_ledger AS old WHERE old.delivery_id = new.delivery_id)
                           THEN $1 ELSE least($1, coalesce(new.delivered_at, '-infinity')) END, NULL
        FROM (FROM quality.delivery_ledger
              EXCEPT SELECT * EXCLUDE ({_KNOWN}) FROM ingest.known_ledger WHERE known_until_at IS NULL) AS new""",
        [as_of],
    )


def ledger_then(as_of: datetime, catalog: str = "") -> str:
    """SQL of quality.delivery_ledger as it stood at a state of knowledge. catalog: of the hospital's file.

    What no night entered, as it came since or with a night of an earlier state, counts from its own time.
    """
    at = f"{catalog}." if catalog else ""
    moment = f"{quoted(as_of.isoformat())}::TIMESTAMPTZ"
    return (
        f"SELECT * EXCLUDE ({_KNOWN}) FROM {at}ingest.known_ledger "
        f"WHERE known_from_at <= {moment} AND (known_until_at IS NULL OR known_until_at > {moment}) "
        f"UNION ALL SELECT * FROM {at}quality.delivery_ledger "
        f"WHERE delivery_id NOT IN (SELECT delivery_id FROM {at}ingest.known_ledger) "
        f"AND coalesce(delivered_at, '-infinity') <= {moment}"
    )
