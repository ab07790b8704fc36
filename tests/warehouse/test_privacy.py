"""Canaries: values that identify a made-up patient must show up nowhere but in the restricted zone."""

import json
import logging

from cartwright.warehouse.identity import subjects as identity
from cartwright.warehouse.intake.feed_table import ingest_table
from cartwright.warehouse.quality import findings
from cartwright.warehouse.quality.check_results import store
from test_releases import house, publish  # noqa: F401  `house` is a fixture
from tiny_hospital import csv_text, sound

CANARIES = ["CANARY-MRN-77", "CANARY-LIS-77", "CANARY-ENT-77", "Canary Jane Doe", "1943-07-19", "canary words"]


def test_no_canary_leaves_the_restricted_zone(house, caplog, capsys):  # noqa: F811
    caplog.set_level(logging.DEBUG)
    lab, link, patient = "lis_lab_result", "ehr_patient_link", "ehr_patient"
    canary = sound(lab, result_no="R77", lis_patient_no="CANARY-LIS-77")
    # Faults of every kind, with the canaries in and beside the fault.
    faulty = [
        {**canary, "result_no": "R78", "result_status": "Canary Jane Doe"},
        {**canary, "result_no": "R79", "collected_at": "1943-07-19 99:00"},
        {**canary, "result_no": "R80", "version_no": "canary words"},
    ]
    text = csv_text(lab, [canary, *faulty]) + "canary words,CANARY-LIS-77\n"
    house.deliver_text(lab, text, day="2022-01-04")
    house.deliver_text(lab, text.replace("result_no", "Canary Jane Doe", 1), day="2022-01-05")
    house.deliver_text(lab, b"\x1f\x8bcanary words", day="2022-01-06", ending="csv").with_suffix(".csv")
    house.deliver_text(lab, text.encode() + b"\xff\xfe canary words", day="2022-01-07")
    house.deliver_text(lab, b"PAR1 canary words", day="2022-01-08", ending="parquet")
    house.ehr(link, sound(link, local_patient_no="CANARY-MRN-77", enterprise_no="CANARY-ENT-77"))
    house.ehr(
        patient,
        {
            "mrn": "CANARY-MRN-77",
            "full_name": "Canary Jane Doe",
            "birth_date": "1943-07-19",
            "sex_code": "canary words",
            "row_status": "active",
            "updated_at": "2022-01-01 10:00:00",
        },
    )
    with house.in_hospital():
        reports = [house.night(table) for table in (lab, link, patient)]
        identity_report = identity.refresh(house.con, house.settings)
        found = findings.results(house.con, house.settings)
    store(house.con, "run", found)
    assert reports[0].rejected == 4
    assert len(reports[0].problems) == 5
    published = publish(house)
    said = json.dumps([str(reports), str(identity_report), str(found), caplog.text, *capsys.readouterr()])
    for path in sorted(published.path.rglob("*")):
        said += str(path)
        if path.is_file() and path.suffix in (".json", ".html"):
            said += path.read_text()
    import duckdb

    with duckdb.connect(published.path / "release.duckdb", read_only=True) as con:
        for (table,) in con.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall():
            said += json.dumps(con.execute(f"SELECT to_json(t)::VARCHAR FROM {table} AS t").fetchall())
    assert "lis_lab_result" in said
    for value in CANARIES:
        assert value not in said, f"{value} left the restricted zone"


def test_the_error_of_a_crash_does_not_quote_the_record(house, monkeypatch):  # noqa: F811
    import pytest

    from cartwright.warehouse.intake.contracts import load_contracts
    from cartwright.warehouse.intake.desk import Intake, InvariantError

    house.deliver(
        "lis_lab_result", sound("lis_lab_result", result_no="CANARY", lis_patient_no="CANARY-LIS-77"), day="2022-01-09"
    )
    monkeypatch.setattr(Intake, "_insert_raw", lambda self: None)
    with house.in_hospital(), pytest.raises(InvariantError) as error:
        ingest_table(house.con, load_contracts()["lis_lab_result"], house.settings)
    assert "CANARY" not in str(error.value)
