"""What tonight's data ask of their sources: findings, rejected records, deliveries that were not taken. Set-wise.

The same question is the same rule asking of the same column of the same record, whatever version of it. A record of a
feed is known by its key, a rejected one by the key that its text holds, else by itself. What it is asked about (the
content of the record, and the details of the findings) decides how long an answer holds.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from cartwright.warehouse.intake.contracts import Contract, load_contracts
from cartwright.warehouse.one_row import one_value
from cartwright.warehouse.quality.known_ledger import ledger_then
from cartwright.warehouse.store_tables import quoted

# Kind of question -> the sentence that asks, in the order of the desk.
KINDS = {
    "rejected": "This could not be taken: can it be sent again?",
    "not_understood": "What is meant by this?",
    "implausible": "Is this right as it stands?",
    "contradictory": "Which of these statements is right?",
    "unlinked": "What does this record belong to?",
    "missing": "Can what is missing be sent?",
}


def ask(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary tables `asked` (one row a question, as desk.query without its days) and `place` (where the records of
    these and of earlier questions stand). con: the hospital's file, whole, at the state of knowledge of meta.build."""
    con.execute("CREATE OR REPLACE TEMP TABLE until AS SELECT as_of_at FROM meta.build")
    as_of = one_value(con.execute("SELECT as_of_at FROM until"))
    con.execute(f"CREATE OR REPLACE TEMP TABLE ledger AS {ledger_then(as_of)}")
    con.execute("""
        CREATE OR REPLACE TEMP TABLE wanted AS
        SELECT record_id FROM facts.finding UNION SELECT record_id FROM desk.query WHERE record_id IS NOT NULL""")
    con.execute(f"CREATE OR REPLACE TEMP TABLE place AS {' UNION ALL '.join(map(_places, load_contracts().values()))}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE still_rejected AS {_still_rejected(con)}")
    words = ", ".join(f"({quoted(kind)}, {quoted(sentence)})" for kind, sentence in KINDS.items())
    titles = ", ".join(f"({quoted(table)}, {quoted(c.title)})" for table, c in load_contracts().items())
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE asked AS
        WITH found AS ({_FINDINGS} UNION ALL {_REJECTED} UNION ALL {_DELIVERIES}),
        said(query_kind, sentence) AS (VALUES {words}),
        feed(table_name, title) AS (VALUES {titles}),
        named AS (
            SELECT *, md5(CAST(to_json([origin, finding_code, table_name, column_name, coalesce(record_no, record_id),
                                        record_table]) AS VARCHAR)) AS query_id
            FROM found),
        detailed AS (
            SELECT *, list_sort(list_distinct(list(detail_code) OVER (PARTITION BY query_id, record_id))) AS details
            FROM named)
        SELECT DISTINCT ON (query_id)
            query_id, query_kind, finding_code, table_name,
            CASE WHEN origin <> 'delivery' THEN record_id END AS record_id,
            CASE WHEN record_table NOT IN ({_known_by_identifier()}) THEN record_no END AS record_no,
            column_name, value_code, unit_text, delivery_id, source_line,
            concat(sentence, ' ', upper(finding_code[1]), replace(finding_code[2:], '_', ' '), ' in ', title,
                   ', column ' || column_name, '. ', upper(remedy[1]), remedy[2:]) AS query_text,
            md5(concat_ws('|', content_hash, CAST(details AS VARCHAR))) AS content_hash
        FROM detailed JOIN said USING (query_kind) JOIN feed USING (table_name)
        ORDER BY query_id, delivered_at DESC, record_id, value_code, unit_text""")


# The record of a finding can be one of another table, such as the infusion where nobody recorded the toxicity.
_FINDINGS = """
    SELECT 'finding' AS origin, kind.query_kind, finding.finding_code, finding.table_name, finding.column_name,
           finding.record_id, place.record_no, place.table_name AS record_table, finding.detail_code,
           finding.value_code, finding.unit_text, finding.remedy, place.delivery_id, place.source_line,
           place.delivered_at, place.content_hash
    FROM facts.finding AS finding
    JOIN standards.finding_kind AS kind ON finding.finding_code = kind.finding_code
    LEFT JOIN place ON finding.record_id = place.record_id"""
_REJECTED = """
    SELECT 'rejected', 'rejected', reason.reason_code, held.table_name, reason.column_name, held.record_id,
           held.record_no, held.table_name, NULL, NULL, NULL, reason.remedy, held.delivery_id,
           reason.source_line, held.delivered_at, held.content_hash
    FROM still_rejected AS held
    JOIN quality.rejected_record AS reason
    ON held.record_id = reason.record_id AND held.delivery_id = reason.delivery_id"""
_DELIVERIES = """
    SELECT 'delivery', CASE status WHEN 'refused' THEN 'rejected' ELSE 'missing' END, 'delivery_' || status, table_name,
           NULL, delivery_id, NULL, table_name, NULL, NULL, NULL, coalesce(message, 'The ledger has no message.'),
           delivery_id, NULL, delivered_at, md5(coalesce(message, ''))
    FROM ledger WHERE status IN ('refused', 'absent')"""


def _known_by_identifier() -> str:
    """SQL list of the tables whose key identifies somebody: it is not kept with the question."""
    found = [
        quoted(contract.table)
        for contract in load_contracts().values()
        for column in contract.columns
        if column.name == contract.key[0] and column.phi != "none"
    ]
    return ", ".join(found)


def _places(contract: Contract) -> str:
    """SQL of the records of one table that a question was ever about."""
    patient = f'"{contract.patient}"' if contract.patient else "NULL"
    return f"""
        SELECT {quoted(contract.table)} AS table_name, {quoted(contract.feed)} AS feed_code, record_id,
               CAST("{contract.key[0]}" AS VARCHAR) AS record_no, {patient} AS local_patient_no, delivery_id,
               source_line, delivered_at, content_hash
        FROM raw.{contract.table} SEMI JOIN wanted USING (record_id)"""


def _still_rejected(con: duckdb.DuckDBPyConnection) -> str:
    """SQL of the rejected records that their source may still hold, and in whose place no sound one came later."""
    rows = con.execute("SELECT DISTINCT table_name FROM quarantine.rejected_record ORDER BY 1").fetchall()
    contracts = [load_contracts()[table] for (table,) in rows]
    keys = " ".join(f"WHEN {quoted(c.table)} THEN json_extract_string(raw_text, '$.{c.key[0]}')" for c in contracts)
    key = f"CASE WHEN json_valid(raw_text) THEN CASE held.table_name {keys} END END" if contracts else "NULL"
    return f"""
        WITH rejected AS (
            SELECT held.record_id, held.delivery_id, held.table_name, {key} AS record_no,
                   md5(held.raw_text) AS content_hash, ledger.delivered_at
            FROM quarantine.rejected_record AS held JOIN ledger USING (delivery_id)
            WHERE ledger.rejected_count > 0 AND held.record_id NOT IN (
                SELECT record_id FROM quarantine.vanished_record WHERE gone_at <= (SELECT as_of_at FROM until))),
        sound(table_name, record_no, sound_at) AS ({_sound(contracts)})
        SELECT rejected.* FROM rejected LEFT JOIN sound USING (table_name, record_no)
        WHERE sound_at IS NULL OR sound_at <= rejected.delivered_at"""


def _sound(contracts: Iterable[Contract]) -> str:
    """SQL of the last loaded record of each rejected one's key."""
    parts = [
        f"""SELECT {quoted(c.table)}, CAST("{c.key[0]}" AS VARCHAR) AS record_no, max(delivered_at) FROM raw.{c.table}
            WHERE CAST("{c.key[0]}" AS VARCHAR) IN (SELECT record_no FROM rejected WHERE table_name = {quoted(c.table)})
            AND delivered_at <= (SELECT as_of_at FROM until) GROUP BY ALL"""
        for c in contracts
    ]
    return " UNION ALL ".join(parts) or "SELECT NULL::VARCHAR, NULL::VARCHAR, NULL::TIMESTAMPTZ WHERE false"
