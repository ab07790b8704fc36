"""Forty unknown codes, units and texts, one patient each: every one is named in the list, none is silent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.quality import not_understood as finding_list
from cartwright.warehouse.schemas import PUBLISHED
from case_hospital import Case, CaseHospital, base_rows, patient
from fatal_checks import fatal_failures

pytestmark = pytest.mark.slow
BIOPSY = {"report_no": "PA1", "collected_at": "2018-01-05 10:00"}
SCAN = {"lesion_code": "T1", "site_code": "cervical", "lesion_kind": "nodal", "ldi_mm": 30, "sdi_mm": 20}
FRESH = {"lesion_code": "N1", "site_code": "liver", "lesion_kind": "nodal", "is_equivocal": False}
LAB = {"collected_at": "2020-07-02 08:00", "specimen_code": "blood"}
# table, column the list names, the strange code or unit (None: rejected, named by its place), values of the record
PLANTED: list[tuple[str, str, str | None, dict[str, Any]]] = [
    ("lis_lab_result", "local_code", "CREA2X", LAB | {"local_code": "CREA2X", "value_text": "80"}),
    ("lis_lab_result", "local_code", "LDHISO", LAB | {"local_code": "LDHISO", "value_text": "80", "unit_text": "U/L"}),
    ("lis_lab_result", "unit_text", "drops", LAB | {"local_code": "LDH", "value_text": "200", "unit_text": "drops"}),
    ("lis_lab_result", "unit_text", "furlong", LAB | {"local_code": "HB", "value_text": "12", "unit_text": "furlong"}),
    ("lis_lab_result", "unit_text", "no unit", LAB | {"local_code": "PLT", "value_text": "200"}),
    ("lis_lab_result", "value_text", "ALT", LAB | {"local_code": "ALT", "value_text": "clotted", "unit_text": "U/L"}),
    (
        "lis_lab_result",
        "specimen_code",
        "capillary",
        LAB | {"local_code": "HB", "value_text": "99", "unit_text": "g/L", "specimen_code": "capillary"},
    ),
    ("lis_flow_cytometry", "population_code", "cart_cd22", {"population_code": "cart_cd22", "value_text": "5"}),
    ("lis_flow_cytometry", "unit_text", "pints", {"population_code": "cart_cd20", "unit_text": "pints"}),
    ("lis_flow_cytometry", "specimen_code", "ascites", {"specimen_code": "ascites"}),
    ("lis_pathology", "histology_code", "dlbcl_leg", {"histology_code": "dlbcl_leg"}),
    ("lis_ihc", "marker_code", "CD30", BIOPSY | {"marker_code": "CD30", "positive_percent": 10}),
    ("lis_fish", "gene_code", "IRF4", BIOPSY | {"gene_code": "IRF4", "fish_result": "rearranged"}),
    ("lis_fish", "fish_result", "gain", BIOPSY | {"gene_code": "MYC", "fish_result": "gain"}),
    ("lis_ngs", "gene_code", "P53", BIOPSY | {"gene_code": "P53", "ngs_result": "mutated"}),
    ("lis_ngs", "ngs_result", "vus", BIOPSY | {"gene_code": "TP53", "ngs_result": "vus"}),
    ("ris_imaging_report", "modality_code", "PET_MR", {"modality_code": "PET_MR"}),
    ("ris_imaging_report", "deauville_code", "5a", {"modality_code": "PET_CT", "deauville_code": "5a"}),
    ("ris_imaging_report", "uptake_change_code", "mixed", {"modality_code": "PET_CT", "uptake_change_code": "mixed"}),
    ("ris_imaging_report", "marrow_code", "patchy", {"marrow_code": "patchy"}),
    ("ris_imaging_report", "nontarget_code", "smaller", {"nontarget_code": "smaller"}),
    ("ris_imaging_report", "target_lesions.site_code", "orbit", {"target_lesions": [SCAN | {"site_code": "orbit"}]}),
    ("ris_imaging_report", "target_lesions.lesion_kind", "mass", {"target_lesions": [SCAN | {"lesion_kind": "mass"}]}),
    ("ris_imaging_report", "new_lesions.site_code", "heart", {"new_lesions": [FRESH | {"site_code": "heart"}]}),
    ("ris_imaging_report", "new_lesions.lesion_kind", "fluid", {"new_lesions": [FRESH | {"lesion_kind": "fluid"}]}),
    ("ehr_adverse_event", "term_code", "uveitis", {"term_code": "uveitis", "onset_date": "2020-08-03"}),
    (
        "ehr_adverse_event",
        "attribution_code",
        "likely",
        {"term_code": "rash", "onset_date": "2020-08-03"} | {"attribution_code": "likely"},
    ),
    ("ehr_cart_order", "order_status", "on_hold", {"order_status": "on_hold"}),
    ("ehr_cart_infusion", "product_code", "PX", {"product_code": "PX"}),
    ("ehr_contact", "contact_code", "video", {"contact_code": "video"}),
    ("ehr_death", "cause_code", "covid", {"death_date": "2021-07-01", "cause_code": "covid"}),
    ("ehr_drug_administration", "drug_code", "glofitamab", {"drug_code": "glofitamab"}),
    ("ehr_drug_administration", "dose_unit", "vials", {"dose_unit": "vials"}),
    ("ehr_drug_administration", "indication_code", "rescue", {"indication_code": "rescue"}),
    ("ehr_drug_administration", "administration_status", "held", {"administration_status": "held"}),
    ("ehr_neuro_finding", "finding_code", "aphasia", {"finding_code": "aphasia", "assessed_at": "2020-08-03 08:00"}),
    ("ehr_patient", "sex_code", "W", {"sex_code": "W"}),
    ("ehr_procedure", "procedure_code", "proton", {"procedure_code": "proton", "performed_date": "2020-09-09"}),
    (
        "ehr_rated_response",
        "response_code",
        "nCR",
        {"response_code": "nCR", "criteria_code": "imwg_2016", "rated_date": "2020-09-09"},
    ),
    (
        "ehr_rated_response",
        "criteria_code",
        "percist",
        {"response_code": "PR", "criteria_code": "percist", "rated_date": "2020-09-09"},
    ),
    ("ehr_therapy_line", "intent_code", "salvage", {"intent_code": "salvage"}),
    ("ehr_vasopressor", "drug_code", "ephedrine", {"drug_code": "ephedrine", "started_at": "2020-08-03 08:00"}),
    ("ehr_vital_sign", "oxygen_device_code", "helmet", {"oxygen_device_code": "helmet"}),
    ("lis_lab_result", "result_status", None, LAB | {"local_code": "LDH", "result_status": "verified"}),
    ("ehr_patient_link", "system_code", None, {"system_code": "pacs", "local_patient_no": "X9", "enterprise_no": "E"}),
    ("ehr_performance_status", "assessed_date", None, {"assessed_date": "31.7.2020"}),
]
DRUG = "Jane Roe of ward 3"
NAMES_AND_NUMBERS = ["Doe Jane", "Jane.Doe.1970", "M00012345", "1970-03-04", "12345678"]


def planted(number: int, table: str, values: dict[str, Any]) -> Case:
    """The base patient with one strange value: in his first record of the table that has the column, or in one more."""
    key, name = load_contracts()[table].key[0], f"c{number}"
    before = base_rows().get(table, [])
    base = before[-1] if before and table not in ("lis_lab_result", "ehr_patient_link") else {key: "N"}
    added = {table: [{**base, **values}]}
    return Case(name, "", patient(name, {table: [base[key]]}, added), [])


UNREAD = {"ehr_rated_response"}  # the study takes its responses from lesions: a rating touches nothing of it


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> CaseHospital:
    texts = [LAB | {"local_code": "LDH", "value_text": "200", "unit_text": text} for text in NAMES_AND_NUMBERS]
    cases = [planted(number, table, values) for number, (table, _, _, values) in enumerate(PLANTED)]
    cases += [planted(100 + number, "lis_lab_result", values) for number, values in enumerate(texts)]
    cases.append(planted(200, "ehr_drug_administration", {"drug_code": DRUG, "indication_code": "lymphoma"}))
    return CaseHospital(tmp_path_factory.mktemp("planted"), cases)


def test_no_fatal_check_fails(hospital: CaseHospital) -> None:
    assert fatal_failures(hospital) == []


def test_enough_is_planted_in_enough_places() -> None:
    places = {(table, column) for table, column, _, _ in PLANTED}
    assert len(PLANTED) >= 30
    assert len(places) >= 12
    assert len({table for table, _ in places}) >= 12


@pytest.mark.parametrize(("table", "column", "sent"), [plant[:3] for plant in PLANTED])
def test_it_is_named(hospital: CaseHospital, table: str, column: str, sent: str | None) -> None:
    found = [f for f in finding_list.listed(hospital.con, table=table) if f.column_name == column]
    named = [f for f in found if sent in (f.value_code, f.unit_text) or (sent is None and f.kind_code == "rejected")]
    assert len(named) == 1
    assert named[0].record_count >= 1
    assert named[0].remedy
    assert bool(named[0].touches) == (table not in UNREAD)


def test_a_name_or_number_typed_for_a_unit_is_shown_by_its_class(hospital: CaseHospital) -> None:
    units = {f.unit_text for f in finding_list.listed(hospital.con, "unknown_unit", "lis_lab_result")}
    shown = sorted(unit for unit in units if unit.startswith("("))
    assert len(shown) == len(NAMES_AND_NUMBERS)
    assert {unit.partition(" ")[0] for unit in shown} == {"(words", "(number", "(text"}
    assert all(re.fullmatch(r"\((words|number|text) ~[0-9a-f]{16}\)", unit) for unit in shown)
    for table in ("facts.finding", "quality.finding_count"):
        text = str(hospital.con.execute(f"FROM {table}").fetchall())
        assert [name for name in NAMES_AND_NUMBERS if name in text] == []


def test_what_was_typed_for_a_drug_is_published_nowhere(hospital: CaseHospital) -> None:
    """An unknown drug counts as a drug, under the name that was sent if that looks like a code."""
    tables = hospital.con.execute(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE list_contains($1, table_schema)",
        [list(PUBLISHED)],
    ).fetchall()
    leaking = [table for (table,) in tables if DRUG in str(hospital.con.execute(f"FROM {table}").fetchall())]
    assert leaking == []
    named = hospital.con.execute(
        "SELECT count(*) FROM facts.antineoplastic_dose WHERE drug_code SIMILAR TO '[(]words ~[0-9a-f]{16}[)]'"
    ).fetchone()
    assert named == (1,)


def test_what_touches_more_stands_first_and_the_words_say_how_many_more(hospital: CaseHospital) -> None:
    codes = finding_list.listed(hospital.con, "unknown_code")
    assert len(codes) > 25
    said = [found.touches or "" for found in codes]
    assert said[0].count("+") > said[-1].count("+")
    first = finding_list.in_words(hospital.con, 2)[0]
    assert first.startswith("unknown code: ")
    assert first.endswith(f"and {len(codes) - 2} more")


def test_a_release_from_before_the_list_has_no_findings(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "old.duckdb") as con:
        assert finding_list.listed(con) == []
