"""Optional columns: deliveries come with and without them, and a house made before the column goes on living."""

import json

import pytest

from cartwright.warehouse.connect import open_build
from cartwright.warehouse.intake.contracts import Column, Contract, load_contracts
from cartwright.warehouse.layout import LayoutError
from tiny_hospital import Hospital, sound

LAB, RIS, CONTACT = "lis_lab_result", "ris_imaging_report", "ehr_contact"
METHOD = Column(name="method_text", type="text", optional=True, description="How it was measured.")
MERGED = Column(name="is_merged", type="boolean", optional=True, description="Grown together with another.")


@pytest.fixture
def gain(monkeypatch):
    """A contract gains a column, or a field of a list column."""

    def gain(table: str, column: Column, within: str | None = None) -> None:
        contract, columns = load_contracts()[table], []
        for held in contract.columns:
            fields = [*held.fields, column] if held.name == within else held.fields
            columns.append(held.model_copy(update={"fields": fields}))
        columns += [] if within else [column]
        monkeypatch.setitem(load_contracts(), table, contract.model_copy(update={"columns": columns}))

    return gain


def reopened(hospital: Hospital) -> Hospital:
    """The same house, opened by the program that knows the column."""
    hospital.con.close()
    hospital.con = open_build(hospital.settings)
    return hospital


def lesion(**more: object) -> dict[str, object]:
    return {"lesion_code": "T1", "site_code": "lung", "lesion_kind": "extranodal", "ldi_mm": 20.5, "sdi_mm": 10} | more


def test_a_delivery_without_an_optional_column_is_taken(hospital, gain):
    gain(LAB, METHOD)
    hospital = reopened(hospital)
    hospital.deliver(LAB, sound(LAB), drop="method_text")
    hospital.deliver_json(LAB, sound(LAB, result_no="R2"))
    hospital.deliver(LAB, sound(LAB, result_no="R3", method_text="assay"), day="2022-01-04")
    report = hospital.night(LAB)
    assert (report.loaded, report.problems) == (3, [])
    assert hospital.rows("SELECT result_no, method_text FROM raw.lis_lab_result ORDER BY 1") == [
        ("R1", None),
        ("R2", None),
        ("R3", "assay"),
    ]


def test_a_parquet_file_without_an_optional_column_or_field_is_taken(hospital, gain):
    hospital.deliver_parquet(LAB, sound(LAB))
    hospital.deliver_parquet(RIS, sound(RIS))
    gain(LAB, METHOD)
    gain(RIS, MERGED, within="target_lesions")
    hospital = reopened(hospital)
    assert (hospital.night(LAB).loaded, hospital.night(RIS).loaded) == (1, 1)
    assert hospital.rows("SELECT target_lesions[1].is_merged FROM raw.ris_imaging_report") == [(None,)]


def test_a_table_without_an_optional_column_is_taken(hospital, gain):
    hospital.ehr(CONTACT, sound(CONTACT))
    gain(CONTACT, METHOD)
    hospital = reopened(hospital)
    assert hospital.night(CONTACT).loaded == 1
    assert hospital.night(CONTACT).deliveries == 0, "nothing is read again for a column that never came"


@pytest.mark.parametrize("value", [None, "assay"])
def test_an_optional_value_counts_as_content(hospital, gain, value):
    gain(LAB, METHOD)
    hospital = reopened(hospital)
    hospital.deliver(LAB, sound(LAB, method_text="old"), sound(LAB, method_text=value))
    assert hospital.night(LAB).rejected == 2
    assert hospital.reasons() == [(None, "conflicting_duplicate")] * 2


@pytest.mark.parametrize("ending", ["with the column", "without it"])
def test_an_old_house_gains_the_column_and_keeps_its_records(hospital, gain, ending):
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    before = hospital.rows("FROM raw.lis_lab_result")
    gain(LAB, METHOD)
    hospital = reopened(hospital)
    assert hospital.rows("SELECT * EXCLUDE (method_text) FROM raw.lis_lab_result") == before
    drop = "method_text" if ending == "without it" else None
    hospital.deliver(LAB, sound(LAB), drop=drop, day="2022-01-04")
    hospital.deliver(LAB, sound(LAB, version_no=2, method_text="assay"), day="2022-01-05")
    report = hospital.night(LAB)
    assert (report.delivered, report.loaded, report.duplicates) == (2, 1, 1)
    reopened(hospital)
    assert hospital.rows("SELECT version_no, method_text FROM raw.lis_lab_result ORDER BY 1") == [
        (1, None),
        (2, "assay"),
    ]


def test_an_old_house_gains_a_field_of_its_lesions(hospital, gain):
    first = sound(RIS, target_lesions=[lesion(), lesion(lesion_code="T2", sdi_mm=None)])
    empty = sound(RIS, report_no="I2", target_lesions=[])
    none = sound(RIS, report_no="I3", target_lesions=None)
    hospital.deliver_json(RIS, first, empty, none)
    hospital.night(RIS)
    old = [
        struct
        for (lesions,) in hospital.rows("SELECT target_lesions FROM raw.ris_imaging_report")
        for struct in lesions or []
    ]
    hashes = hospital.rows("SELECT content_hash FROM raw.ris_imaging_report ORDER BY report_no")
    gain(RIS, MERGED, within="target_lesions")
    hospital = reopened(hospital)
    lists = hospital.rows("SELECT target_lesions FROM raw.ris_imaging_report ORDER BY report_no")
    assert lists == [([{**struct, "is_merged": None} for struct in old],), ([],), (None,)]
    merged = [lesion(), lesion(lesion_code="T2", sdi_mm=None, is_merged=True)]
    hospital.deliver_json(RIS, first, empty, none, sound(RIS, version_no=2, target_lesions=merged), day="2022-01-04")
    report = hospital.night(RIS)
    assert (report.loaded, report.duplicates) == (1, 3)
    assert (
        hospital.rows("SELECT content_hash FROM raw.ris_imaging_report WHERE version_no = 1 ORDER BY report_no")
        == hashes
    )
    assert hospital.rows("SELECT target_lesions[2].is_merged FROM raw.ris_imaging_report WHERE version_no = 2") == [
        (True,)
    ]


@pytest.mark.parametrize("changes", [{"is_merged": True}, {"is_merged": False}])
def test_an_optional_field_counts_as_content(hospital, gain, changes):
    gain(RIS, MERGED, within="target_lesions")
    hospital = reopened(hospital)
    hospital.deliver_json(RIS, sound(RIS), sound(RIS, target_lesions=[lesion(**changes)]))
    assert hospital.night(RIS).rejected == 2


def test_a_table_that_gains_the_column_is_read_once_more(hospital, gain):
    rows = [sound(CONTACT), sound(CONTACT, contact_id="C2", updated_at="2022-01-05 10:00:00")]
    hospital.ehr(CONTACT, *rows)
    hospital.night(CONTACT)
    gain(CONTACT, METHOD)
    hospital = reopened(hospital)
    rows[0] |= {"method_text": "by telephone"}
    hospital.ehr(CONTACT, *rows)
    report = hospital.night(CONTACT, now="2022-03-02T15:00:00")
    assert (report.loaded, report.duplicates) == (1, 0), "its updated_at is older than the newest seen"
    known_since = "SELECT delivered_at::VARCHAR FROM raw.ehr_contact WHERE method_text IS NOT NULL"
    assert hospital.rows(known_since) == [("2022-03-02 15:00:00+00",)], "nobody knew it before that night"
    assert hospital.night(CONTACT, now="2022-03-03T15:00:00").deliveries == 0


def test_a_row_rejected_before_the_column_stays_the_same_rejected_row(hospital, gain):
    hospital.ehr(CONTACT, sound(CONTACT, contact_date="soon"), sound(CONTACT, contact_id="C2"))
    assert hospital.night(CONTACT).rejected == 1
    gain(CONTACT, METHOD)
    hospital = reopened(hospital)
    hospital.ehr(CONTACT, sound(CONTACT, contact_date="soon"), sound(CONTACT, contact_id="C2"))
    assert hospital.night(CONTACT, now="2022-03-02T15:00:00").rejected == 0
    assert len(hospital.rows("FROM quarantine.rejected_record")) == 1


def test_an_optional_value_stands_in_the_quarantine(hospital, gain):
    gain(LAB, METHOD)
    hospital = reopened(hospital)
    hospital.deliver(LAB, sound(LAB, result_status="done", method_text='the "old" one'))
    hospital.night(LAB)
    ((text,),) = hospital.rows("SELECT raw_text FROM quarantine.rejected_record")
    assert json.loads(text)["method_text"] == 'the "old" one'
    assert json.loads(text)["accession_no"] is None


@pytest.mark.parametrize("within", [None, "target_lesions"])
def test_a_new_column_that_is_not_optional_does_not_open_an_old_house(hospital, gain, within):
    hospital.deliver_json(RIS, sound(RIS))
    hospital.night(RIS)
    gain(RIS, MERGED.model_copy(update={"optional": False}), within=within)
    with pytest.raises(LayoutError, match=r"is_merged in raw\.ris_imaging_report.*`optional: true`"):
        reopened(hospital)


def test_an_optional_column_cannot_be_required_or_name_the_record():
    with pytest.raises(ValueError, match="cannot be required"):
        Column(name="x", type="text", required=True, optional=True, description="")
    text = {"table": "lis_x", "feed": "lis", "title": "", "zone": "UTC", "description": "", "key": ["no"]}
    columns = {name: {"type": "text", "description": "", "optional": name == "no"} for name in ("no", "updated_at")}
    with pytest.raises(ValueError, match="no names the record and cannot be optional"):
        Contract.model_validate({**text, "source": {"kind": "file", "name": "x"}, "columns": columns})
