"""The oracle: what the protocol's rules must find in one patient's records as delivered.

An independent, literal implementation in plain Python, against which the warehouse's SQL models are compared patient by
patient. Response: derive_lugano; therapy, failure and groups: derive_therapy; baselines: derive_baseline.

Readings chosen where the texts leave room:
- A record dated after the data cut does not exist, but for contacts and deaths: they prove the patient alive at the
  cut, which is then the last date known alive.
- Contacts are samples taken, images made, assessments, given doses, infusions, procedures and recorded contacts, with
  full dates; ends of courses, orders, consents and recorded progressions are none.
- Without therapy after failure there is no time zero: criterion `window` then judges the failure date alone.
- Death without any rated time point counts as PD when some (unreadable) assessment was made and no new therapy came
  first; without any assessment the patient is unrated.
- New therapy on the day of an event does not come before it. A day of death is not clamped out of its known month.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cartwright.simulator.days import DATA_CUT, ENROL_FROM, ENROL_TO, iso
from cartwright.simulator.derive_baseline import baselines, completed_years, prior_lines
from cartwright.simulator.derive_lugano import TimePoint, best_of, time_points
from cartwright.simulator.derive_therapy import (
    Failure,
    Index,
    Therapy,
    cd19_failure,
    index_therapy,
    is_anti_lymphoma,
    possible_days,
    therapies,
)
from cartwright.simulator.derive_visible import Rows, dated, exact, first, last, visible
from cartwright.simulator.dirt import Delivered
from cartwright.simulator.vocabulary import PRODUCTS

HISTOLOGIES = frozenset({"dlbcl_nos", "bl", "tfl", "hgbl"})
PRODUCT_RULE = {
    "scfv_origin": "murine",
    "generation_no": 2,
    "costimulatory_domain": "4-1BB",
    "signalling_domain": "CD3-zeta",
}
MIN_AGE, MIN_PRIOR_LINES = 18, 2
CONCURRENT_BEFORE, CONCURRENT_AFTER = 7, 28
WINDOW_DAYS = 14
_CONTACTS = {
    "lab_result": "collected_at",
    "flow_cytometry": "collected_at",
    "pathology": "collected_at",
    "imaging_report": "performed_at",
    "contact": "contact_date",
    "procedure": "performed_date",
    "cart_infusion": "infused_date",
    "performance_status": "assessed_date",
    "disease_staging": "assessed_date",
    "vital_sign": "measured_at",
    "vasopressor": "started_at",
    "ice_score": "assessed_at",
    "neuro_finding": "assessed_at",
}


class Derived(NamedTuple):
    """Derivable truth of one patient: columns of truth.COLUMNS, days as ordinals, unknown absent or None."""

    values: dict[str, Any]


def derive(delivered: Delivered) -> Derived:
    """Records as delivered -> derivable truth."""
    rows = visible(delivered)
    rows["cart_product"] = [dict(row) for row in PRODUCTS]
    return derive_rows(rows)


def derive_rows(rows: dict[str, Rows]) -> Derived:
    """Rows in force (all tables present) -> derivable truth."""
    starts = therapies(rows)
    failure = cd19_failure(rows, starts)
    index = index_therapy(rows, starts, failure.date) if failure.date is not None else None
    statuses = criteria(rows, starts, failure, index)
    broken = next(((name, status) for name, status in statuses.items() if status != "met"), None)
    values: dict[str, Any] = {"is_included": broken is None, "cd19_failure_date": failure.date}
    if broken is not None:
        values.update(primary_criterion_id=broken[0], primary_status=broken[1])
        return Derived(values)
    if index is None:
        raise ValueError("a patient meets every criterion without an index therapy")
    values.update(group_code=index.group, stratum_code=index.stratum, time_zero_date=index.day)
    values |= endpoints(rows, starts, index)
    values |= baselines(rows, failure, index, starts)
    return Derived(values)


# --- eligibility (protocol A) -------------------------------------------------------------------------------------


def criteria(rows: dict[str, Rows], starts: list[Therapy], failure: Failure, index: Index | None) -> dict[str, str]:
    """Status of every criterion, in the order in which the primary reason is looked for."""
    return {
        "cd19_product": _product(rows, failure.product_code),
        "cd19_failed": failure.status,
        "window": window_status(failure.date, index),
        "age": _age(rows, failure.date),
        "histology": _histology(rows, failure.date),
        "prior_lines": _met(prior_lines(rows, failure.infusion.day, starts) >= MIN_PRIOR_LINES),
        "no_concurrent_drug": _met(not _concurrent(rows, starts, failure)),
        "treated_after_failure": "unknown" if failure.date is None else _met(index is not None),
        "compared_therapy": _met(index is not None and index.group is not None),
    }


def _met(fact: bool) -> str:
    return "met" if fact else "not_met"


def _product(rows: dict[str, Rows], code: str) -> str:
    product = next((row for row in rows["cart_product"] if row["product_code"] == code), {})
    found = [product.get(name) for name in PRODUCT_RULE]
    if any(value is not None and value != wanted for value, wanted in zip(found, PRODUCT_RULE.values(), strict=True)):
        return "not_met"
    return "unknown" if None in found else "met"


def window_status(failure: int | None, index: Index | None) -> str:
    if failure is None:
        return "unknown"
    if failure < ENROL_FROM:
        return "not_met"
    if index is None:
        return "met"
    return "unknown" if not index.is_exact else _met(index.day <= ENROL_TO)


def _age(rows: dict[str, Rows], failure: int | None) -> str:
    born = rows["patient"][0]["birth_date"] if rows["patient"] else None
    if failure is None or born is None:
        return "unknown"
    return _met(completed_years(born, failure) >= MIN_AGE)


def _histology(rows: dict[str, Rows], failure: int | None) -> str:
    if failure is None:
        return "unknown"
    reports = [(dated(r["collected_at"]), r["report_no"], r["histology_code"]) for r in rows["pathology"]]
    reports = sorted(report for report in reports if report[0] <= failure)
    return _met(reports[-1][2] in HISTOLOGIES) if reports else "unknown"


def _concurrent(rows: dict[str, Rows], starts: list[Therapy], failure: Failure) -> bool:
    """Criterion 7: a drug started, or given again, from day -7 to +28 and before the failure; bridging excepted."""
    infusion = failure.infusion.day
    low, high = infusion - CONCURRENT_BEFORE, infusion + CONCURRENT_AFTER
    if failure.date is not None:
        high = min(high, failure.date - 1)
    excepted = ("bridging", "lymphodepletion", "conditioning")
    exempt = {r["line_id"] for r in rows["therapy_line"] if r["intent_code"] in excepted}
    doses = [r for r in rows["drug_administration"] if is_anti_lymphoma(r) and r["line_id"] not in exempt]
    given = any(low <= first(r["start_date"]) <= high for r in doses)
    started = any(low <= s.day <= high for s in starts if s.kind in ("line", "drug") and s.key not in exempt)
    return given or started


# --- outcomes (protocol E) ----------------------------------------------------------------------------------------


def endpoints(rows: dict[str, Rows], starts: list[Therapy], index: Index) -> dict[str, Any]:
    """OS, PFS, PFSA and best response of an included patient."""
    zero = index.day
    seen = contacts(rows)
    death = death_day(rows, seen)
    alive = last_alive(rows, seen)
    points = time_points(rows["imaging_report"], zero, possible_days(starts))
    later = [item.day for item in starts if item.day > zero and item.key not in index.members]
    new_therapy = min(later, default=None)
    clinical = clinical_progression(rows, zero, death, [point.date for point in points])
    progressions = [point.date for point in points if point.response == "PD"] + ([clinical] if clinical else [])
    progressed = min(progressions, default=None)
    event = min((when for when in (progressed, death) if when is not None), default=None)
    pfsa_date, pfsa_event = adequate_pfs(points, death, new_therapy, zero, index.group)
    return {
        "os_date": death if death is not None else max(alive, zero),
        "os_event": death is not None,
        "pfs_date": event if event is not None else max(alive, zero),
        "pfs_event": event is not None,
        "pfsa_date": pfsa_date,
        "pfsa_event": pfsa_event,
        "best_response_code": best_response(points, clinical, progressed, new_therapy, death),
    }


def contacts(rows: dict[str, Rows]) -> list[int]:
    """Every day on which the patient was seen alive, after the data cut too."""
    days = [exact(row[name]) for table, name in _CONTACTS.items() for row in rows[table]]
    days += [exact(r["start_date"]) for r in rows["drug_administration"] if r["administration_status"] == "given"]
    return [when for when in days if when is not None]


def last_alive(rows: dict[str, Rows], seen: list[int]) -> int:
    """Rules 8 and 27: the latest contact, or the data cut when that is earlier; a death after it proves it too."""
    return min(DATA_CUT, max([*seen, *(when for when in _deaths(rows, seen) if when > DATA_CUT)]))


def death_day(rows: dict[str, Rows], seen: list[int]) -> int | None:
    """The day of death, if it is not after the data cut."""
    return min((when for when in _deaths(rows, seen) if when <= DATA_CUT), default=None)


def _deaths(rows: dict[str, Rows], seen: list[int]) -> list[int]:
    """Rules 9, 19 and 26: a partial day is the last contact within what is known, else the first day it can be."""
    deaths = []
    for row in rows["death"]:
        text = row["death_date"]
        within = [when for when in seen if iso(when).startswith(text)] if len(text) < 10 else []
        deaths.append(max(within, default=first(text)))
    return deaths


def clinical_progression(rows: dict[str, Rows], zero: int, death: int | None, assessed: list[int]) -> int | None:
    """First progression without imaging after time zero; a missing day is the last of the month, clamped (rule 9)."""
    found = []
    for row in rows["clinical_progression"]:
        text = row["progressed_date"]
        when = last(text)
        if len(text) < 10:
            following = [point for point in assessed if point >= first(text)]
            when = min([when, DATA_CUT, *([death] if death else []), *following[:1]])
        if zero < when <= DATA_CUT:
            found.append(when)
    return min(found, default=None)


def best_response(
    points: list[TimePoint], clinical: int | None, progressed: int | None, new_therapy: int | None, death: int | None
) -> str | None:
    """E4: best time point up to and including the first PD and the day of new therapy; None = unrated."""
    limit = min(when for when in (progressed, new_therapy, DATA_CUT) if when is not None)
    counted = [point.response for point in points if point.date <= limit]
    if clinical is not None and clinical <= limit:
        counted.append("PD")
    if (best := best_of(counted)) is not None:
        return best
    return "PD" if counted and death is not None and (new_therapy is None or death <= new_therapy) else None


def adequate_pfs(
    points: list[TimePoint], death: int | None, new_therapy: int | None, zero: int, group: str | None
) -> tuple[int, bool]:
    """E3: PFS by the regulatory convention. Returns the date and whether it is an event.

    Censored at the last adequate assessment (time zero if none) when new therapy came before the event, when the event
    came later than twice the interval plus the window after it, or without event.
    """
    adequate = [point.date for point in points if point.response != "NE"]
    progressed = min((point.date for point in points if point.response == "PD"), default=None)
    event = min((when for when in (progressed, death) if when is not None), default=None)

    def last_before(limit: int) -> int:
        return max((when for when in adequate if when <= limit), default=zero)

    if new_therapy is not None and (event is None or new_therapy < event):
        return last_before(new_therapy), False
    if event is None:
        return last_before(DATA_CUT), False
    seen = last_before(event - 1)
    if event - seen > 2 * interval(group, seen - zero) + WINDOW_DAYS:
        return seen, False
    return event, True


def interval(group: str | None, since: int) -> int:
    """Days between scheduled assessments of any modality, valid `since` days after time zero."""
    if group == "cd20":
        return 30 if since <= 183 else 91
    return 28
