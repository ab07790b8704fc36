"""One typing error of one person stops nobody's release: it is shown, its value unknown, everybody else as before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from cartwright.warehouse.intake.contracts import load_contracts
from case_hospital import Case, CaseHospital, base_rows, patient
from fatal_checks import fatal_failures

pytestmark = pytest.mark.slow


class Slip(NamedTuple):
    """One value of one record, typed wrongly. `shown` are the findings due."""

    name: str
    table: str
    key: str
    values: Mapping[str, Any]
    shown: set[str]


def lesion(**values: Any) -> dict[str, Any]:
    sound = {"lesion_code": "T1", "site_code": "cervical", "lesion_kind": "nodal", "ldi_mm": 30, "sdi_mm": 20}
    return {"target_lesions": [sound | values]}


LIMIT = {"implausible_value"}
SLIPS = [
    Slip("born2068", "ehr_patient", "M", {"birth_date": "2068-03-04"}, {"birth_date_implausible"}),
    Slip("born1870", "ehr_patient", "M", {"birth_date": "1900-03-04"}, {"birth_date_implausible"}),
    Slip("bornlate", "ehr_patient", "M", {"birth_date": "2021-03-04"}, {"birth_after_event"}),
    Slip("bornmid", "ehr_patient", "M", {"birth_date": "2019-03-04"}, {"birth_after_event"}),
    Slip("dose120", "ehr_cart_infusion", "INF20", {"dose_cells": 120}, LIMIT),
    Slip("doseperkg", "ehr_cart_infusion", "INF20", {"dose_cells": 200000}, {"dose_for_weight"}),
    Slip("weight0", "ehr_cart_infusion", "INF20", {"body_weight_kg": 0}, LIMIT),
    Slip("weight6000", "ehr_cart_infusion", "INF20", {"body_weight_kg": 6000}, LIMIT),
    Slip("harvest", "ehr_cart_manufacture", "BATCH20", {"harvest_cells_per_kg": 3e16}, LIMIT),
    Slip("viability", "ehr_cart_manufacture", "BATCH20", {"viability_percent": 950}, LIMIT),
    Slip("transduction", "ehr_cart_manufacture", "BATCH20", {"transduction_percent": 4000}, LIMIT),
    Slip("ecog", "ehr_performance_status", "ECOG", {"ecog_grade": 11}, LIMIT),
    Slip("stage", "ehr_disease_staging", "STAGE", {"ann_arbor_stage": 33}, LIMIT),
    Slip("sites", "ehr_disease_staging", "STAGE", {"extranodal_sites_count": 100}, LIMIT),
    Slip("stagediffers", "ehr_disease_staging", "STAGE", {"is_marrow_involved": True}, {"stage_differs"}),
    Slip("fahrenheit", "ehr_vital_sign", "VITAL1", {"temperature_cel": 98.2}, LIMIT),
    Slip("cycles", "ehr_therapy_line", "CHOP", {"cycles_count": 2018}, LIMIT),
    Slip("lineends", "ehr_therapy_line", "CHOP", {"end_date": "2008-06-01"}, {"end_before_start"}),
    Slip("spleencm", "ris_imaging_report", "CT0901", {"spleen_length_mm": 10}, LIMIT),
    Slip("suv", "ris_imaging_report", "CT0901", {"suv_max": 1200}, LIMIT),
    Slip("lesioncm", "ris_imaging_report", "CT0901", lesion(ldi_mm=3.0, sdi_mm=2.0), LIMIT),
    Slip("lesionkm", "ris_imaging_report", "CT0901", lesion(ldi_mm=3000), LIMIT),
    Slip("lesionneg", "ris_imaging_report", "CT0901", lesion(sdi_mm=-20), LIMIT),
    Slip("scan2062", "ris_imaging_report", "CT0901", {"performed_at": "2062-09-01 11:00"}, {"date_after_delivery"}),
    Slip("lab2062", "lis_lab_result", "LDH1", {"collected_at": "2062-07-01 08:00"}, {"date_after_delivery"}),
    Slip("lineahead", "ehr_therapy_line", "DHAP", {"start_date": "2091-01-10"}, {"date_after_delivery"}),
    Slip("infused2062", "ehr_cart_infusion", "INF20", {"infused_date": "2062-08-01"}, {"date_after_delivery"}),
    Slip("infused1920", "ehr_cart_infusion", "INF20", {"infused_date": "1920-08-01"}, {"birth_after_event"}),
    Slip("visit2062", "ehr_contact", "VISIT", {"contact_date": "2062-06-10"}, {"date_after_delivery"}),
    Slip("ldhhigh", "lis_lab_result", "LDH1", {"value_text": "9999999"}, {"value_implausible"}),
    Slip("uln0", "lis_lab_result", "LDH1", {"reference_high": 0}, {"reference_range_reversed"}),
    Slip(
        "ulnukat",
        "lis_lab_result",
        "LDH1",
        {"reference_low": 2, "reference_high": 4.1},
        {"reference_limit_implausible"},
    ),
    Slip(
        "llnukat",
        "lis_lab_result",
        "LDH1",
        {"reference_low": 1250, "reference_high": None},
        {"reference_limit_implausible"},
    ),
    Slip("flow", "lis_flow_cytometry", "FLOW1", {"value_text": "100000000000"}, {"flow_value_implausible"}),
    # Records that the base patient does not have, with their error.
    Slip("dead1901", "ehr_death", "D", {"death_date": "1901-06-10", "cause_code": "lymphoma"}, {"birth_after_event"}),
    Slip("dead2062", "ehr_death", "D", {"death_date": "2062-06-10", "cause_code": "lymphoma"}, {"date_after_delivery"}),
    Slip("deadbefore", "ehr_death", "D", {"death_date": "2020-05-10"}, {"death_before_contact"}),
    Slip("pdbefore", "ehr_clinical_progression", "PD", {"progressed_date": "1920-05-10"}, set()),
    Slip(
        "rated2062",
        "ehr_rated_response",
        "RATED",
        {"rated_date": "2062-09-01", "response_code": "CR"} | {"criteria_code": "lugano_2014"},
        {"date_after_delivery"},
    ),
    Slip("pd2062", "ehr_clinical_progression", "PD", {"progressed_date": "2062-05"}, {"date_after_delivery"}),
    Slip("dxafter", "ehr_diagnosis", "DX2", {"icd10_code": "C83.3", "diagnosed_date": "2081"}, {"date_after_delivery"}),
    Slip(
        "grade",
        "ehr_adverse_event",
        "AE",
        {"term_code": "crs", "toxicity_grade": 22} | {"onset_date": "2020-08-03"},
        LIMIT,
    ),
    Slip(
        "aelate", "ehr_adverse_event", "AE", {"term_code": "rash", "onset_date": "2070-08-03"}, {"date_after_delivery"}
    ),
    Slip("ice", "ehr_ice_score", "ICE", {"assessed_at": "2020-08-03 08:00", "naming_points": 33}, LIMIT),
    Slip(
        "ki67",
        "lis_ihc",
        "S",
        {"report_no": "PA1", "marker_code": "KI67", "positive_percent": 850} | {"collected_at": "2018-01-05 10:00"},
        LIMIT,
    ),
    Slip(
        "vaf",
        "lis_ngs",
        "V",
        {"report_no": "PA1", "gene_code": "TP53", "ngs_result": "mutated", "vaf_percent": 4500}
        | {"collected_at": "2018-01-05 10:00"},
        LIMIT,
    ),
    Slip(
        "gray",
        "ehr_procedure",
        "RT",
        {"procedure_code": "radiotherapy", "performed_date": "2019-06-01"} | {"dose_gy": 4000},
        LIMIT,
    ),
]
SOUND = Case("sound", "", patient("sound", {}, {}), [])


def with_slip(slip: Slip) -> Case:
    """The base patient with the slip in one of his records, or in one more."""
    key = load_contracts()[slip.table].key[0]
    before = [row for row in base_rows().get(slip.table, []) if row[key] == slip.key]
    row = {key: slip.key, **(before[0] if before else {}), **slip.values}
    return Case(slip.name, "", patient(slip.name, {slip.table: [slip.key]}, {slip.table: [row]}), [])


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> CaseHospital:
    return CaseHospital(tmp_path_factory.mktemp("slips"), [SOUND, *map(with_slip, SLIPS)])


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> CaseHospital:
    return CaseHospital(tmp_path_factory.mktemp("alone"), [SOUND])


def test_no_fatal_check_fails(hospital: CaseHospital) -> None:
    assert fatal_failures(hospital) == []


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_the_error_is_shown(hospital: CaseHospital, slip: Slip) -> None:
    case = Case(slip.name, "", {}, [])
    found = hospital.answer(case, "SELECT string_agg(DISTINCT finding_code, ',') FROM facts.finding WHERE usubjid = $s")
    assert slip.shown <= set((found or "").split(","))


def test_the_sound_patient_stays_as_he_is(hospital: CaseHospital, alone: CaseHospital) -> None:
    for table in ("adam.adsl", "adam.adtte", "adam.adrs", "adam.adlb", "eligibility.criterion_result"):
        assert _rows(hospital, table) == _rows(alone, table), table


def _rows(house: CaseHospital, table: str) -> list[str]:
    subject = house.answer(SOUND, "SELECT $s")
    rows = house.con.execute(f"FROM {table} WHERE usubjid = ? ORDER BY ALL", [subject]).fetchall()
    return [str(row).replace(subject, "") for row in rows]
