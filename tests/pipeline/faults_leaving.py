"""One SQL statement per fatal check of what leaves, which breaks its rule somewhere. Data of the planted faults."""

ONE = "rowid = (SELECT min(rowid) FROM {table} WHERE {where})"


def _set(table: str, what: str, where: str = "true") -> str:
    return f"UPDATE {table} SET {what} WHERE {ONE.format(table=table, where=where)}"


def _twice(table: str) -> str:
    return f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1"


ADSL, ADTTE, ADRS = "adam.adsl", "adam.adtte", "adam.adrs"
SCREENING, FUNNEL, GROUP = "eligibility.screening", "eligibility.funnel", "eligibility.study_group"
INCLUDED = "inclfl = 'Y'"
AFTER_CUT = "(SELECT data_cut_date + 1 FROM meta.build)"

LEAVING_FAULTS = {
    "quality.delivery_ledger.adds_up": _set("quality.delivery_ledger", "loaded_count = loaded_count + 1"),
    "quality.delivery_ledger.delivery_once": (
        "CREATE OR REPLACE TABLE quality.delivery_ledger AS FROM quality.delivery_ledger "
        "UNION ALL (FROM quality.delivery_ledger LIMIT 1)"
    ),
    "identity.patient_map.one_person_one_subject": _set("identity.patient_map", "usubjid = 'CW-0000000000000000'"),
    "identity.patient_map.pseudonym_formed": _set("identity.patient_map", "usubjid = enterprise_no"),
    "identity.patient_map.number_linked_once": _twice("identity.patient_map"),
    "eligibility.criterion_result.key_unique": _twice("eligibility.criterion_result"),
    "eligibility.criterion_result.status_known": _set("eligibility.criterion_result", "status = 'perhaps'"),
    "eligibility.screening.every_criterion_decided": (
        "DELETE FROM eligibility.criterion_result WHERE rowid = (SELECT min(rowid) FROM eligibility.criterion_result)"
    ),
    "eligibility.screening.rows_due": f"DELETE FROM {SCREENING}",
    "eligibility.screening.key_unique": _twice(SCREENING),
    "eligibility.screening.reason_iff_excluded": _set(SCREENING, "primary_criterion_id = NULL", "NOT is_included"),
    "eligibility.screening.included_met_all": (
        "UPDATE eligibility.criterion_result SET status = 'unknown' WHERE usubjid = "
        f"(SELECT min(usubjid) FROM {SCREENING} WHERE is_included) AND criterion_id = 'age'"
    ),
    "eligibility.funnel.adds_up": _set(FUNNEL, "remaining_count = remaining_count + 1", "seq = 2"),
    "eligibility.funnel.ends_at_included": (
        f"UPDATE {FUNNEL} SET remaining_count = remaining_count - 1 WHERE seq = (SELECT max(seq) FROM {FUNNEL})"
    ),
    "eligibility.study_group.key_unique": _twice(GROUP),
    "eligibility.screening.included_has_group": (
        f"DELETE FROM {GROUP} WHERE usubjid = (SELECT min(usubjid) FROM {SCREENING} WHERE is_included)"
    ),
    "eligibility.study_group.time_zero_by_cut": _set(GROUP, f"time_zero_date = {AFTER_CUT}"),
    "adam.adsl.rows_due": f"DELETE FROM {ADSL}",
    "adam.adsl.key_unique": _twice(ADSL),
    "adam.adsl.flag_agrees": _set(ADSL, "inclfl = 'N'", INCLUDED),
    "eligibility.screening.everyone_screened": f"DELETE FROM {ADSL} WHERE usubjid = (SELECT min(usubjid) FROM {ADSL})",
    "adam.adsl.dates_in_order": _set(ADSL, "cd19_failure_date = time_zero_date + 1", INCLUDED),
    "adam.adsl.best_response_coded": _set(ADSL, "best_response_code = 'better'"),
    "adam.adsl.responder_agrees": _set(ADSL, "is_responder = true", "best_response_code = 'PD'"),
    "adam.adsl.adult": _set(ADSL, "age_years = 17", INCLUDED),
    "adam.adsl.age_years.within_limits": _set(ADSL, "age_years = 121"),
    "adam.adsl.ecog_grade.within_limits": _set(ADSL, "ecog_grade = 6"),
    "adam.adsl.ipi_score.within_limits": _set(ADSL, "ipi_score = 6"),
    "adam.adsl.ann_arbor_stage.within_limits": _set(ADSL, "ann_arbor_stage = 5"),
    "adam.adsl.cd20_expression_percent.within_limits": _set(ADSL, "cd20_expression_percent = 101"),
    "adam.adsl.transduction_percent.within_limits": _set(ADSL, "transduction_percent = -1"),
    "adam.adsl.viability_percent.within_limits": _set(ADSL, "viability_percent = 101"),
    "adam.adsl.dose_cells_per_kg.within_limits": _set(ADSL, "dose_cells_per_kg = 2"),
    "adam.adsl.crs_grade.within_limits": _set(ADSL, "crs_grade = 6"),
    "adam.adsl.icans_grade.within_limits": _set(ADSL, "icans_grade = -1"),
    "adam.adtte.rows_due": f"DELETE FROM {ADTTE}",
    "adam.adtte.key_unique": _twice(ADTTE),
    "adam.adsl.included_has_os": f"DELETE FROM {ADTTE} WHERE paramcd = 'OS'",
    "adam.adsl.included_has_pfs": f"DELETE FROM {ADTTE} WHERE paramcd = 'PFS'",
    "adam.adsl.included_has_pfsa": f"DELETE FROM {ADTTE} WHERE paramcd = 'PFSA'",
    "adam.adtte.date_within_follow_up": _set(ADTTE, f"adt = {AFTER_CUT}"),
    "adam.adtte.censoring_coded": _set(ADTTE, "cnsr = -1"),
    "adam.adtte.durations_agree": _set(ADTTE, "aval = aval + 1"),
    "adam.adtte.decision_described": _set(ADTTE, "evntdesc = NULL", "cnsr = 0"),
    "adam.adtte.event_has_evidence": _set(ADTTE, "record_id = NULL", "cnsr = 0"),
    "adam.adtte.pfs_not_after_os": (
        f"UPDATE {ADTTE} SET adt = adt + 4000 WHERE rowid = (SELECT min(rowid) FROM {ADTTE} WHERE paramcd = 'PFS')"
    ),
    "adam.adtte.death_is_event_of_pfs": (
        f"UPDATE {ADTTE} SET cnsr = 1 WHERE paramcd = 'PFS' AND usubjid = "
        f"(SELECT min(usubjid) FROM {ADTTE} WHERE paramcd = 'OS' AND cnsr = 0)"
    ),
    "adam.adtte.starts_at_time_zero": _set(ADTTE, "startdt = startdt - 1", "paramcd = 'OS'"),
    "adam.adrs.response_coded": _set(ADRS, "avalc = 'better'", "paramcd = 'OVRLRESP'"),
    "adam.adrs.date_by_cut": _set(ADRS, f"adt = {AFTER_CUT}", "paramcd = 'OVRLRESP'"),
    "adam.adsl.best_agrees": f"DELETE FROM {ADRS} WHERE paramcd = 'BOR'",
    "results.ard.interval_in_order": _set(
        "results.ard", "ci_low = ci_high + 1", "ci_high IS NOT NULL AND NOT isnan(ci_high)"
    ),
    "results.ard.events_within_n": _set("results.ard", "events = n + 1", "n IS NOT NULL"),
    "results.curve.is_survival": _set("results.curve", "survival = 1.5"),
}
