"""A house of an earlier program, and contracts that gain, lose and change columns: history, quarantine and identities
stay, and the night says what was done."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse import layout
from cartwright.warehouse import store_tables as tables
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.identity import subjects as identity
from cartwright.warehouse.intake.contracts import Column, load_contracts
from cartwright.warehouse.layout import LayoutError
from cartwright.warehouse.settings import Settings
from tiny_hospital import Hospital, sound

CONTACT, LAB, LINK = "ehr_contact", "lis_lab_result", "ehr_patient_link"
OLD = Path(__file__).with_name("house_37aad1d.sql")
KEPT = (
    "raw.ehr_contact",
    "raw.lis_lab_result",
    "raw.ehr_patient_link",
    "quarantine.rejected_record",
    "quality.rejected_record",
    "quality.delivery_ledger",
    "ingest.delivery_file",
    "identity.person",
    "identity.patient_map",
    "identity.link",
)


@pytest.fixture
def old_house(tmp_path: Path):
    """A house as commit 37aad1d left it, opened by this program; and what it held, table by table."""
    settings = Settings(home=tmp_path / "home")
    settings.restricted.mkdir(parents=True, mode=0o700)
    with duckdb.connect(str(settings.build_db)) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(OLD.read_text(encoding="utf-8"))
        held = {table: con.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in KEPT}
    hospital = Hospital(tmp_path / "home")
    yield hospital, held
    hospital.con.close()


@pytest.fixture
def change(monkeypatch):
    """A contract with other columns."""

    def change(table: str, *columns: Column, lose: str = "") -> None:
        contract = load_contracts()[table]
        names = {column.name for column in columns}
        kept = [c for c in contract.columns if c.name != lose and c.name not in names]
        monkeypatch.setitem(load_contracts(), table, contract.model_copy(update={"columns": [*kept, *columns]}))

    return change


def reopened(hospital: Hospital) -> Hospital:
    hospital.con.close()
    hospital.con = open_build(hospital.settings)
    return hospital


def test_a_house_of_37aad1d_keeps_everything_it_held(old_house):
    hospital, held = old_house
    for table, rows in held.items():
        assert hospital.rows(f"FROM {table} ORDER BY ALL") == rows, table


def test_its_first_night_says_what_was_done_once(old_house):
    hospital, _ = old_house
    assert layout.told(hospital.con) == [
        "raw.ris_imaging_report: gained target_lesions.part_of_lesion_code, unknown in the 1 record held"
    ]
    assert layout.told(reopened(hospital).con) == []


def test_its_records_sent_again_are_exact_duplicates(old_house):
    hospital, _ = old_house
    hospital.deliver(LAB, sound(LAB), sound(LAB, result_no="R2", value_text="5.10"), day="2022-01-04")
    report = hospital.night(LAB)
    assert (report.delivered, report.loaded, report.duplicates) == (2, 0, 2)


def test_its_rows_of_the_ehr_are_known_again(old_house):
    hospital, _ = old_house
    contact = sound(CONTACT)
    changed = contact | {"contact_id": "C2", "contact_date": "2022-01-05", "updated_at": "2022-03-02 10:00:00"}
    hospital.ehr(CONTACT, contact, changed, contact | {"contact_id": "C3", "contact_date": "soon"})
    report = hospital.night(CONTACT, now="2022-03-03T15:00:00")
    assert (report.loaded, report.rejected, report.deleted, report.deliveries) == (0, 0, 0, 0)


def test_its_persons_keep_their_pseudonyms(old_house):
    hospital, held = old_house
    hospital.settings.identity_key.write_text("0" * 64, encoding="utf-8")
    hospital.settings.identity_key.chmod(0o600)
    before = held["identity.person"][0][0]
    assert hospital.rows("SELECT enterprise_no FROM identity.person") == [(before,)]
    assert hospital.rows("SELECT count(*) FROM identity.patient_map WHERE usubjid LIKE 'CW-%'") == [(1,)]
    assert identity.unlinked(hospital.con)


def test_a_store_table_gains_its_new_columns(hospital, monkeypatch):
    hospital.con.execute("INSERT INTO identity.link VALUES ('ehr', 'M1', 'E1', 'r')")
    columns = tables.DDL["identity.link"] + ", noted_at TIMESTAMPTZ"
    monkeypatch.setitem(tables.DDL, "identity.link", columns)
    assert reopened(hospital).rows("SELECT record_id, noted_at FROM identity.link") == [("r", None)]


def test_a_column_that_the_contract_lost_stays_in_the_records_held(hospital, change):
    rows = [sound(CONTACT), sound(CONTACT, contact_id="C2", contact_date="soon")]
    hospital.ehr(CONTACT, *rows)
    hospital.night(CONTACT)
    rejected = hospital.rows("FROM quarantine.rejected_record")
    change(CONTACT, lose="contact_code")
    hospital = reopened(hospital)
    assert hospital.rows("SELECT contact_code FROM raw.ehr_contact") == [("visit",)]
    assert layout.told(hospital.con) == [
        "raw.ehr_contact: contact_code kept in the 1 record held and read no more",
        "raw.ehr_contact: content hashes of 1 record computed anew",
    ]
    hospital.ehr(CONTACT, *rows)
    report = hospital.night(CONTACT, now="2022-03-02T15:00:00")
    assert (report.loaded, report.rejected, report.deliveries) == (0, 0, 0), "nothing of it is new"
    assert [row[5] for row in hospital.rows("FROM quarantine.rejected_record")] == [row[5] for row in rejected]


def test_a_delivery_after_a_lost_column_is_compared_without_it(hospital, change):
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    change(LAB, lose="specimen_code")
    hospital = reopened(hospital)
    hospital.deliver(LAB, sound(LAB), day="2022-01-04")
    report = hospital.night(LAB)
    assert (report.loaded, report.duplicates) == (0, 1)


def test_a_column_of_another_type_is_converted(hospital, change):
    hospital.ehr(CONTACT, sound(CONTACT, contact_id="7"))
    hospital.night(CONTACT)
    change(CONTACT, Column(name="contact_date", type="partial_date", required=True, description="Day, or part of it."))
    hospital = reopened(hospital)
    assert hospital.rows("SELECT contact_date FROM raw.ehr_contact") == [("2022-01-01",)]
    converted = "raw.ehr_contact: converted contact_date to partial_date in the 1 record held"
    assert converted in layout.told(hospital.con)


def test_values_that_a_new_type_cannot_hold_stop_the_night_with_the_remedy(hospital, change):
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.night(CONTACT)
    change(CONTACT, Column(name="contact_code", type="integer", description="A number."))
    hospital.con.close()
    with pytest.raises(LayoutError, match="give the new kind of value a column of its own"):
        open_build(hospital.settings)
    hospital.con = duckdb.connect(str(hospital.settings.build_db))
    assert hospital.rows("SELECT contact_code FROM raw.ehr_contact") == [("visit",)], "nothing was touched"


def test_no_page_and_no_message_says_to_delete_the_build_file():
    from cartwright.warehouse.settings import CHECKOUT

    for part in ("docs", "warehouse", "orchestration", "expectations", "README.md"):
        place = CHECKOUT / part
        for path in [place] if place.is_file() else place.rglob("*"):
            if path.suffix in {".py", ".md"} and path.name != "decisions.md":
                text = path.read_text(encoding="utf-8").lower()
                assert "or delete it and load" not in text, path
