"""The desk from night to night: when a question was first and last asked, and whether it is still.

A night is known by its state of knowledge, so one that brings nothing changes nothing, and an earlier state that is
built again shows the desk of then: what was asked is derived anew, the days come from what was kept.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from cartwright.warehouse.desk.asked import ask


def keep(con: duckdb.DuckDBPyConnection, as_of: datetime | None) -> None:
    """Enter what tonight's data ask, and list the desk anew (quality.query). In the transaction of the caller.

    con: the hospital's file, its tables whole. as_of: the setting; an earlier state enters nothing.
    """
    ask(con)
    if as_of is None:
        for statement in _ENTER:
            con.execute(statement)
    con.execute("DELETE FROM quality.query")
    con.execute(_LIST)
    con.execute(_ANSWER)


# A question about another content of the record is another row of the same question.
_ENTER = (
    "INSERT OR REPLACE INTO desk.night SELECT as_of_at, now() FROM until",
    """UPDATE desk.query SET gone_at = (SELECT as_of_at FROM until)
       WHERE gone_at IS NULL AND NOT EXISTS (
           FROM asked
           WHERE asked.query_id = query.query_id AND asked.content_hash IS NOT DISTINCT FROM query.content_hash)""",
    """INSERT INTO desk.query BY NAME
       SELECT asked.*, (SELECT as_of_at FROM until) AS first_seen_at, NULL::TIMESTAMPTZ AS gone_at
       FROM asked
       WHERE NOT EXISTS (FROM desk.query AS kept WHERE kept.query_id = asked.query_id AND kept.gone_at IS NULL)""",
)
_LIST = """
    INSERT INTO quality.query BY NAME
    WITH kept AS (
        SELECT * FROM desk.query WHERE first_seen_at <= (SELECT as_of_at FROM until)),
    first AS (SELECT query_id, min(first_seen_at) AS first_seen_at FROM kept GROUP BY query_id),
    latest AS (
        SELECT DISTINCT ON (query_id) * FROM kept ORDER BY query_id, first_seen_at DESC, gone_at DESC NULLS FIRST),
    gone AS (
        SELECT latest.* EXCLUDE (first_seen_at, gone_at),
               greatest(first_seen_at, (SELECT max(as_of_at) FROM desk.night WHERE as_of_at < latest.gone_at
                                        AND as_of_at <= (SELECT as_of_at FROM until))) AS last_seen_at
        FROM latest ANTI JOIN asked USING (query_id)),
    listed AS (
        SELECT *, (SELECT as_of_at FROM until) AS last_seen_at, 'open' AS query_state FROM asked
        UNION ALL BY NAME SELECT *, 'gone' AS query_state FROM gone)
    SELECT listed.query_id, listed.query_kind, listed.finding_code, split_part(listed.table_name, '_', 1) AS feed_code,
           listed.table_name, person.usubjid, listed.record_id, listed.column_name, listed.value_code, listed.unit_text,
           ledger.file_name, listed.source_line, listed.query_text,
           coalesce(first.first_seen_at, listed.last_seen_at) AS first_seen_at, listed.last_seen_at, listed.query_state
    FROM listed
    LEFT JOIN first USING (query_id)
    LEFT JOIN place ON listed.record_id = place.record_id
    LEFT JOIN identity.patient_map AS person
    ON place.feed_code = person.system_code AND place.local_patient_no = person.local_patient_no
    LEFT JOIN quality.delivery_ledger AS ledger ON listed.delivery_id = ledger.delivery_id"""
# The last answer that was known by then; it holds while the record says what it said when it was asked about.
_ANSWER = """
    WITH known AS (
        SELECT coalesce((SELECT max_by(kept_at, night.as_of_at) FROM desk.night AS night
                         WHERE night.as_of_at <= until.as_of_at), as_of_at) AS kept_at FROM until),
    answer AS (
        SELECT DISTINCT ON (query_id) * FROM desk.answer
        WHERE answered_at <= (SELECT kept_at FROM known) ORDER BY query_id, answered_at DESC)
    UPDATE quality.query SET
        query_state = CASE query_state WHEN 'open' THEN 'answered' ELSE query_state END,
        answer_code = answer.answer_code, answered_by = answer.answered_by, answered_at = answer.answered_at
    FROM answer LEFT JOIN asked USING (query_id)
    WHERE query.query_id = answer.query_id
    AND (query.query_state = 'gone' OR asked.content_hash IS NOT DISTINCT FROM answer.content_hash)"""
