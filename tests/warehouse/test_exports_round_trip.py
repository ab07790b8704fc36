"""What a house holds, written out as FHIR and as REDCap and read in again, says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.exports import write_fhir, write_redcap
from cartwright.warehouse.hospital.definition import load_hospital
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.settings import CHECKOUT
from tiny_hospital import Hospital, sound

LAB, CONTACT, DEATH = "lis_lab_result", "ehr_contact", "ehr_death"
IMAGING, RATING = "ris_imaging_report", "ehr_rated_response"
NEW = {"lesion_code": "N1", "site_code": "liver", "lesion_kind": "extranodal", "is_equivocal": False}
TARGET = {"lesion_code": "T1", "site_code": "lung", "lesion_kind": "extranodal", "ldi_mm": 20.5, "sdi_mm": 10}
RECORDS = {
    LAB: [
        sound(LAB, loinc_code="2532-0"),
        sound(LAB, version_no=2, result_status="corrected", value_text="<5"),
        sound(LAB, result_no="R2", value_text="hemolyzed", unit_text=None, reference_high=None),
        sound(LAB, result_no="R3", value_text="5.10", resulted_at="2022-01-02 23:59:59"),
    ],
    CONTACT: [sound(CONTACT), sound(CONTACT, contact_id="C2", contact_code="telephone")],
    IMAGING: [
        sound(IMAGING, impression_text='said "perhaps",\nbut not more', deauville_code="4", suv_max=7.25),
        sound(IMAGING, version_no=2, report_status="addendum", new_lesions=[NEW, NEW | {"longest_mm": 9.5}]),
        sound(IMAGING, report_no="I2", study_no="ST-2", is_evaluable=False, target_lesions=[]),
        sound(
            IMAGING,
            report_no="I3",
            study_no="ST-3",
            spleen_length_mm=131,
            target_lesions=[TARGET | {"ldi_mm": None, "part_of_lesion_code": "T2"}, TARGET | {"lesion_code": "T2"}],
        ),
    ],
    RATING: [sound(RATING), sound(RATING, rating_id="V2", response_code="PR-L", rater_name="tumour board")],
    DEATH: [sound(DEATH), sound(DEATH, death_id="D2", death_date="2022", cause_code="lymphoma")],
}


@pytest.fixture
def first(tmp_path: Path):
    hospital = Hospital(tmp_path / "first")
    hospital.deliver(LAB, *RECORDS[LAB])
    hospital.deliver_json(IMAGING, *RECORDS[IMAGING])
    hospital.ehr(RATING, *RECORDS[RATING])
    hospital.ehr(CONTACT, *RECORDS[CONTACT])
    hospital.ehr(DEATH, *RECORDS[DEATH])
    for table in RECORDS:
        assert hospital.night(table).rejected == 0, hospital.reasons()
    yield hospital
    hospital.con.close()


@pytest.fixture
def again(tmp_path: Path):
    hospital = Hospital(tmp_path / "again")
    yield hospital
    hospital.con.close()


def said(hospital: Hospital, table: str, without: str = "") -> list[tuple]:
    names = ", ".join(f'"{c.name}"' for c in load_contracts()[table].columns if c.name != without)
    return hospital.rows(f"SELECT {names} FROM raw.{table} ORDER BY ALL")


@pytest.mark.parametrize("table", list(RECORDS))
def test_fhir_carries_every_column_and_version(first, again, table):
    again.settings.hospital = CHECKOUT / "hospitals" / "demonstration_fhir"
    write_fhir(first.con, load_hospital(again.settings.hospital), again.settings.feeds, "2022-03-01")
    assert again.night(table).rejected == 0
    assert said(again, table) == said(first, table)


@pytest.mark.parametrize("table", [CONTACT, DEATH, RATING])
def test_redcap_carries_everything_but_when_it_was_written(first, again, table):
    again.settings.hospital = CHECKOUT / "hospitals" / "demonstration_redcap"
    write_redcap(first.con, load_hospital(again.settings.hospital), again.settings.feeds, "2022-03-01")
    assert again.night(table).rejected == 0
    assert said(again, table, without="updated_at") == said(first, table, without="updated_at")


def test_redcap_carries_the_reports_that_stand_with_their_lesions(first, again):
    again.settings.hospital = CHECKOUT / "hospitals" / "demonstration_redcap"
    write_redcap(first.con, load_hospital(again.settings.hospital), again.settings.feeds, "2022-03-01")
    assert again.night(IMAGING).rejected == 0
    due = [row for row in said(first, IMAGING, without="version_no") if row[1] == "addendum" or row[0] != "I1"]
    assert said(again, IMAGING, without="version_no") == due
