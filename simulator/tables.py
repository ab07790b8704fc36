"""Columns of every table that the hospital sends, in order, as `name:type`.

Types: t text, i integer, d decimal, b boolean, D date, p partial date, T timestamp, l list.
"""

from __future__ import annotations

from typing import NamedTuple


class Table(NamedTuple):
    """A feed table: where it is sent, its key, the column that names the patient, and its columns with types."""

    feed: str
    key: str
    patient: str | None
    columns: dict[str, str]

    @property
    def status(self) -> str:
        """The column that carries preliminary, final, corrected or cancelled (file feeds only)."""
        return "report_status" if self.feed == "ris" else "result_status"


def _table(feed: str, patient: str | None, text: str) -> Table:
    columns = dict(part.split(":") for part in text.split())
    return Table(feed, next(iter(columns)), patient, columns)


def _lis(text: str) -> Table:
    key, rest = text.split(" ", 1)
    head = f"{key} version_no:i result_status:t lis_patient_no:t "
    return _table("lis", "lis_patient_no", f"{head}{rest} collected_at:T resulted_at:T")


def _ehr(text: str, patient: str | None = "mrn") -> Table:
    return _table("ehr", patient, f"{text} row_status:t updated_at:T")


TABLES: dict[str, Table] = {
    "lab_result": _lis(
        "result_no:t accession_no:t loinc_code:t local_code:t value_text:t unit_text:t reference_low:d "
        "reference_high:d specimen_code:t"
    ),
    "flow_cytometry": _lis(
        "measurement_no:t accession_no:t population_code:t value_text:t unit_text:t lloq:d specimen_code:t"
    ),
    "pathology": _table(
        "lis",
        "lis_patient_no",
        "report_no:t version_no:i result_status:t lis_patient_no:t histology_code:t specimen_site:t collected_at:T "
        "resulted_at:T report_text:t",
    ),
    "ihc": _lis("stain_no:t report_no:t marker_code:t positive_percent:d"),
    "fish": _lis("probe_no:t report_no:t gene_code:t fish_result:t"),
    "ngs": _lis("variant_no:t report_no:t gene_code:t ngs_result:t hgvs_text:t vaf_percent:d"),
    "imaging_report": _table(
        "ris",
        "ris_patient_no",
        "report_no:t version_no:i report_status:t ris_patient_no:t study_no:t modality_code:t performed_at:T "
        "reported_at:T is_evaluable:b deauville_code:t uptake_change_code:t suv_max:d marrow_code:t "
        "spleen_length_mm:d nontarget_code:t target_lesions:l new_lesions:l impression_text:t",
    ),
    "patient_link": _ehr("link_id:t system_code:t local_patient_no:t enterprise_no:t", patient=None),
    "patient": _ehr("mrn:t full_name:t birth_date:D sex_code:t"),
    "diagnosis": _ehr("diagnosis_id:t mrn:t icd10_code:t diagnosed_date:p"),
    "therapy_line": _ehr(
        "line_id:t mrn:t intent_code:t regimen_name:t cycles_count:i start_date:p end_date:p",
    ),
    "drug_administration": _ehr(
        "administration_id:t mrn:t line_id:t drug_code:t dose_value:d dose_unit:t indication_code:t "
        "administration_status:t start_date:p end_date:p"
    ),
    "procedure": _ehr("procedure_id:t mrn:t procedure_code:t performed_date:p end_date:p dose_gy:d"),
    "cart_product": _ehr(
        "product_code:t target_antigen:t scfv_origin:t generation_no:i costimulatory_domain:t signalling_domain:t",
        patient=None,
    ),
    "cart_consent": _ehr("consent_id:t mrn:t product_code:t consented_date:D collected_date:D"),
    "cart_order": _ehr("order_id:t mrn:t product_code:t ordered_date:D order_status:t"),
    "cart_manufacture": _ehr(
        "batch_no:t mrn:t order_id:t harvest_date:D harvest_cells_per_kg:d transduction_percent:d viability_percent:d"
    ),
    "cart_infusion": _ehr("infusion_id:t mrn:t order_id:t product_code:t infused_date:D dose_cells:d body_weight_kg:d"),
    "performance_status": _ehr("assessment_id:t mrn:t assessed_date:D ecog_grade:i"),
    "disease_staging": _ehr(
        "staging_id:t mrn:t assessed_date:D ann_arbor_stage:i extranodal_sites_count:i is_marrow_involved:b "
        "is_cns_involved:b"
    ),
    "clinical_progression": _ehr("progression_id:t mrn:t progressed_date:p"),
    "rated_response": _ehr("rating_id:t mrn:t rated_date:D response_code:t criteria_code:t rater_name:t"),
    "vital_sign": _ehr(
        "vital_id:t mrn:t measured_at:T temperature_cel:d systolic_mmhg:d is_hypotensive:b spo2_percent:d "
        "oxygen_device_code:t oxygen_flow_l_per_min:d has_other_fever_cause:b"
    ),
    "vasopressor": _ehr("vasopressor_id:t mrn:t drug_code:t started_at:T stopped_at:T"),
    "ice_score": _ehr(
        "ice_id:t mrn:t assessed_at:T orientation_points:i naming_points:i command_points:i writing_points:i "
        "attention_points:i is_arousable:b"
    ),
    "neuro_finding": _ehr("finding_id:t mrn:t assessed_at:T finding_code:t is_attributed:b"),
    "adverse_event": _ehr("event_id:t mrn:t term_code:t toxicity_grade:i onset_date:p end_date:p attribution_code:t"),
    "contact": _ehr("contact_id:t mrn:t contact_date:D contact_code:t"),
    "death": _ehr("death_id:t mrn:t death_date:p cause_code:t"),
}
EHR_TABLES = tuple(name for name, table in TABLES.items() if table.feed == "ehr")
