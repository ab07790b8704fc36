"""Faults of single records: each is rejected with line, column, reason and remedy, and the others are loaded."""

import pytest

from tiny_hospital import csv_text, sound

LAB, RIS = "lis_lab_result", "ris_imaging_report"

FAULTS = [
    ("lis_patient_no", "", "required_empty", "never be empty"),
    ("version_no", "one", "wrong_type", "whole number"),
    ("version_no", "1.5", "wrong_type", "whole number"),
    ("version_no", "0", "below_minimum", "at least 1"),
    ("reference_high", "<240", "wrong_type", "decimal point"),
    ("reference_high", "1,5", "wrong_type", "decimal point"),
    ("reference_high", "nan", "wrong_type", "decimal point"),
    ("result_status", "done", "unknown_code", "list result_status"),
    ("collected_at", "02.01.2022 08:00", "wrong_type", "YYYY-MM-DD HH:MM"),
    ("collected_at", "2022-01-02T08:00:00+08:00", "wrong_type", "without zone"),
    ("collected_at", "2022-02-30 08:00", "impossible_date", "calendar"),
    ("collected_at", "2022-01-02 25:00", "impossible_date", "calendar"),
    ("collected_at", "0022-01-02 08:00", "impossible_date", "1900"),
    ("collected_at", "2922-01-02 08:00", "impossible_date", "2100"),
    ("value_text", "25\n0", "line_break", "quotation mark"),
]


@pytest.mark.parametrize(("column", "value", "reason", "remedy"), FAULTS)
def test_a_fault_is_named_with_line_column_reason_and_remedy(hospital, column, value, reason, remedy):
    hospital.deliver(LAB, sound(LAB), sound(LAB, result_no="R2", **{column: value}), sound(LAB, result_no="R3"))
    report = hospital.night(LAB)
    assert (report.delivered, report.loaded, report.rejected) == (3, 2, 1)
    ((line, found_column, found_reason, found_remedy),) = hospital.rows(
        "SELECT source_line, column_name, reason_code, remedy FROM quality.rejected_record"
    )
    assert (line, found_column, found_reason) == (3, column, reason)
    assert remedy in found_remedy


@pytest.mark.parametrize("column", ["lis_patient_no", "accession_no"])
@pytest.mark.parametrize("value", ["unknown", "UNKNOWN", "Not available", "n.a.", "xxx", "-", "???", "000000", "未知"])
def test_a_word_in_place_of_a_number_is_rejected_and_the_other_records_are_taken(hospital, column, value):
    """It would be everybody's number who has none, and a release that says the word would be taken for a leak."""
    hospital.deliver(LAB, sound(LAB), sound(LAB, result_no="R2", **{column: value}))
    assert hospital.night(LAB).loaded == 1
    ((line, found, reason, remedy),) = hospital.rows(
        "SELECT source_line, column_name, reason_code, remedy FROM quality.rejected_record"
    )
    assert (line, found, reason) == (3, column, "placeholder")
    assert "nothing where there is none" in remedy


@pytest.mark.parametrize("value", ["LIS-000001", "10", "X1", "0001", "Unknown-7", "A"])
def test_a_number_that_only_holds_such_a_word_is_loaded(hospital, value):
    hospital.deliver(LAB, sound(LAB, lis_patient_no=value))
    assert hospital.night(LAB).loaded == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("version_no", "3.0"),
        ("reference_high", "1e3"),
        ("reference_high", "-.5"),
        ("collected_at", "2022-01-02T08:00:30.25"),
        ("collected_at", "2024-02-29 00:00"),
        ("unit_text", '5" x, "quoted"'),
    ],
)
def test_what_only_looks_strange_is_loaded(hospital, column, value):
    hospital.deliver(LAB, sound(LAB, **{column: value}))
    assert hospital.night(LAB).loaded == 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2022", None),
        ("2022-01", None),
        ("2022-01-31", None),
        ("2022-1", "wrong_type"),
        ("2022-00", "impossible_date"),
        ("2022-13", "impossible_date"),
        ("2022-02-30", "impossible_date"),
        ("01/2022", "wrong_type"),
    ],
)
def test_partial_dates_are_dates_whose_end_may_be_missing(hospital, value, reason):
    hospital.ehr("ehr_death", sound("ehr_death", death_date=value))
    hospital.night("ehr_death")
    assert hospital.reasons() == ([("death_date", reason)] if reason else [])


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("site_code", None, "required_empty"),
        ("site_code", "a\nb", "line_break"),
        ("ldi_mm", "long", "wrong_type"),
    ],
)
def test_fields_inside_lists_keep_the_contract_too(hospital, field, value, reason):
    lesion = {"lesion_code": "T1", "site_code": "lung", "lesion_kind": "nodal", "ldi_mm": 5, field: value}
    hospital.deliver_json(RIS, sound(RIS), sound(RIS, report_no="I2", target_lesions=[lesion]))
    assert hospital.night(RIS).loaded == 1
    assert hospital.reasons() == [(f"target_lesions.{field}", reason)]


def test_a_field_inside_a_list_that_the_contract_does_not_know_is_noted(hospital):
    lesion = {"lesion_code": "T1", "site_code": "lung", "lesion_kind": "nodal", "ldi": 50, "Doe": 1}
    hospital.deliver_json(RIS, sound(RIS, target_lesions=[lesion]), sound(RIS, report_no="I2", target_lesions="x"))
    hospital.night(RIS)
    assert "left out: 2 fields inside target_lesions that the contract does not know" in hospital.message()
    assert "Doe" not in hospital.message()


def test_a_list_that_is_no_list_is_rejected(hospital):
    hospital.deliver_json(RIS, sound(RIS, target_lesions={"lesion_code": "T1"}))
    hospital.night(RIS)
    assert hospital.reasons() == [("target_lesions", "wrong_type")]


def test_lists_are_loaded_typed(hospital):
    hospital.deliver_json(RIS, sound(RIS))
    hospital.night(RIS)
    assert hospital.rows(
        "SELECT target_lesions[1].ldi_mm, target_lesions[1].site_code, len(new_lesions) FROM raw.ris_imaging_report"
    ) == [(20.5, "lung", 0)]


def test_a_line_with_too_many_or_too_few_fields_is_rejected_with_its_line(hospital):
    names, first, second = csv_text(LAB, [sound(LAB), sound(LAB, result_no="R2")]).splitlines()
    hospital.deliver_text(LAB, "\n".join([names, first, "a,b", second + ",x", second]) + "\n")
    report = hospital.night(LAB)
    assert (report.delivered, report.loaded, report.rejected) == (4, 2, 2)
    assert hospital.rows("SELECT source_line, reason_code FROM quality.rejected_record ORDER BY 1") == [
        (3, "malformed_line"),
        (4, "malformed_line"),
    ]


def test_lines_are_counted_through_line_breaks_and_blank_lines(hospital):
    table = "lis_pathology"
    report = {
        "report_no": "P1",
        "version_no": 1,
        "result_status": "final",
        "lis_patient_no": "LIS-000001",
        "histology_code": "dlbcl_nos",
        "collected_at": "2022-01-02 08:00",
        "report_text": "first\nsecond\nthird",
    }
    names, *first = csv_text(table, [report]).splitlines()
    last = csv_text(table, [{**report, "report_no": "P2", "result_status": "flu", "report_text": ""}]).splitlines()[1]
    hospital.deliver_text(table, "\n".join([names, *first, "", "broken", last]) + "\n")
    assert hospital.night(table).loaded == 1
    assert hospital.rows("SELECT source_line, reason_code FROM quality.rejected_record ORDER BY 1") == [
        (6, "malformed_line"),
        (7, "unknown_code"),
    ]


def test_a_line_that_is_no_json_object_is_rejected_with_its_line(hospital):
    import json

    lines = [json.dumps(sound(RIS)), '{"report_no": "I2"', "", "[1, 2]", json.dumps(sound(RIS, report_no="I3"))]
    hospital.deliver_text(RIS, "\n".join(lines) + "\n", ending="jsonl")
    report = hospital.night(RIS)
    assert (report.delivered, report.loaded, report.rejected) == (4, 2, 2)
    assert hospital.rows("SELECT source_line, reason_code FROM quality.rejected_record ORDER BY 1") == [
        (2, "malformed_json"),
        (4, "malformed_json"),
    ]


def test_every_fault_of_a_record_is_reported_but_the_record_counts_once(hospital):
    hospital.deliver(LAB, sound(LAB, version_no="x", result_status="done"))
    assert hospital.night(LAB).rejected == 1
    assert hospital.reasons() == [("result_status", "unknown_code"), ("version_no", "wrong_type")]


def test_quarantine_keeps_the_text_and_the_published_list_only_the_kind_of_value(hospital):
    hospital.deliver(LAB, sound(LAB, result_status="Mrs Doe died"))
    hospital.night(LAB)
    ((text,),) = hospital.rows("SELECT raw_text FROM quarantine.rejected_record")
    assert "Mrs Doe died" in text
    assert hospital.rows("SELECT value_class FROM quality.rejected_record") == [("text",)]


def test_a_record_sent_again_without_its_fault_is_loaded(hospital):
    hospital.deliver(LAB, sound(LAB, result_status="done"))
    hospital.night(LAB)
    hospital.deliver(LAB, sound(LAB), day="2022-01-04")
    assert hospital.night(LAB).loaded == 1
