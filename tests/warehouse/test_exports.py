"""FHIR and REDCap exports: the same contracts, quarantine and ledger; what no map reads is counted."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from cartwright.warehouse.build_row import write_build_row
from cartwright.warehouse.hospital.check import check_folder
from cartwright.warehouse.hospital.definition import load_hospital
from cartwright.warehouse.intake import unmapped
from cartwright.warehouse.intake.source_path import PathError, json_texts_sql, parse, paths_of, value_sql
from cartwright.warehouse.settings import CHECKOUT
from cartwright.warehouse.study.build_file import open_study, show_hospital
from tiny_hospital import Hospital

LAB, CONTACT, LINK = "lis_lab_result", "ehr_contact", "ehr_patient_link"
IMAGING = "ris_imaging_report"
RESULT = {
    "resourceType": "Observation",
    "id": "R1",
    "meta": {"versionId": "1", "lastUpdated": "2022-01-02T02:00:00Z"},
    "status": "final",
    "category": [{"coding": [{"code": "laboratory"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "2532-0"}, {"system": "urn:demo:lab", "code": "LDH"}]},
    "subject": {"reference": "Patient/LIS-000001"},
    "effectiveDateTime": "2022-01-02T00:00:00Z",
    "valueQuantity": {"value": 250, "comparator": "<", "unit": "U/L"},
}
VISIT = {
    "resourceType": "Encounter",
    "id": "C1",
    "meta": {"lastUpdated": "2022-01-02T10:00:00+08:00"},
    "status": "finished",
    "type": [{"coding": [{"system": "urn:demo:contact", "code": "visit"}]}],
    "subject": {"reference": "Patient/MRN-000001"},
    "period": {"start": "2022-01-01T18:00:00Z"},
}


@pytest.fixture
def fhir(hospital: Hospital) -> Hospital:
    hospital.settings.hospital = CHECKOUT / "hospitals" / "demonstration_fhir"
    return hospital


@pytest.fixture
def redcap(hospital: Hospital) -> Hospital:
    hospital.settings.hospital = CHECKOUT / "hospitals" / "demonstration_redcap"
    return hospital


def bulk(hospital: Hospital, *resources: dict | str, name: str = "Observation.ndjson", day: str = "2022-01-03") -> Path:
    path = hospital.settings.feeds / "fhir" / day / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [each if isinstance(each, str) else json.dumps(each) for each in resources]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


VISIT_FIELDS = ["contact_no", "contact_date", "contact_code", "shoe_size"]


def project(
    hospital: Hospital, *rows: dict[str, str], day: str = "2022-01-03", names: list[str] = VISIT_FIELDS
) -> None:
    names = ["record_id", "redcap_repeat_instrument", "redcap_repeat_instance", *names]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = hospital.settings.feeds / "redcap" / day / f"PROJECT_DATA_{day}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(out.getvalue(), encoding="utf-8")


def visit(number: str, **changes: str) -> dict[str, str]:
    return {
        "record_id": "MRN-000001",
        "redcap_repeat_instrument": "contact",
        "redcap_repeat_instance": number,
        "contact_no": f"C{number}",
        "contact_date": "2022-01-01",
        "contact_code": "visit",
    } | changes


@pytest.mark.parametrize("name", ["demonstration_fhir", "demonstration_redcap"])
def test_the_examples_are_sound(name):
    assert check_folder(CHECKOUT / "hospitals" / name).defects == []


def test_an_observation_is_a_laboratory_result(fhir):
    bulk(fhir, RESULT)
    assert fhir.night(LAB).loaded == 1
    assert fhir.rows(
        "SELECT result_no, version_no, result_status, lis_patient_no, loinc_code, local_code, value_text, unit_text, "
        "collected_at::VARCHAR, source_line FROM raw.lis_lab_result"
    ) == [("R1", 1, "final", "LIS-000001", "2532-0", "LDH", "<250", "U/L", "2022-01-02 08:00:00", 1)]


def test_a_moment_is_the_hospitals_day(fhir):
    bulk(fhir, VISIT, name="1.Encounter.ndjson")
    assert fhir.night(CONTACT).loaded == 1
    found = fhir.rows("SELECT contact_date::VARCHAR, row_status, updated_at::VARCHAR FROM raw.ehr_contact")
    assert found == [("2022-01-02", "active", "2022-01-02 10:00:00")]


def test_an_export_is_read_once_and_a_repeated_resource_is_a_duplicate(fhir):
    bulk(fhir, RESULT)
    fhir.night(LAB)
    assert fhir.night(LAB).deliveries == 0
    bulk(fhir, RESULT, RESULT | {"meta": {"versionId": "2"}, "status": "amended"}, day="2022-01-04")
    report = fhir.night(LAB)
    assert (report.delivered, report.loaded, report.duplicates) == (2, 1, 1)
    assert fhir.rows("SELECT result_status FROM raw.lis_lab_result ORDER BY version_no") == [("final",), ("corrected",)]


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"effectiveDateTime": "2022-01-02"}, "collected_at", "wrong_type"),
        ({"status": "mended"}, "result_status", "unknown_code"),
        ({"subject": {}}, "lis_patient_no", "required_empty"),
        (
            {"code": {"coding": [{"system": "urn:demo:lab", "code": c} for c in ("A", "B")]}},
            "local_code",
            "no_single_value",
        ),
        ({"valueString": "high"}, "value_text", "no_single_value"),
    ],
)
def test_a_resource_that_cannot_be_mapped_is_rejected_with_line_and_path(fhir, change, column, reason):
    bulk(fhir, RESULT, RESULT | {"id": "R2"} | change)
    report = fhir.night(LAB)
    assert (report.delivered, report.loaded, report.rejected) == (2, 1, 1)
    ((line, found, why, remedy),) = fhir.rows(
        "SELECT source_line, column_name, reason_code, remedy FROM quality.rejected_record"
    )
    assert (line, found, why) == (2, column, reason)
    path = load_hospital(fhir.settings.hospital).exports[LAB].maps[0].columns[column].path
    assert remedy.endswith(f"(it stands in {path})")
    assert "R2" in fhir.rows("SELECT raw_text FROM quarantine.rejected_record")[0][0]


def test_a_line_that_is_no_resource_is_rejected_once(fhir):
    bulk(fhir, RESULT, "{broken")
    reports = [fhir.night(table) for table in (LAB, "ehr_vital_sign", "ehr_performance_status", "ehr_death")]
    assert sum(report.rejected for report in reports) == 1
    assert fhir.reasons() == [(None, "malformed_json")]


def test_a_broken_line_of_redcap_is_rejected_beside_fhir(hospital: Hospital, tmp_path: Path) -> None:
    house = tmp_path / "both"
    shutil.copytree(CHECKOUT / "hospitals" / "demonstration_redcap", house)
    redcap = yaml.safe_load((house / "redcap.yml").read_text(encoding="utf-8"))
    redcap["maps"] = [each for each in redcap["maps"] if each["table"] != LAB]
    (house / "redcap.yml").write_text(yaml.safe_dump(redcap), encoding="utf-8")
    fhir = yaml.safe_load((CHECKOUT / "hospitals" / "demonstration_fhir" / "fhir.yml").read_text(encoding="utf-8"))
    laboratory = [each for each in fhir["maps"] if each["table"] == LAB]
    (house / "fhir.yml").write_text(yaml.safe_dump({"maps": laboratory}), encoding="utf-8")
    assert check_folder(house).defects == []
    hospital.settings.hospital = house
    project(hospital, visit("1"))
    (export,) = (hospital.settings.feeds / "redcap").rglob("*.csv")
    export.write_text(export.read_text(encoding="utf-8") + "too,few\n", encoding="utf-8")
    bulk(hospital, RESULT, "{broken")
    reports = [hospital.night(table) for table in load_hospital(house).exports]
    assert sum(report.loaded for report in reports) == 2
    assert sorted(reason for _, reason in hospital.reasons()) == ["malformed_json", "malformed_line"]


def test_a_resource_can_be_several_records(fhir):
    link = {"system": "urn:demo:link", "value": "K1", "assigner": {"display": "ehr"}}
    person = {
        "resourceType": "Patient",
        "id": "MRN-000001",
        "active": True,
        "meta": {"lastUpdated": "2022-01-02T00:00:00Z"},
        "identifier": [link, {"system": "urn:demo:enterprise", "value": "ENT-1"}, {"system": "urn:demo:ehr"}],
        "gender": "female",
        "birthDate": "1960-02-03",
    }
    bulk(fhir, person, name="Patient.ndjson")
    assert (fhir.night(LINK).loaded, fhir.night("ehr_patient").loaded) == (1, 1)
    assert fhir.rows("SELECT system_code, local_patient_no, enterprise_no FROM raw.ehr_patient_link") == [
        ("ehr", "MRN-000001", "ENT-1")
    ]
    assert fhir.rows("SELECT sex_code FROM raw.ehr_patient") == [("female",)], "a code of a list is kept as it was sent"


def test_what_no_map_reads_is_counted(fhir):
    note = {"resourceType": "Observation", "id": "X", "category": [{"coding": [{"code": "survey"}]}]}
    bulk(fhir, RESULT | {"note": [{"text": "canary"}]}, RESULT | {"id": "R2"}, note)
    bulk(fhir, {"resourceType": "Immunization"}, name="Immunization.ndjson")
    house = load_hospital(fhir.settings.hospital)
    assert unmapped.refresh(fhir.con, fhir.settings, house) == 1
    assert unmapped.refresh(fhir.con, fhir.settings, house) == 0, "a file is looked at once"
    found = fhir.rows("SELECT kind, resource, path, records_count FROM quality.unmapped_content ORDER BY ALL")
    assert ("record", "Observation", None, 1) in found
    assert ("path", "Observation", "note.text", 1) in found
    assert "canary" not in str(found)


def test_a_past_night_shows_what_its_own_files_held_beside_the_maps(fhir):
    house = load_hospital(fhir.settings.hospital)
    bulk(fhir, RESULT | {"note": [{"text": "canary"}]})
    fhir.night(LAB)
    unmapped.refresh(fhir.con, fhir.settings, house)
    write_build_row(fhir.con, fhir.settings, date(2022, 8, 31))
    ((then,),) = fhir.rows("SELECT as_of_at FROM meta.build")
    bulk(fhir, RESULT | {"id": "R2", "note": [{"text": "canary"}]}, day="2022-01-05")
    fhir.night(LAB)
    unmapped.refresh(fhir.con, fhir.settings, house)
    write_build_row(fhir.con, fhir.settings, date(2022, 8, 31))
    fhir.con.close()
    with open_study(fhir.settings, fhir.settings.places()[0]) as con:
        days = "SELECT DISTINCT file_name[:10] FROM quality.unmapped_content ORDER BY 1"
        show_hospital(con)
        assert con.execute(days).fetchall() == [("2022-01-03",), ("2022-01-05",)]
        show_hospital(con, then)
        assert con.execute(days).fetchall() == [("2022-01-03",)]


def test_a_repeating_instrument_is_a_record_a_row(redcap):
    project(redcap, {"record_id": "MRN-000001"}, visit("1"), visit("2", contact_code="-99"))
    report = redcap.night(CONTACT)
    assert (report.delivered, report.loaded, report.rejected) == (2, 1, 1), report.problems
    assert redcap.rows("SELECT contact_id, contact_code, updated_at::VARCHAR FROM raw.ehr_contact") == [
        ("C1", "visit", "2022-01-03 23:00:00")
    ]
    assert redcap.reasons() == [("contact_code", "required_empty")], "a code of missing data is no value"


def test_an_unchanged_row_of_a_later_export_is_a_duplicate_and_a_changed_one_a_new_version(redcap):
    project(redcap, visit("1"), visit("2"))
    redcap.night(CONTACT)
    project(redcap, visit("1"), visit("2", contact_date="2022-01-02"), day="2022-01-04")
    report = redcap.night(CONTACT)
    assert (report.delivered, report.loaded, report.duplicates) == (2, 1, 1)
    found = redcap.rows(
        "SELECT contact_id, contact_date::VARCHAR, updated_at::VARCHAR FROM raw.ehr_contact ORDER BY ALL"
    )
    assert found == [
        ("C1", "2022-01-01", "2022-01-03 23:00:00"),
        ("C2", "2022-01-01", "2022-01-03 23:00:00"),
        ("C2", "2022-01-02", "2022-01-04 23:00:00"),
    ]


def test_a_row_that_is_gone_counts_as_deleted_until_it_is_back(redcap):
    deleted = "SELECT contact_id, is_deleted FROM raw.ehr_contact ORDER BY delivered_at, contact_id"
    project(redcap, visit("1"), visit("2"))
    redcap.night(CONTACT)
    project(redcap, visit("1"), day="2022-01-04")
    report = redcap.night(CONTACT)
    assert report.deleted == 1
    assert "1 record is no longer in the export" in report.problems[0]
    assert redcap.rows(deleted) == [("C1", False), ("C2", False), ("C2", True)]
    project(redcap, visit("1"), visit("2"), day="2022-01-05")
    redcap.night(CONTACT)
    assert redcap.rows(deleted)[-1] == ("C2", False)


def test_a_rejected_row_that_a_whole_export_holds_no_more_has_vanished(redcap):
    vanished = "SELECT count(*) FROM quarantine.vanished_record"
    wrong = visit("2", contact_date="soon")
    project(redcap, visit("1"), wrong)
    redcap.night(CONTACT)
    assert redcap.rows(vanished) == [(0,)]
    project(redcap, {"record_id": "MRN-000001"}, day="2022-01-04", names=["something"])
    redcap.night(CONTACT)
    assert redcap.rows(vanished) == [(0,)], "what cannot be read says nothing"
    project(redcap, visit("1"), day="2022-01-05")
    redcap.night(CONTACT)
    assert redcap.rows(vanished) == [(1,)]


READ = {
    "resourceType": "Observation",
    "id": "I1",
    "meta": {"versionId": "1"},
    "status": "final",
    "code": {"coding": [{"system": "urn:demo:imaging", "code": "lymphoma-read"}]},
    "subject": {"reference": "Patient/RIS-000001"},
    "derivedFrom": [{"reference": "ImagingStudy/ST-1"}],
    "method": {"coding": [{"system": "urn:demo:modality", "code": "CT"}]},
    "effectiveDateTime": "2022-01-02T00:00:00Z",
    "component": [{"code": {"text": "evaluable"}, "valueBoolean": True}],
    "hasMember": [{"reference": "Observation/a/_history/2"}, {"reference": "Observation/b"}],
}


def lesion(number: str, code: str, size: float = 20.5, unit: str = "mm") -> dict:
    diameter = {"code": {"text": "longest diameter"}, "valueQuantity": {"value": size, "unit": unit}}
    return {
        "resourceType": "Observation",
        "id": number,
        "code": {"coding": [{"system": "urn:demo:imaging", "code": "target-lesion"}]},
        "identifier": [{"system": "urn:demo:lesion", "value": code}],
        "bodySite": {"coding": [{"system": "urn:demo:lesion-site", "code": "lung"}]},
        "component": [{"code": {"text": "kind"}, "valueCodeableConcept": {"coding": [{"code": "nodal"}]}}, diameter],
    }


def test_lesions_are_put_to_the_report_that_names_them_in_its_order_from_any_file_of_the_export(fhir):
    bulk(fhir, lesion("b", "T2", size=3), READ)
    bulk(fhir, lesion("a", "T1"), lesion("c", "T9"), name="2.Observation.ndjson")
    assert fhir.night(IMAGING).loaded == 1
    query = "SELECT list_transform(target_lesions, lambda e: (e.lesion_code, e.ldi_mm)), new_lesions FROM raw."
    assert fhir.rows(query + IMAGING) == [([("T1", 20.5), ("T2", 3.0)], [])]


def test_a_size_in_another_unit_is_no_size_in_millimetres(fhir):
    bulk(fhir, lesion("a", "T1", size=2.1, unit="cm"), lesion("b", "T2"), READ)
    fhir.night(IMAGING)
    assert fhir.rows(f"SELECT list_transform(target_lesions, lambda e: e.ldi_mm) FROM raw.{IMAGING}") == [
        ([None, 20.5],)
    ]


@pytest.mark.parametrize(
    ("lesions", "column", "reason"),
    [
        ([lesion("a", "T1")], "target_lesions", "missing_element"),
        ([lesion("a", "T1"), lesion("b", "T2"), lesion("b", "T3")], "target_lesions", "no_single_value"),
        ([lesion("a", "T1"), lesion("b", "T2") | {"bodySite": {}}], "target_lesions.site_code", "required_empty"),
        (
            [lesion("a", "T1"), lesion("b", "T2") | {"identifier": 2 * [{"system": "urn:demo:lesion", "value": "X"}]}],
            "target_lesions.lesion_code",
            "no_single_value",
        ),
    ],
)
def test_a_report_whose_lesions_are_not_whole_is_rejected_with_all_that_was_found(fhir, lesions, column, reason):
    bulk(fhir, READ, *lesions)
    report = fhir.night(IMAGING)
    assert (report.loaded, report.rejected) == (0, 1)
    assert (column, reason) in fhir.reasons()
    assert '"lesion_code":"T1"' in fhir.rows("SELECT raw_text FROM quarantine.rejected_record")[0][0]


def test_a_lesion_that_no_report_names_is_counted(fhir):
    bulk(fhir, READ, lesion("a", "T1"), lesion("b", "T2"), lesion("c", "T9"))
    unmapped.refresh(fhir.con, fhir.settings, load_hospital(fhir.settings.hospital))
    found = fhir.rows("SELECT kind, resource, path, records_count FROM quality.unmapped_content ORDER BY ALL")
    assert found == [("record", "Observation", None, 1)]


REPORT = {
    "record_id": "MRN-000001",
    "redcap_repeat_instrument": "imaging",
    "imaging_no": "I1",
    "imaging_report_status": "final",
    "imaging_ris_patient_no": "RIS-000001",
    "imaging_study_no": "ST-1",
    "imaging_modality_code": "CT",
    "imaging_performed_at": "2022-01-02 10:00:00",
    "imaging_is_evaluable": "1",
}


def row(number: str, code: str, **changes: str) -> dict[str, str]:
    return {
        "record_id": "MRN-000001",
        "redcap_repeat_instrument": "target_lesion",
        "redcap_repeat_instance": number,
        "target_lesion_imaging_no": "I1",
        "target_lesion_code": code,
        "target_lesion_site_code": "lung",
        "target_lesion_kind": "nodal",
    } | changes


def imaging_project(hospital: Hospital, *rows: dict[str, str], drop: str = "") -> None:
    source = load_hospital(hospital.settings.hospital).exports[IMAGING].maps[0]
    fields = [value.path for value in source.columns.values()]
    for each in source.lists.values():
        fields += [each.of, *(value.path for value in each.columns.values())]
    project(hospital, *rows, names=[name for name in fields if name != drop])


def test_rows_of_lesions_are_put_to_their_report_in_the_order_of_their_rows(redcap):
    other = row("3", "T3", record_id="MRN-000002")
    imaging_project(redcap, row("1", "T1"), REPORT, row("2", "T2", target_lesion_ldi_mm="12.5"), other)
    assert redcap.night(IMAGING).loaded == 1
    query = (
        "SELECT version_no, list_transform(target_lesions, lambda e: (e.lesion_code, e.ldi_mm)), new_lesions FROM raw."
    )
    assert redcap.rows(query + IMAGING) == [(20220103, [("T1", None), ("T2", 12.5)], [])]
    unmapped.refresh(redcap.con, redcap.settings, load_hospital(redcap.settings.hospital))
    found = redcap.rows("SELECT kind, resource, path, records_count FROM quality.unmapped_content ORDER BY ALL")
    assert found == [("record", "target_lesion", None, 1)], "the report of another patient is not its own"


def test_an_export_without_the_instrument_of_the_lesions_is_refused(redcap):
    imaging_project(redcap, REPORT, drop="target_lesion_code")
    redcap.night(IMAGING)
    assert "fields of the instrument target_lesion missing: target_lesion_code" in redcap.message()


def test_fields_that_no_map_reads_are_counted(redcap):
    project(redcap, visit("1", shoe_size="44"), {"record_id": "M2", "redcap_repeat_instrument": "shoes"})
    unmapped.refresh(redcap.con, redcap.settings, load_hospital(redcap.settings.hospital))
    found = redcap.rows("SELECT kind, resource, path, records_count FROM quality.unmapped_content ORDER BY ALL")
    assert found == [("path", None, "shoe_size", 1), ("record", "shoes", None, 1)]


@pytest.mark.parametrize(
    ("path", "due"),
    [
        ("id", "a"),
        ("code.coding.where(system='x').code", "1"),
        ("code.coding.where(system='x' and code='2').code", None),
        ("code.coding.code", "\x01"),
        ("code", "\x01"),
        ("'p-' & id & missing", "p-a"),
        ("'p-' & missing", None),
        ("missing | id", "a"),
        ("id | valueString", "\x01"),
        ("nothing.at.all", None),
    ],
)
def test_a_path_leads_to_one_text_or_none(hospital, path, due):
    document = {
        "id": "a",
        "valueString": "b",
        "nothing": None,
        "code": {"coding": [{"system": "x", "code": "1"}, {"system": "y", "code": "2"}]},
    }
    expression = parse(path)
    sql = value_sql(expression, {p: json_texts_sql(p, "document") for p in paths_of(expression)})
    found = hospital.con.execute(f"SELECT {sql} FROM (SELECT CAST(? AS JSON) AS document)", [json.dumps(document)])
    assert found.fetchone()[0] == due


@pytest.mark.parametrize("path", ["", "a..b", "a.where(b)", "a.where(b='c'", "'only text'", "a +b", "a.first()"])
def test_a_path_that_cannot_be_read_is_refused(path):
    with pytest.raises(PathError):
        parse(path)


MAP = (
    "maps:\n  - table: ehr_contact\n    resource: Encounter\n    columns: {contact_id: id, mrn: subject.reference, "
    "contact_date: period.start, contact_code: class.code, row_status: {path: status, other: active}}\n"
)
PLAN = (
    "dictionary: d.csv\nmaps:\n  - table: ehr_patient\n    instrument: person\n"
    "    constants: {row_status: active}\n    columns: {mrn: record_id, sex_code: sex}\n"
)
LISTS = (
    "    lists:\n      target_lesions: {resource: Observation, names: hasMember.reference, "
    "columns: {lesion_code: a, site_code: c, lesion_kind: d}}\n"
)
_REPORT = "report_no: {0}, ris_patient_no: {0}, study_no: {0}, modality_code: {0}, performed_at: {0}, is_evaluable: {0}"
READS = (
    "maps:\n  - table: ris_imaging_report\n    resource: Observation\n    columns: {version_no: a, "
    f"report_status: {{path: a, other: final}}, {_REPORT.format('a.b')}}}\n" + LISTS
)
ROWS = (
    "dictionary: d.csv\nmaps:\n  - table: ris_imaging_report\n    instrument: person\n"
    f"    constants: {{report_status: final}}\n    columns: {{{_REPORT.format('record_id')}}}\n"
    "    lists:\n      target_lesions: {instrument: lesion, of: sex, "
    "columns: {lesion_code: label, site_code: site, lesion_kind: label}}\n"
)
DICTIONARY = (
    'Variable / Field Name,Form Name,Field Type,"Choices, Calculations, OR Slider Labels"\n'
    'record_id,person,text,\nsex,person,radio,"male, Man | female, Woman | 3, Other"\n'
    'label,lesion,text,\nsite,lesion,dropdown,"lung, Lung | elbow, Elbow"\n'
)


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("fhir.yml", MAP, None),
        (
            "fhir.yml",
            MAP.replace("Encounter", "Encountr"),
            'fhir.yml:3: maps.ehr_contact.resource: "Encountr" is no resource of FHIR R4; did you mean "Encounter"?',
        ),
        ("fhir.yml", MAP.replace("ehr_contact", "ehr_contacts"), 'did you mean "ehr_contact"?'),
        ("fhir.yml", MAP.replace("contact_date:", "contact_day:"), '"contact_day" is no column of ehr_contact'),
        ("fhir.yml", MAP.replace("period.start", "period..start"), "a name is missing after 'period.'"),
        ("fhir.yml", MAP.replace("other: active", "other: actve"), 'did you mean "active"?'),
        ("fhir.yml", MAP.replace("mrn: subject.reference, ", ""), "mrn must be filled and is not mapped"),
        ("fhir.yml", MAP + "    instrument: x\n", "FHIR has no instruments"),
        (
            "redcap.yml",
            PLAN.replace("sex_code: sex", "sex_code: sx"),
            '"sx" is no field of the dictionary; did you mean "sex"?',
        ),
        ("redcap.yml", PLAN.replace("person", "persn"), 'did you mean "person"?'),
        (
            "redcap.yml",
            PLAN.replace("mrn: record_id", "mrn: redcap_repeat_instance"),
            "record_id & '-' & redcap_repeat",
        ),
        ("redcap.yml", PLAN.replace("row_status: active", 'row_status: ""'), "row_status must be filled"),
        ("redcap.yml", PLAN.replace("row_status: active", "row_status: actve"), 'did you mean "active"?'),
        (
            "redcap.yml",
            PLAN,
            "choices 3 of sex stand for nothing; add rows to code_map.csv for ehr_patient, sex_code: one of F, M, U",
        ),
        ("redcap.yml", PLAN.replace("d.csv", "e.csv"), "e.csv is not there"),
        ("fhir.yml", MAP + LISTS, '"target_lesions" is no list of the table'),
        ("fhir.yml", READS, None),
        ("fhir.yml", READS.replace("Observation, n", "Observaton, n"), 'did you mean "Observation"?'),
        ("fhir.yml", READS.replace("names: hasMember.reference", "of: report"), "refers to its elements; give `names`"),
        ("fhir.yml", READS.replace("site_code:", "site:"), '"site" is no field of target_lesions'),
        ("fhir.yml", READS.replace("site_code: c, ", ""), "site_code must be filled and is not mapped"),
        (
            "redcap.yml",
            ROWS,
            "choices elbow of site stand for nothing; add rows to code_map.csv for ris_imaging_report, ",
        ),
        ("redcap.yml", ROWS, "target_lesions.site_code: one of adrenal"),
        ("redcap.yml", ROWS.replace("of: sex", "of: sx"), '"sx" is no field of the dictionary; did you mean "sex"?'),
        ("redcap.yml", ROWS.replace("of: sex", "names: a.b"), "rows of REDCap say what they belong to; give `of`"),
        ("redcap.yml", ROWS.replace("lesion,", "lesio,"), 'did you mean "lesion"?'),
    ],
)
def test_a_defect_of_a_map_is_named_with_its_place_and_remedy(tmp_path, file, text, words):
    (tmp_path / "hospital.yml").write_text("hospital: m\ntitle: M\nzone: UTC\n", encoding="utf-8")
    (tmp_path / file).write_text(text, encoding="utf-8")
    if file == "redcap.yml" and "e.csv" not in text:
        (tmp_path / "d.csv").write_text(DICTIONARY, encoding="utf-8")
    defects = check_folder(tmp_path).defects
    assert any(words in str(defect) for defect in defects) if words else not defects, defects


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (DICTIONARY.replace("Man", "Mänd").encode("latin-1"), "d.csv:3: a letter that is not UTF-8"),
        (DICTIONARY.replace("Form Name", "Form").encode(), "d.csv:1: Form Name: the column is missing"),
        (DICTIONARY.replace(",", ";").encode(), "d.csv:1: "),
    ],
)
def test_a_dictionary_that_cannot_be_read_is_a_defect_of_its_file(tmp_path, written, said):
    (tmp_path / "hospital.yml").write_text("hospital: m\ntitle: M\nzone: UTC\n", encoding="utf-8")
    (tmp_path / "redcap.yml").write_text(PLAN, encoding="utf-8")
    (tmp_path / "d.csv").write_bytes(written)
    assert any(str(defect).startswith(said) for defect in check_folder(tmp_path).defects)


def test_a_dictionary_as_excel_saves_it_is_read(tmp_path):
    (tmp_path / "hospital.yml").write_text("hospital: m\ntitle: M\nzone: UTC\n", encoding="utf-8")
    (tmp_path / "redcap.yml").write_text(
        PLAN.replace("sex_code: sex", "sex_code: {path: sex, other: U}"), encoding="utf-8"
    )
    (tmp_path / "d.csv").write_text(DICTIONARY, encoding="utf-8-sig")
    assert check_folder(tmp_path).defects == []
