"""The tables that the store itself keeps beside the feeds: ledger, quarantine, identities, check results.

`quality` and `meta` are published; `quarantine`, `ingest`, `identity` and `desk` never leave the restricted zone.
"""

from __future__ import annotations

from collections.abc import Collection

SCHEMAS = ("raw", "ingest", "quarantine", "identity", "desk", "meta", "hospital", "quality", "built")

_OF_A_DELIVERY = """
        table_name VARCHAR, file_name VARCHAR, delivered_at TIMESTAMPTZ,
        records_count BIGINT, loaded_count BIGINT, rejected_count BIGINT, duplicate_count BIGINT,
        status VARCHAR, message VARCHAR"""

DDL = {
    "quality.delivery_ledger": f"delivery_id VARCHAR PRIMARY KEY, {_OF_A_DELIVERY}",
    "quality.rejected_record": """
        record_id VARCHAR, delivery_id VARCHAR, table_name VARCHAR, source_line BIGINT, column_name VARCHAR,
        reason_code VARCHAR, value_class VARCHAR, remedy VARCHAR""",
    "quality.unmapped_content": """
        file_name VARCHAR, delivered_at TIMESTAMPTZ, kind VARCHAR, resource VARCHAR, path VARCHAR, records_count BIGINT,
        map_id VARCHAR""",
    "quality.query": """
        query_id VARCHAR, query_kind VARCHAR, finding_code VARCHAR, feed_code VARCHAR, table_name VARCHAR,
        usubjid VARCHAR, record_id VARCHAR, column_name VARCHAR, value_code VARCHAR, unit_text VARCHAR,
        file_name VARCHAR, source_line BIGINT, query_text VARCHAR, first_seen_at TIMESTAMPTZ, last_seen_at TIMESTAMPTZ,
        query_state VARCHAR, answer_code VARCHAR, answered_by VARCHAR, answered_at TIMESTAMPTZ""",
    "quality.check_result": """
        run_id VARCHAR, check_id VARCHAR, writer VARCHAR, layer VARCHAR, table_name VARCHAR, severity VARCHAR,
        outcome VARCHAR, failing_count BIGINT, checked_count BIGINT, message VARCHAR, why VARCHAR, remedy VARCHAR,
        endangers VARCHAR""",
    "quality.failing_key": "run_id VARCHAR, check_id VARCHAR, table_name VARCHAR, record_key VARCHAR",
    "quarantine.rejected_record": """
        record_id VARCHAR, delivery_id VARCHAR, table_name VARCHAR, source_line BIGINT, version_hash VARCHAR,
        raw_text VARCHAR""",
    # Rejected records that their source, which shows everything each night, shows no more; since which state.
    "quarantine.vanished_record": "record_id VARCHAR PRIMARY KEY, table_name VARCHAR, gone_at TIMESTAMPTZ",
    "ingest.delivery_file": """
        delivery_id VARCHAR, table_name VARCHAR, path VARCHAR, size_bytes BIGINT, modified_ns BIGINT, sha256 VARCHAR""",
    "ingest.layout": "table_name VARCHAR PRIMARY KEY, columns VARCHAR",
    "ingest.layout_step": "done_at TIMESTAMPTZ, table_name VARCHAR, what VARCHAR, is_told BOOLEAN",
    "ingest.mapped_file": "path VARCHAR, size_bytes BIGINT, modified_ns BIGINT, map_id VARCHAR",
    "ingest.unit_reading": """
        unit_text VARCHAR, ucum VARCHAR, base_unit VARCHAR, factor DOUBLE, list_id VARCHAR""",
    "ingest.hospital_night": "run_id VARCHAR",
    # Every state of knowledge that was built. read_until_at: of houses from before there was a history of the ledger.
    "ingest.known_state": "as_of_at TIMESTAMPTZ PRIMARY KEY, read_until_at TIMESTAMPTZ",
    # What the ledger said, from one state of knowledge to another (warehouse/quality/known_ledger).
    "ingest.known_ledger": f"""
        delivery_id VARCHAR, {_OF_A_DELIVERY}, known_from_at TIMESTAMPTZ, known_until_at TIMESTAMPTZ""",
    # Questions to the sources (warehouse/desk). A row of desk.query is a question about one content of a record.
    "desk.night": "as_of_at TIMESTAMPTZ PRIMARY KEY, kept_at TIMESTAMPTZ",
    "desk.query": """
        query_id VARCHAR, query_kind VARCHAR, finding_code VARCHAR, table_name VARCHAR, record_id VARCHAR,
        record_no VARCHAR, column_name VARCHAR, value_code VARCHAR, unit_text VARCHAR, delivery_id VARCHAR,
        source_line BIGINT, query_text VARCHAR, content_hash VARCHAR, first_seen_at TIMESTAMPTZ, gone_at TIMESTAMPTZ""",
    "desk.answer": """
        query_id VARCHAR, content_hash VARCHAR, answer_code VARCHAR, answer_text VARCHAR, answered_by VARCHAR,
        answered_at TIMESTAMPTZ""",
    "identity.person": "enterprise_no VARCHAR PRIMARY KEY, usubjid VARCHAR, key_id VARCHAR",
    "identity.known_key": "key_id VARCHAR PRIMARY KEY, since_at TIMESTAMPTZ",
    "identity.published_id": "source_text VARCHAR, published_id VARCHAR, key_id VARCHAR",
    "identity.sent_text": "source_text VARCHAR, tag VARCHAR, key_id VARCHAR",
    "identity.link": "system_code VARCHAR, local_patient_no VARCHAR, enterprise_no VARCHAR, record_id VARCHAR",
    "identity.patient_map": """
        system_code VARCHAR, local_patient_no VARCHAR, enterprise_no VARCHAR, usubjid VARCHAR""",
    "meta.build": """
        as_of_at TIMESTAMPTZ, data_cut_date DATE, hospital_zone VARCHAR, is_simulated BOOLEAN""",
    # What the tables of this side were last built from (warehouse/built).
    "built.state": "fingerprint VARCHAR, night_id VARCHAR",
    "built.input": "table_name VARCHAR, content VARCHAR",
    "built.made": "step VARCHAR, inputs VARCHAR",
    # What the last release of a study showed (warehouse/release/carry).
    "built.release": "release_id VARCHAR, basis VARCHAR, carried_count INTEGER",
    "built.release_row": "table_name VARCHAR, usubjid VARCHAR, row_count BIGINT, hash_sum HUGEINT",
    "built.shown_text": "kind VARCHAR, value VARCHAR, shown VARCHAR",
    "built.night": "night_no BIGINT, night_id VARCHAR",
    "built.subject": "night_no BIGINT, usubjid VARCHAR",
    "built.delivery": "table_name VARCHAR, delivery_id VARCHAR, records_count BIGINT",
    "built.link": "system_code VARCHAR, local_patient_no VARCHAR, usubjid VARCHAR",
}

COMMENTS = {
    "quality.delivery_ledger": "One row a delivery: what came and was taken. Records = loaded + rejected + duplicates.",
    "quality.delivery_ledger.delivery_id": "Identifies the delivery.",
    "quality.delivery_ledger.table_name": "Feed table the delivery belongs to.",
    "quality.delivery_ledger.file_name": "File below the landing folder of the feed, or the table of the EHR.",
    "quality.delivery_ledger.delivered_at": "When it was delivered (UTC).",
    "quality.delivery_ledger.records_count": "Records in the delivery.",
    "quality.delivery_ledger.loaded_count": "Records taken into the warehouse.",
    "quality.delivery_ledger.rejected_count": "Records put into quarantine.",
    "quality.delivery_ledger.duplicate_count": "Records already held with the same content.",
    "quality.delivery_ledger.status": "loaded, empty (no records), refused (nothing of it was taken) or absent.",
    "quality.delivery_ledger.message": "What was noticed, and how to repair it.",
    "quality.rejected_record": "One row for each reason a record was put into quarantine, without its content.",
    "quality.rejected_record.record_id": "Identifies the record; its text stands in the restricted quarantine.",
    "quality.rejected_record.delivery_id": "Delivery it came with.",
    "quality.rejected_record.table_name": "Feed table.",
    "quality.rejected_record.source_line": "Line of the file (Parquet: row); empty for database rows.",
    "quality.rejected_record.column_name": "Column at fault; empty when the record as a whole is.",
    "quality.rejected_record.reason_code": "What is wrong.",
    "quality.rejected_record.value_class": "What kind of value stood there; never the value.",
    "quality.rejected_record.remedy": "How the sender repairs it.",
    "quality.unmapped_content": "What the maps leave out of FHIR and REDCap exports: one row a file and thing.",
    "quality.unmapped_content.file_name": "File of the export.",
    "quality.unmapped_content.delivered_at": "When it was delivered (UTC).",
    "quality.unmapped_content.kind": "record (it fits no map) or path (no map reads the values there).",
    "quality.unmapped_content.resource": "Resource of FHIR or instrument of REDCap.",
    "quality.unmapped_content.path": "Path in the resource, or field.",
    "quality.unmapped_content.records_count": "Records that fit no map, or that hold a value there.",
    "quality.unmapped_content.map_id": "Names the maps that were in force.",
    "quality.query": "One row a question to a source: what of its records cannot be used, and what came of asking.",
    "quality.query.query_id": "Names the question: the same rule asking of the same record, night after night.",
    "quality.query.query_kind": "rejected, not_understood, implausible, unlinked, contradictory or missing (but due).",
    "quality.query.finding_code": "Rule that asks: a finding, the reason of a rejection, or a delivery not taken.",
    "quality.query.feed_code": "System that is asked: lis, ris or ehr.",
    "quality.query.table_name": "Feed table, by its contract.",
    "quality.query.usubjid": "Subject; empty where nobody could be found for the record.",
    "quality.query.record_id": "Record, in the version that is asked about; empty for a delivery.",
    "quality.query.column_name": "Column that it is about; empty for the record as a whole.",
    "quality.query.value_code": "Code as it was sent, where the question is about one.",
    "quality.query.unit_text": "Unit as it was sent, where the question is about one.",
    "quality.query.file_name": "Delivery that brought the record: file, or table of the EHR.",
    "quality.query.source_line": "Line of the file (Parquet: row); empty for database rows.",
    "quality.query.query_text": "What is asked, to be sent as it stands.",
    "quality.query.first_seen_at": "State of knowledge of the first night that asked it (UTC).",
    "quality.query.last_seen_at": "State of knowledge of the last night that asked it (UTC).",
    "quality.query.query_state": "open, answered (and asked still), or gone (the last night had no reason to ask).",
    "quality.query.answer_code": "How the source answered: corrected_at_source, confirmed_as_is, cannot_be_known or "
    "not_a_fault. It holds for the content of the record that was asked about.",
    "quality.query.answered_by": "Who answered; keyed in a release.",
    "quality.query.answered_at": "When the answer was read (UTC).",
    "quality.check_result": "One row a check and table of this run.",
    "quality.check_result.run_id": "Run that made the check.",
    "quality.check_result.check_id": "Name of the check.",
    "quality.check_result.writer": "Who checked: gx (what arrives and leaves), dbt (between models), warehouse.",
    "quality.check_result.layer": "Layer of the table.",
    "quality.check_result.table_name": "Table that was checked.",
    "quality.check_result.severity": "fatal (blocks the release), convention or characterisation.",
    "quality.check_result.outcome": "error, not_applicable, failed or passed.",
    "quality.check_result.failing_count": "Rows that fail.",
    "quality.check_result.checked_count": "Rows that were checked.",
    "quality.check_result.message": "What was found, without patient values.",
    "quality.check_result.why": "Why the check exists.",
    "quality.check_result.remedy": "How to repair what it finds.",
    "quality.check_result.endangers": "Which results a failure endangers.",
    "quality.failing_key": "Keys of the rows that fail a check.",
    "quality.failing_key.run_id": "Run that made the check.",
    "quality.failing_key.check_id": "Name of the check.",
    "quality.failing_key.table_name": "Table that was checked.",
    "quality.failing_key.record_key": "Record id or pseudonymous subject.",
    "meta.build": "The coordinates of this build; one row.",
    "meta.build.as_of_at": "State of knowledge: only what was delivered by this moment counts (UTC).",
    "meta.build.data_cut_date": "Nothing that happened after this local date counts.",
    "meta.build.hospital_zone": "Time zone of the hospital's clocks and calendar dates.",
    "meta.build.is_simulated": "true: the feeds are made up by the simulator.",
}


def quoted(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


# What the file of a study has of its own beside its models: its coordinates, its checks, what it was built from.
OF_A_STUDY = (
    *("meta.build", "quality.check_result", "quality.failing_key", "built.state", "built.input", "built.made"),
    *("built.release", "built.release_row", "built.shown_text"),
)


def statements(only: Collection[str] = tuple(DDL)) -> list[str]:
    """Everything that turns an empty database into one with these tables (without the raw tables); default: all."""
    return creations(only) + comments(only)


def creations(only: Collection[str] = tuple(DDL)) -> list[str]:
    """The schemas and the tables themselves."""
    schemas = SCHEMAS if set(only) == set(DDL) else sorted({name.partition(".")[0] for name in only})
    made = [f"CREATE SCHEMA IF NOT EXISTS {schema}" for schema in schemas]
    return made + [f"CREATE TABLE IF NOT EXISTS {name} ({DDL[name]})" for name in only]


def comments(only: Collection[str] = tuple(DDL)) -> list[str]:
    """What the tables and their columns say of themselves."""
    made = []
    for name, comment in COMMENTS.items():
        parts = name.split(".")
        if ".".join(parts[:2]) in only:
            made.append(f"COMMENT ON {'TABLE' if len(parts) == 2 else 'COLUMN'} {name} IS {quoted(comment)}")
    return made
