"""What the ledger says of tonight's feeds: late, refused, or with unusually many or few records.

What is usual is learnt from each table's own deliveries; before there are enough of them nobody can say.
"""

from __future__ import annotations

from datetime import date

import duckdb

from cartwright.warehouse.alarms.alarm import Alarm
from cartwright.warehouse.counted import counted
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.one_row import one_row

ENOUGH = 8  # deliveries, before tonight's, from which the usual is learnt
LOOKED_AT = 30  # the latest of them: habits change
UNUSUAL = 3  # times more, or fewer, than nearly all of them
FEW_RECORDS = 20  # differences below this are chance
GONE_SHARE = 0.1  # of the rows of a table of the EHR that may vanish in a night


def alarms(con: duckdb.DuckDBPyConnection, zone: str, today: date | None) -> list[Alarm]:
    """con: the build file, after the feeds were read. `zone`: the hospital's. `today`: of its calendar; without it, as
    for simulated feeds, the day of the newest delivery."""
    return [*late(con, zone, today), *refused(con), *unusual(con), *vanished(con)]


def late(con: duckdb.DuckDBPyConnection, zone: str, today: date | None) -> list[Alarm]:
    """Tables of files that have been silent for longer than nearly every pause before, by a day and more.

    A pause is counted in days between deliveries; the longest of thirty may be an outage, so it does not count.
    """
    rows = con.execute(
        f"""
        WITH delivered AS (
            SELECT DISTINCT table_name, CAST(delivered_at AT TIME ZONE $2 AS DATE) AS delivery_date
            FROM quality.delivery_ledger
            WHERE status IN ('loaded', 'empty') AND list_contains($1, table_name)),
        pause AS (
            SELECT table_name, delivery_date,
                   delivery_date - lag(delivery_date) OVER (PARTITION BY table_name ORDER BY delivery_date) AS days,
                   row_number() OVER (PARTITION BY table_name ORDER BY delivery_date DESC) AS back
            FROM delivered)
        SELECT table_name, max(delivery_date), quantile_disc(days, 0.95) FILTER (back <= {LOOKED_AT}), count(days),
               (SELECT max(delivery_date) FROM delivered)
        FROM pause GROUP BY table_name ORDER BY table_name""",
        [_of_files(), zone],
    ).fetchall()
    found = []
    for table, newest, usual, pauses, newest_of_all in rows:
        silent = ((today or newest_of_all) - newest).days
        if pauses >= ENOUGH and silent > usual + 1:
            words = f"{table}: nothing delivered for {silent} days, usually at most {usual}"
            found.append(Alarm("feed_late", words, subject=f"{table} {newest}"))
    absent = con.execute(
        "SELECT table_name FROM quality.delivery_ledger WHERE status = 'absent' ORDER BY table_name"
    ).fetchall()
    return found + [Alarm("feed_late", f"{table}: never delivered", subject=f"{table} never") for (table,) in absent]


def refused(con: duckdb.DuckDBPyConnection) -> list[Alarm]:
    """Deliveries of which nothing was taken."""
    rows = con.execute(
        "SELECT table_name, count(*), string_agg(delivery_id, ' ' ORDER BY delivery_id) FROM quality.delivery_ledger "
        "WHERE status = 'refused' GROUP BY table_name ORDER BY table_name"
    ).fetchall()
    return [
        Alarm(
            "delivery_refused", f"{table}: {counted(count, 'delivery', 'deliveries')} refused", subject=f"{table} {ids}"
        )
        for table, count, ids in rows
    ]


def unusual(con: duckdb.DuckDBPyConnection) -> list[Alarm]:
    """Newest deliveries with less than a third, or more than three times, of what nearly all before them had.

    The first delivery of a table brings years at once and tells nothing of a night.
    """
    rows = con.execute(f"""
        WITH delivery AS (
            SELECT table_name, delivery_id, records_count,
                   min(delivered_at) OVER (PARTITION BY table_name) = delivered_at AS is_first,
                   row_number() OVER (PARTITION BY table_name ORDER BY delivered_at DESC, delivery_id DESC) AS back
            FROM quality.delivery_ledger WHERE status IN ('loaded', 'empty'))
        SELECT newest.table_name, newest.delivery_id, newest.records_count,
               quantile_disc(earlier.records_count, 0.05), quantile_disc(earlier.records_count, 0.95)
        FROM delivery AS newest
        INNER JOIN delivery AS earlier
            ON earlier.table_name = newest.table_name AND earlier.back BETWEEN 2 AND {LOOKED_AT + 1}
            AND NOT earlier.is_first
        WHERE newest.back = 1 GROUP BY ALL HAVING count(*) >= {ENOUGH} ORDER BY newest.table_name""").fetchall()
    found = []
    for table, delivery_id, count, low, high in rows:
        is_drop = count * UNUSUAL < low and low - count >= FEW_RECORDS
        is_jump = count > high * UNUSUAL and count - high >= FEW_RECORDS
        if is_drop or is_jump:
            words = f"{table}: {counted(count, 'record')} in the newest delivery, usually {low:,} to {high:,}"
            found.append(Alarm("records_unusual", words, subject=delivery_id))
    return found


def vanished(con: duckdb.DuckDBPyConnection) -> list[Alarm]:
    """Tables of the EHR of which a tenth of the rows and more were gone at the last look."""
    found = []
    for contract in load_contracts().values():
        if contract.source.kind != "table":
            continue
        key = ", ".join(f'"{name}"' for name in contract.key)
        answer = con.execute(f"""
            WITH newest AS (
                SELECT is_deleted, delivered_at, max(delivered_at) OVER () AS last_look
                FROM raw.{contract.table}
                QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY delivered_at DESC, record_id DESC) = 1)
            SELECT count(*) FILTER (is_deleted AND delivered_at = last_look), count(*) FILTER (NOT is_deleted),
                   max(last_look)
            FROM newest""")
        gone, held, at = one_row(answer)
        if gone >= FEW_RECORDS and gone >= GONE_SHARE * (gone + held):
            words = f"{contract.table}: {gone:,} of {counted(gone + held, 'row')} no longer in the EHR"
            found.append(Alarm("records_unusual", words, subject=f"{contract.table} {at}"))
    return found


def _of_files() -> list[str]:
    return [name for name, contract in load_contracts().items() if contract.source.kind != "table"]
