"""One night of one feed table, in one transaction: a crash leaves the table as it was.

Reading a delivery again changes nothing. The invariant, checked for every delivery before anything is kept:
records delivered = loaded + rejected + exact duplicates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb

from cartwright.warehouse.counted import counted
from cartwright.warehouse.hospital.definition import load_hospital
from cartwright.warehouse.intake import read_ehr as ehr
from cartwright.warehouse.intake.columns import Refusal
from cartwright.warehouse.intake.contracts import Contract
from cartwright.warehouse.intake.database_rows import RowIntake
from cartwright.warehouse.intake.desk import Counts
from cartwright.warehouse.intake.file_records import FileIntake
from cartwright.warehouse.intake.landing import Delivery, new_deliveries, short_hash
from cartwright.warehouse.one_row import one_value
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.transaction import transaction

_CHUNK_BYTES = 256 << 20  # bytes of files judged at a time: bounds memory, whatever a first load brings
_PACKED = 8  # how much bigger a compressed file is as text, roughly


@dataclass
class IngestReport:
    """What one table's night brought. `problems` are sentences for people; they hold no patient values.

    `hidden`: names of files that may not be published, by what stands for them; for the restricted zone only.
    """

    table: str
    delivered: int = 0
    loaded: int = 0
    rejected: int = 0
    duplicates: int = 0
    deleted: int = 0
    deliveries: int = 0
    problems: list[str] = field(default_factory=list)
    hidden: dict[str, str] = field(default_factory=dict, repr=False)


def ingest_table(
    con: duckdb.DuckDBPyConnection, contract: Contract, settings: Settings, now: datetime | None = None
) -> IngestReport:
    """Take what is new for one feed table. `now` is the moment of the night (UTC), by default the clock.

    A delivery that cannot be taken is refused as a whole, entered in the ledger and named in the report; the others
    are taken. Raises HospitalError, and else only for faults of the warehouse itself (InvariantError, duckdb.Error),
    after rolling back.
    """
    report, contract = IngestReport(contract.table), load_hospital(settings.hospital).contract(contract)
    take = _take_table if contract.source.kind == "table" else _take_files
    with transaction(con):
        take(con, contract, settings, now or datetime.now(UTC), report)
    return report


def _take_files(
    con: duckdb.DuckDBPyConnection, contract: Contract, settings: Settings, now: datetime, report: IngestReport
) -> None:
    deliveries = new_deliveries(con, contract, settings.feeds, now)
    intake = FileIntake(con, contract)
    chunks = ([each] for each in deliveries) if contract.is_versioned_by_delivery else _chunks(deliveries)
    for chunk in chunks:
        vanished = intake.stage_files(chunk)
        counts = intake.settle()
        if vanished:
            intake.bury(chunk[0])
            words = counted(
                vanished,
                "record is no longer in the export and counts",
                "records are no longer in the export and count",
            )
            chunk[0].note(f"{words} as deleted")
            report.deleted += vanished
        for delivery in chunk:
            _enter(con, delivery, counts.get(delivery.number, (0, 0, 0, 0)), report)
        _remember(con, [delivery for delivery in chunk if not delivery.refusal])
    _note_absence(con, contract, report)


def _take_table(
    con: duckdb.DuckDBPyConnection, contract: Contract, settings: Settings, now: datetime, report: IngestReport
) -> None:
    name, refused_id = contract.source.name, short_hash(contract.table, "refused")
    query = "SELECT count(*) FROM quality.delivery_ledger WHERE table_name = ? AND status <> 'refused'"
    nights = one_value(con.execute(query, [contract.table]))
    delivery = Delivery(
        0, short_hash(contract.table, str(nights), now.isoformat()), contract.table, name, name, name, now
    )
    intake = RowIntake(con, contract, now)
    try:
        with ehr.connected(settings, contract.zone) as source:
            if contract.optional and not nights and ehr.lacks_table(source, contract):
                return  # a hospital without such a table; one that had it is refused below
            report.deleted = intake.stage_table(source, delivery)
    except Refusal as refusal:
        delivery.delivery_id, delivery.refusal = refused_id, str(refusal)
        _enter(con, delivery, (0, 0, 0, 0), report)
        return
    con.execute("DELETE FROM quality.delivery_ledger WHERE delivery_id = ?", [refused_id])
    counts = intake.settle().get(0, (0, 0, 0, 0))
    if report.deleted:
        intake.bury(delivery)
        delivery.note(
            counted(
                report.deleted,
                "row is no longer in the table and counts as deleted",
                "rows are no longer in the table and count as deleted",
            )
        )
    _, loaded, rejected, _ = counts
    if not nights or loaded or rejected or report.deleted:  # a night that brought nothing leaves no entry
        _enter(con, delivery, counts, report)


def _enter(con: duckdb.DuckDBPyConnection, delivery: Delivery, counts: Counts, report: IngestReport) -> None:
    """One row of the ledger, and its figures into the report. What is refused again was delivered when it was first."""
    records, loaded, rejected, duplicates = counts
    status = "refused" if delivery.refusal else "loaded" if records else "empty"
    notes = [delivery.refusal] if delivery.refusal else list(delivery.notes)
    if rejected:
        notes.append(f"{rejected} of {records} records rejected, see quality.rejected_record")
    message = "; ".join(notes) or None
    first = con.execute(
        "SELECT delivered_at FROM quality.delivery_ledger WHERE delivery_id = ? AND status = ? AND status = 'refused'",
        [delivery.delivery_id, status],
    ).fetchone()
    delivered_at = first[0] if first else delivery.delivered_at
    con.execute(
        "INSERT OR REPLACE INTO quality.delivery_ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [delivery.delivery_id, delivery.table, delivery.shown, delivered_at, *counts, status, message],
    )
    report.deliveries += 1
    report.delivered += records
    report.loaded += loaded
    report.rejected += rejected
    report.duplicates += duplicates
    if delivery.shown != delivery.name:
        report.hidden[delivery.shown] = delivery.name
    if message:
        report.problems.append(f"{delivery.shown}: {message}")


def _remember(con: duckdb.DuckDBPyConnection, deliveries: list[Delivery]) -> None:
    if deliveries:
        con.executemany(
            "INSERT INTO ingest.delivery_file VALUES (?, ?, ?, ?, ?, ?)",
            [[d.delivery_id, d.table, d.name, d.size, d.modified_ns, d.sha256] for d in deliveries],
        )


def _note_absence(con: duckdb.DuckDBPyConnection, contract: Contract, report: IngestReport) -> None:
    """A file table that never delivered has one entry saying so, until its first delivery."""
    absent_id = short_hash(contract.table, "absent")
    con.execute("DELETE FROM quality.delivery_ledger WHERE delivery_id = ?", [absent_id])
    if contract.optional:
        return
    query = "SELECT count(*) FROM quality.delivery_ledger WHERE table_name = ?"
    if one_value(con.execute(query, [contract.table])):
        return
    message = (
        f"no delivery yet: expected {contract.feed}/<YYYY-MM-DD>/{contract.source.name}_<YYYYMMDD>.csv (or .jsonl, "
        ".parquet) in the landing zone; a header without records says that there is nothing"
        if contract.source.kind == "file"
        else f"no delivery yet: expected an export in {contract.folder}/<YYYY-MM-DD>/ of the landing zone"
    )
    con.execute(
        "INSERT INTO quality.delivery_ledger VALUES (?, ?, NULL, NULL, 0, 0, 0, 0, 'absent', ?)",
        [absent_id, contract.table, message],
    )
    report.problems.append(message)


def _chunks(deliveries: list[Delivery]) -> Iterator[list[Delivery]]:
    chunk: list[Delivery] = []
    size = 0
    for delivery in deliveries:
        is_packed = delivery.format == "parquet" or delivery.name.endswith(".gz")
        weight = delivery.size * (_PACKED if is_packed else 1)
        if chunk and size + weight > _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(delivery)
        size += weight
    if chunk:
        yield chunk
