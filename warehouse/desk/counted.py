"""The questions that a study's release shows, counted for its page."""

from __future__ import annotations

from typing import Any

import duckdb

from cartwright.warehouse.desk.asked import KINDS

NIGHTS = 14  # the latest on which the desk changed
# What a release carries (warehouse/release/releases.py): questions about the screened, and about nobody.
_SHOWN = "quality.query WHERE usubjid IS NULL OR usubjid IN (SELECT usubjid FROM eligibility.screening)"


def by_source(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """One row a kind and system, in the order of the desk: open_count, answered_count, gone_count, and open_since, the
    day of the oldest open one. con: the file of a study."""
    return _rows(
        con,
        f"""SELECT query_kind, feed_code,
                   count(*) FILTER (WHERE query_state = 'open') AS open_count,
                   count(*) FILTER (WHERE query_state = 'answered') AS answered_count,
                   count(*) FILTER (WHERE query_state = 'gone') AS gone_count,
                   strftime(min(first_seen_at) FILTER (WHERE query_state = 'open'), '%Y-%m-%d') AS open_since
            FROM {_SHOWN} GROUP BY query_kind, feed_code ORDER BY list_position($1, query_kind), feed_code""",
        [list(KINDS)],
    )


def by_night(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """One row a night on which a question came or went, the latest last: night (day), new_count, gone_count (not asked
    any more), asked_count."""
    return _rows(
        con,
        f"""WITH shown AS (FROM {_SHOWN}),
            night AS (
                SELECT as_of_at, lag(as_of_at) OVER (ORDER BY as_of_at) AS before_at FROM desk.night
                WHERE as_of_at <= (SELECT as_of_at FROM meta.build)),
            counted AS (
                SELECT night.as_of_at,
                       count(*) FILTER (WHERE first_seen_at = night.as_of_at) AS new_count,
                       count(*) FILTER (WHERE query_state = 'gone' AND last_seen_at = before_at) AS gone_count,
                       count(*) FILTER (WHERE first_seen_at <= night.as_of_at AND last_seen_at >= night.as_of_at)
                           AS asked_count
                FROM night CROSS JOIN shown GROUP BY night.as_of_at),
            latest AS (
                FROM counted WHERE new_count + gone_count > 0 ORDER BY as_of_at DESC LIMIT ?)
            SELECT strftime(as_of_at, '%Y-%m-%d %H:%M') AS night, new_count, gone_count, asked_count
            FROM latest ORDER BY as_of_at""",
        [NIGHTS],
    )


def _rows(con: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    cursor = con.execute(query, values)
    names = [name for name, *_ in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
