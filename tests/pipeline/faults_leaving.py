"""One SQL statement per fatal check of what leaves, which breaks its rule somewhere. Data of the planted faults."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cartwright.expectations.check import Check
from cartwright.expectations.leaving import column_limits
from cartwright.warehouse.study.definition import Study

ONE = "rowid = (SELECT min(rowid) FROM {table} WHERE {where})"


def _set(table: str, what: str, where: str = "true") -> str:
    return f"UPDATE {table} SET {what} WHERE {ONE.format(table=table, where=where)}"


def _twice(table: str) -> str:
    return f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1"


ADSL, ADTTE, ADRS = "adam.adsl", "adam.adtte", "adam.adrs"
SCREENING, FUNNEL, GROUP, ANCHOR = (f"eligibility.{name}" for name in ("screening", "funnel", "study_group", "anchor"))
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
    "eligibility.anchor.in_order": _set(ANCHOR, "anchor_date = anchor_date - 4000", "anchor = 'time_zero'"),
    "eligibility.item.key_unique": "INSERT INTO eligibility.item SELECT * FROM eligibility.item LIMIT 1",
    "eligibility.item.included_within_limits": (
        "UPDATE eligibility.item SET value_num = 17 WHERE item = 'age_years' AND usubjid = "
        f"(SELECT min(usubjid) FROM {SCREENING} WHERE is_included)"
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
    "adam.adsl.best_response_coded": _set(ADSL, "best_response_code = 'better'"),
    "adam.adsl.responder_agrees": _set(ADSL, "is_responder = true", "best_response_code = 'PD'"),
    "adam.adtte.rows_due": f"DELETE FROM {ADTTE}",
    "adam.adtte.key_unique": _twice(ADTTE),
    "adam.adtte.date_within_follow_up": _set(ADTTE, f"adt = {AFTER_CUT}"),
    "adam.adtte.censoring_coded": _set(ADTTE, "cnsr = -1"),
    "adam.adtte.durations_agree": _set(ADTTE, "aval = aval + 1"),
    "adam.adtte.decision_described": _set(ADTTE, "evntdesc = NULL", "cnsr = 0"),
    "adam.adtte.event_has_evidence": _set(ADTTE, "record_id = NULL", "cnsr = 0"),
    "adam.adtte.starts_at_time_zero": _set(ADTTE, "startdt = startdt - 1", "paramcd = 'OS'"),
    "adam.adrs.response_coded": _set(ADRS, "avalc = 'better'", "paramcd = 'OVRLRESP'"),
    "adam.adrs.date_by_cut": _set(ADRS, f"adt = {AFTER_CUT}", "paramcd = 'OVRLRESP'"),
    "adam.adsl.best_agrees": f"DELETE FROM {ADRS} WHERE paramcd = 'BOR'",
    "results.ard.interval_in_order": _set(
        "results.ard", "ci_low = ci_high + 1", "ci_high IS NOT NULL AND NOT isnan(ci_high)"
    ),
    "results.ard.events_within_n": _set("results.ard", "events = n + 1", "n IS NOT NULL"),
    "results.curve.is_survival": _set("results.curve", "survival = 1.5"),
    "results.second_opinion.agrees": _set("results.second_opinion", "is_agreed = false"),
}


def faults(study: Study, checks: Iterable[Check]) -> dict[str, str]:
    """Check -> its fault: those above, and those that follow from what the study declares."""
    endpoints = {endpoint.paramcd.lower(): endpoint.paramcd for endpoint in study.protocol.endpoints}
    limits = {column: (low, high) for column, _, low, high in column_limits(study)}
    return LEAVING_FAULTS | {
        check.check_id: fault for check in checks if (fault := _declared(check, endpoints, limits)) is not None
    }


def _declared(check: Check, endpoints: dict[str, str], limits: dict[str, tuple]) -> str | None:
    name = check.check_id.rpartition(".")[2]
    if name == "rows_needed":
        return f"DELETE FROM {check.table}"
    if name == "within_limits":
        column = check.check_id.split(".")[-2]
        low, high = limits[column]
        return _set(ADSL, f"{column} = {low - 1 if high is None else high + 1}")
    if name.startswith("included_has_") and name != "included_has_group":
        return f"DELETE FROM {ADTTE} WHERE paramcd = '{endpoints[name.removeprefix('included_has_')]}'"
    if found := re.fullmatch(r"(\w+)_not_after_(\w+)", name):
        wider, narrower = (endpoints[code] for code in found.groups())
        return f"UPDATE {ADTTE} SET adt = adt + 4000 WHERE paramcd = '{wider}' AND usubjid = {_with_event(narrower)}"
    if found := re.fullmatch(r"event_of_(\w+)_is_event_of_(\w+)", name):
        narrower, wider = (endpoints[code] for code in found.groups())
        return f"UPDATE {ADTTE} SET cnsr = 1 WHERE paramcd = '{wider}' AND usubjid = {_with_event(narrower)}"
    return None


def _with_event(paramcd: str) -> str:
    return f"(SELECT min(usubjid) FROM {ADTTE} WHERE paramcd = '{paramcd}' AND cnsr = 0)"
