"""What the store noticed about the feeds tonight, as check results of the writer `warehouse`. None of it blocks."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from cartwright.warehouse.counted import counted
from cartwright.warehouse.hospital.definition import load_hospital
from cartwright.warehouse.identity import subjects as identity
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.intake.landing import strange_entries
from cartwright.warehouse.one_row import one_row, one_value
from cartwright.warehouse.quality.check_results import CheckResult, Outcome
from cartwright.warehouse.settings import Settings


def results(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[CheckResult]:
    """All findings, after the feeds were read and identities refreshed. Keys are record ids, delivery ids or files."""
    contracts = load_hospital(settings.hospital).contracts().values()
    links = one_value(con.execute("SELECT count(*) FROM raw.ehr_patient_link"))
    conflicts, merged = identity.conflicts(con), identity.merged(con)
    strange = [entry.shown for entry in strange_entries(settings.feeds, contracts)]
    return [
        _finding(
            "warehouse.one_person_per_local_number",
            "raw.ehr_patient_link",
            conflicts,
            links,
            message=counted(
                len(conflicts),
                "local number is linked to two persons and counts as unlinked",
                "local numbers are linked to two persons and count as unlinked",
            ),
            why="One number linked to two persons would mix their records.",
            remedy="Withdraw the wrong link in the patient index.",
            endangers="every result of the patients concerned",
        ),
        _finding(
            "warehouse.no_person_merged",
            "raw.ehr_patient_link",
            merged,
            links,
            message=f"{counted(len(merged), 'link')} moved to another person: the pseudonym of its records changed",
            why="A merge of two persons changes which records belong together.",
            remedy="Confirm the merge with the owner of the patient index.",
            endangers="comparisons with earlier releases",
        ),
        _finding(
            "warehouse.files_recognised",
            "quality.delivery_ledger",
            strange,
            max(len(strange), 1),
            message=counted(
                len(strange),
                "entry of the landing zone belongs to no feed table, or cannot be read",
                "entries of the landing zone belong to no feed table, or cannot be read",
            ),
            why="A misnamed delivery is never read, and nobody would notice.",
            remedy="`cartwright feeds check` says which and why: name it <source>_<YYYYMMDD>.<format> in a folder "
            "named by its day, let the night read it, or take it away.",
            endangers="whatever the file was meant to bring",
        ),
        _unmapped(con),
        *_deliveries(con),
        *_unlinked(con),
        *_set_back(con),
    ]


def _unmapped(con: duckdb.DuckDBPyConnection) -> CheckResult:
    answer = con.execute("""
        SELECT coalesce(sum(records_count) FILTER (WHERE kind = 'record'), 0)::BIGINT,
               count(DISTINCT (resource, path)) FILTER (WHERE kind = 'path'),
               (SELECT count(*) FROM ingest.mapped_file)
        FROM quality.unmapped_content""")
    records, paths, files = one_row(answer)
    return _finding(
        "warehouse.exports_mapped",
        "quality.unmapped_content",
        [],
        files,
        failing=records + paths,
        message=f"{records} records of the FHIR and REDCap exports fit no map, and {paths} of their paths and fields "
        "hold values that no map reads",
        why="What no map reads is in no table, however well it was recorded.",
        remedy="quality.unmapped_content lists them; add maps and paths to fhir.yml or redcap.yml for what is needed.",
        endangers="whatever the hospital believes to have sent",
    )


def _deliveries(con: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    rows = con.execute("""
        SELECT table_name, list(delivery_id ORDER BY delivery_id) FILTER (WHERE status IN ('refused', 'absent')),
               count(*), sum(rejected_count)::BIGINT, sum(records_count)::BIGINT
        FROM quality.delivery_ledger GROUP BY table_name ORDER BY table_name""").fetchall()
    found = []
    for table, not_taken, deliveries, rejected, records in rows:
        found.append(
            _finding(
                "warehouse.deliveries_taken",
                f"raw.{table}",
                not_taken or [],
                deliveries,
                message=f"{counted(len(not_taken or []), 'delivery', 'deliveries')} of {table} refused or missing; "
                "the ledger says why",
                why="What was not taken is missing from every result.",
                remedy="Do what the message of the ledger entry says; a refused delivery is tried again every night.",
                endangers=f"every model that reads raw.{table}",
            )
        )
        found.append(
            _finding(
                "warehouse.records_taken",
                f"raw.{table}",
                [],
                records,
                failing=rejected,
                message=f"{rejected} of {records} records of {table} are in quarantine",
                why="A rejected record is missing from every result.",
                remedy="quality.rejected_record has line, column and remedy of each; send the records again.",
                endangers=f"every model that reads raw.{table}",
            )
        )
    return found


def _set_back(con: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    found = []
    for contract in load_contracts().values():
        if contract.source.kind == "table":
            key, (version,) = ", ".join(f'"{name}"' for name in contract.key), contract.version
            rows = con.execute(f"""
                SELECT list(record_id ORDER BY record_id) FILTER (WHERE "{version}" <= shown_before), count(*) FROM (
                    SELECT record_id, is_deleted, "{version}",
                           max("{version}") OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS shown_before,
                           lead(record_id) OVER w IS NULL AS is_last
                    FROM raw.{contract.table}
                    WINDOW w AS (PARTITION BY {key} ORDER BY delivered_at, "{version}", record_id DESC))
                WHERE is_last AND NOT is_deleted""")
            keys, total = one_row(rows)
            found.append(
                _finding(
                    "warehouse.rows_newly_written",
                    f"raw.{contract.table}",
                    keys or [],
                    total,
                    message=f"{counted(len(keys or []), 'row')} of {contract.table} set back to an older "
                    f"{version}, changed without a new one, or deleted and put back: what stands there now counts",
                    why="A restored backup or a script that sets no time changes results and leaves no trace.",
                    remedy="Confirm the restore, or have whatever writes the rows set the time.",
                    endangers="comparisons with earlier releases",
                )
            )
    return found


def _unlinked(con: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    return [
        _finding(
            "warehouse.every_record_linked",
            f"raw.{table}",
            [],
            total,
            failing=missing,
            message=f"{counted(missing, 'record')} of {table} with a patient number that is not in the patient index",
            why="A record without a person is kept, but counts for nobody.",
            remedy="Add the number to the patient index.",
            endangers="whatever would be derived from these records",
        )
        for table, missing, total in identity.unlinked(con)
    ]


def _finding(
    check_id: str, table: str, keys: Sequence[str], checked: int, failing: int | None = None, **texts: str
) -> CheckResult:
    failing = len(keys) if failing is None else failing
    outcome: Outcome = "failed" if failing else "passed" if checked else "not_applicable"
    return CheckResult(
        check_id, "warehouse", "raw", table, "convention", outcome, failing, checked, failing_keys=keys, **texts
    )
