"""A tiny hospital in a temporary folder: a test delivers a few records and looks at what became of them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from cartwright.warehouse import build_row as meta
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.intake.contracts import Contract, load_contracts
from cartwright.warehouse.intake.feed_table import IngestReport, ingest_table
from cartwright.warehouse.release.guard import Search
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.build_file import open_study, show_hospital

# One sound record of each table that the tests use; a test changes what its rule is about.
SOUND = {
    "lis_lab_result": {
        "result_no": "R1",
        "version_no": 1,
        "result_status": "final",
        "lis_patient_no": "LIS-000001",
        "local_code": "LDH",
        "value_text": "250",
        "unit_text": "U/L",
        "reference_high": 240.5,
        "collected_at": "2022-01-02 08:00",
    },
    "ris_imaging_report": {
        "report_no": "I1",
        "version_no": 1,
        "report_status": "final",
        "ris_patient_no": "RIS-000001",
        "study_no": "ST-000001",
        "modality_code": "CT",
        "performed_at": "2022-01-02 10:00",
        "is_evaluable": True,
        "target_lesions": [
            {"lesion_code": "T1", "site_code": "lung", "lesion_kind": "extranodal", "ldi_mm": 20.5, "sdi_mm": 10}
        ],
        "new_lesions": [],
    },
    "ehr_contact": {
        "contact_id": "C1",
        "mrn": "MRN-000001",
        "contact_date": "2022-01-01",
        "contact_code": "visit",
        "row_status": "active",
        "updated_at": "2022-01-01 10:00:00",
    },
    "ehr_rated_response": {
        "rating_id": "V1",
        "mrn": "MRN-000001",
        "rated_date": "2022-01-02",
        "response_code": "CR",
        "criteria_code": "lugano_2014",
        "row_status": "active",
        "updated_at": "2022-01-03 10:00:00",
    },
    "ehr_death": {
        "death_id": "D1",
        "mrn": "MRN-000001",
        "death_date": "2022-01",
        "row_status": "active",
        "updated_at": "2022-02-01 10:00:00",
    },
    "ehr_patient_link": {
        "link_id": "K1",
        "system_code": "ehr",
        "local_patient_no": "MRN-000001",
        "enterprise_no": "ENT-000001",
        "row_status": "active",
        "updated_at": "2022-01-01 10:00:00",
    },
}


def sound(table: str, **changes: object) -> dict[str, object]:
    """A record of `table` that keeps its contract, but for the changes."""
    return {**SOUND[table], **changes}


def csv_text(table: str, records: list[dict[str, object]], drop: str | None = None) -> str:
    """Records as a CSV delivery with the header of the contract."""
    names = [c.name for c in load_contracts()[table].columns if c.name != drop]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for record in records:
        values = [record.get(name) for name in names]
        writer.writerow(["" if v is None else json.dumps(v) if isinstance(v, (list, bool)) else v for v in values])
    return out.getvalue()


def _whole(contract: Contract, record: dict[str, object]) -> dict[str, object]:
    """The record with every field of its lists, which typed files have and JSON may leave out."""
    fields = {column.name: [field.name for field in column.fields] for column in contract.columns if column.fields}
    lists = {name: record[name] for name in fields if isinstance(record.get(name), list)}
    return record | {name: [{f: e.get(f) for f in fields[name]} for e in lists[name]] for name in lists}


class Hospital:
    """Delivers files and database rows, lets nights pass, and asks the build file."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home)
        self.con = open_build(self.settings)

    def deliver(self, table: str, *records: dict[str, object], day: str = "2022-01-03", **how: object) -> Path:
        return self.deliver_text(table, csv_text(table, list(records), how.pop("drop", None)), day=day, **how)

    def deliver_text(
        self, table: str, text: str | bytes, day: str = "2022-01-03", suffix: str = "", ending: str = "csv"
    ) -> Path:
        contract = load_contracts()[table]
        folder = self.settings.feeds / contract.feed / day
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{contract.source.name}_{day.replace('-', '')}{suffix}.{ending}"
        data = text.encode() if isinstance(text, str) else text
        path.write_bytes(gzip.compress(data) if ending.endswith(".gz") else data)
        return path

    def deliver_json(self, table: str, *records: dict[str, object], **how: object) -> Path:
        text = "".join(json.dumps(record) + "\n" for record in records)
        return self.deliver_text(table, text, ending="jsonl", **how)

    def deliver_parquet(self, table: str, *records: dict[str, object], day: str = "2022-01-03") -> Path:
        """The records in the types of the contract."""
        contract = load_contracts()[table]
        path = self.deliver_text(table, b"", day=day, ending="parquet")
        typed = ", ".join(
            f"CAST(r{'->' if c.type == 'list' else '->>'}'{c.name}' AS {c.sql_type}) AS \"{c.name}\""
            for c in contract.columns
        )
        with duckdb.connect() as con:
            con.execute("CREATE TABLE t (r JSON)")
            con.executemany("INSERT INTO t VALUES (?)", [[json.dumps(_whole(contract, record))] for record in records])
            con.execute(f"COPY (SELECT {typed} FROM t) TO '{path}' (FORMAT parquet)")
        return path

    def ehr(self, table: str, *records: dict[str, object]) -> None:
        """The table of the EHR holds exactly these rows now."""
        self.settings.feeds.mkdir(parents=True, exist_ok=True)
        names = [c.name for c in load_contracts()[table].columns]
        source = load_contracts()[table].source.name
        with sqlite3.connect(self.settings.feeds / "ehr.sqlite") as db:
            db.execute(f"DROP TABLE IF EXISTS {source}")
            db.execute(f"CREATE TABLE {source} ({', '.join(names)})")
            db.executemany(
                f"INSERT INTO {source} VALUES ({', '.join('?' * len(names))})",
                [[record.get(name) for name in names] for record in records],
            )

    def night(self, table: str, now: str = "2022-03-01T15:00:00") -> IngestReport:
        moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
        return ingest_table(self.con, load_contracts()[table], self.settings, now=moment)

    def furnish(self, cut: str = "2022-08-31") -> None:
        """Give the house a study: from here on `con` is its file, with the hospital's beside it (`in_hospital`)."""
        meta.write_build_row(self.con, self.settings, date.fromisoformat(cut))
        self.con.close()
        self.open_study()

    def open_study(self) -> None:
        self.place = self.settings.places()[0]
        self.con = open_study(self.settings, self.place, may_name=True)
        show_hospital(self.con)

    @contextmanager
    def in_hospital(self) -> Iterator[None]:
        """For a while `con` is the hospital's file."""
        self.con.close()
        self.con = open_build(self.settings)
        yield
        self.con.close()
        self.open_study()

    def rows(self, query: str) -> list[tuple]:
        return self.con.execute(query).fetchall()

    def reasons(self) -> list[tuple]:
        """(column, reason) of everything rejected."""
        return self.rows("SELECT column_name, reason_code FROM quality.rejected_record ORDER BY ALL")

    def ledger(self) -> list[tuple]:
        """(status, records, loaded, rejected, duplicates) of every delivery, by file name."""
        return self.rows(
            "SELECT status, records_count, loaded_count, rejected_count, duplicate_count "
            "FROM quality.delivery_ledger ORDER BY file_name, delivered_at"
        )

    def message(self) -> str:
        """The message of the only ledger entry."""
        ((message,),) = self.rows("SELECT message FROM quality.delivery_ledger")
        return message


def releasing(house: Hospital) -> tuple:
    """What every release of a house is built with."""
    return house.con, house.settings, house.place, Search(house.con, house.place.folder)
