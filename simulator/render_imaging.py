"""Imaging: baseline scans, scans on the protocol's schedules with jitter, missed and unreadable ones, progression."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from cartwright.simulator.chart import Chart
from cartwright.simulator.days import GO_LIVE
from cartwright.simulator.lesions import Disease

_DEAUVILLE = {"X": ("X",), "CR": ("1", "2", "3"), "PR": ("4",), "SD": ("4", "5"), "PD": ("5",)}
_UPTAKE = {"X": None, "CR": "decreased", "PR": "decreased", "SD": "unchanged", "PD": "increased"}
_SUV = {"X": (2.0, 4.0), "CR": (1.0, 2.4), "PR": (4.0, 8.0), "SD": (9.0, 14.0), "PD": (15.0, 28.0)}
_APART = 15  # scans of different time points are at least this many days apart; CT and PET within 14 are one


class Course(NamedTuple):
    """A treatment whose response is followed: schedule as (day, with PET, with CT), and what happens."""

    anchor: int
    schedule: list[tuple[int, bool, bool]]
    best: str
    pd_day: int | None
    stop: int
    missing: float
    by_pet: bool = False  # progression is seen on PET alone


def _cd20_schedule() -> list[tuple[int, bool, bool]]:
    monthly = [(30 * k, k in (3, 6), True) for k in range(1, 7)]
    return monthly + [(91 * k, True, False) for k in range(3, 12)]


def _noncart_schedule() -> list[tuple[int, bool, bool]]:
    return [(28 * k, k % 2 == 0, True) for k in range(1, 36)]


def _cd19_schedule() -> list[tuple[int, bool, bool]]:
    return [(28, False, True), (56, False, True), (91, True, True)] + [(91 * k, True, k % 2 == 0) for k in range(2, 14)]


def scans(chart: Chart) -> list[int]:
    """Write all imaging of a patient; returns the days of the scans in order."""
    plan = chart.plan
    sites = plan["extranodal_sites_count"]
    disease = Disease(
        chart.rng,
        bulky=bool(plan["is_bulky"]),
        marrow=bool(plan["is_marrow_involved"]),
        extranodal=sites is None or sites > 0,
    )
    if plan["cd19_first_infusion_date"]:
        _first_cd19(chart, disease)
    _cd19(chart, disease)
    if plan["role"] == "cd20" or plan["time_zero_date"]:
        _salvage(chart, disease)
    return sorted(record.day for record in chart.records if record.table == "imaging_report")


def _first_cd19(chart: Chart, disease: Disease) -> None:
    """An earlier CD19 infusion that did not fail by the rules: in remission, or never evaluable (no baseline)."""
    infused = chart.plan["cd19_first_infusion_date"]
    if chart.plan["scenario"] == "first_cd19_not_evaluable":
        _unreadable(chart, infused + 30)
        return
    write_ct(chart, disease, infused - 5, "SD")
    disease.start_course()
    for offset in (29, 58, 90):
        disease.respond("CR")
        write_ct(chart, disease, infused + offset, "CR")


def _cd19(chart: Chart, disease: Disease) -> None:
    plan, rng = chart.plan, chart.rng
    infused, failure, kind = plan["cd19_infusion_date"], plan["cd19_failure_date"], plan["cd19_failure_kind"]
    best = plan["cd19_best_response_code"]
    again = plan["cd19_first_infusion_date"] is not None
    if kind == "stable":
        disease.enlarge_for_stable()
    day = infused - rng.randrange(3, 9)
    write_ct(chart, disease, day, "CR" if again else "SD")
    if rng.random() < 0.7 and not again:
        write_pet(chart, disease, day, "SD")
    disease.start_course()
    if best == "NE":
        for offset in (29, 61):
            _unreadable(chart, infused + offset)
    elif kind == "imaging":
        follow(chart, disease, Course(infused, _cd19_schedule(), best, failure, failure, 0.1), grown=True)
    elif kind == "stable":
        disease.respond("SD")
        write_ct(chart, disease, failure, "SD")
    elif kind == "clinical":
        last = failure - (31 if plan["is_bulky"] is None else 18)
        disease.respond(best)
        write_ct(chart, disease, max(last, infused + 16), best)
        disease.grow_to_failure()
        if plan["is_bulky"] is not None:
            write_ct(chart, disease, min(failure + 2, plan["bridging_start_date"] or plan["time_zero_date"]), "PD")
    elif best:
        follow(chart, disease, Course(infused, _cd19_schedule(), best, None, chart.end, 0.15))


def _salvage(chart: Chart, disease: Disease) -> None:
    plan, rng = chart.plan, chart.rng
    start, failure = plan["time_zero_date"], plan["cd19_failure_date"]
    if plan["scenario"] == "declined_imaging":
        return
    unseen = plan["scenario"] == "no_baseline_scan"
    if start - failure > 19 and plan["cd19_failure_kind"] != "stable" and not unseen:
        floor = failure + _APART + 2
        first_therapy = min(day for day in (plan["bridging_start_date"], start) if day)
        disease.drift(0.8, 1.1) if first_therapy < start else disease.drift(0.95, 1.05)
        day = max(start - rng.randrange(0, 6), floor)
        write_ct(chart, disease, day, "SD")
        if rng.random() < 0.4:
            write_pet(chart, disease, day, "SD")
    disease.start_course()
    schedule = _cd20_schedule() if plan["role"] == "cd20" else _noncart_schedule()
    pd_day = plan["pd_date"] if plan["pd_kind"] == "imaging" else None
    stop = chart.end if plan["pd_kind"] in ("imaging", "none", "death") else plan["pd_date"] - 1
    follow(chart, disease, Course(start, schedule, plan["best_response_code"], pd_day, stop, 0.14, unseen))
    if plan["pd_kind"] == "imaging" and rng.random() < 0.35:
        write_ct(chart, disease, plan["pd_date"] + rng.randrange(22, 40), "PD")


def _visit_days(chart: Chart, course: Course) -> list[tuple[int, bool, bool]]:
    """Days of the time points before progression, at least _APART from each other and from it."""
    rng = chart.rng
    last = course.stop if course.pd_day is None else course.pd_day - _APART - 5
    days, previous = [], course.anchor
    for planned, pet, ct in course.schedule:
        day = course.anchor + planned + rng.randrange(-4, 5)
        if day > last:
            break
        if day - previous >= _APART + 5 or (previous == course.anchor and planned >= 20):
            days.append((day, pet, ct))
            previous = day
    if not days and course.best in ("CR", "PR", "SD") and last >= course.anchor + 5:
        days.append((min(course.anchor + 28, last), False, True))
    return days


def _states(chart: Chart, best: str, count: int) -> list[str]:
    """Response at each time point before progression; the first may still be on its way to the best one."""
    if best not in ("CR", "PR", "SD"):
        return []
    states = [best] * count
    if count > 1 and chart.rng.random() < 0.4:
        states[0] = {"CR": "PR", "PR": "SD", "SD": "SD"}[best]
    return states


def follow(chart: Chart, disease: Disease, course: Course, *, grown: bool = False) -> None:
    rng = chart.rng
    days = _visit_days(chart, course)
    states = _states(chart, course.best, len(days))
    decisive = 2 if course.best in ("CR", "PR") else 1
    metabolic_cr = False
    stopped = rng.random() < 0.07  # some patients stop coming for scans until they progress
    for i, ((day, pet, ct), state) in enumerate(zip(days, states, strict=False)):
        fate = rng.random() if i >= decisive else 1.0
        if fate < course.missing or (stopped and i >= decisive):
            continue
        if fate < course.missing + 0.04 and not metabolic_cr:
            _unreadable(chart, day)
            continue
        disease.respond("PR" if state == "CR" and (metabolic_cr or pet) and rng.random() < 0.5 else state)
        pet_fate = rng.random() if ct and pet and metabolic_cr else 1.0  # of the PET beside a CT
        later = day + (rng.randrange(0, 4) if ct else 0)
        if ct:
            outvoted = pet and state == "CR" and pet_fate > 0.1 and later <= min(course.stop, GO_LIVE - 20)
            write_ct(chart, disease, day, state, _doubtful(chart, disease, outvoted=outvoted))
        if pet and pet_fate < 0.05:
            _unreadable(chart, later, "PET_CT")
        elif pet:
            write_pet(chart, disease, later, "X" if pet_fate < 0.1 else state)
            metabolic_cr |= state == "CR"
    if course.pd_day is not None:
        _progress(chart, disease, course.pd_day, grown=grown, by_pet=course.by_pet)


def _doubtful(chart: Chart, disease: Disease, *, outvoted: bool) -> list[dict[str, Any]]:
    """Now and then a new lesion that is no progression: equivocal, or sure but outvoted by a better PET (a finding)."""
    if outvoted and chart.rng.random() < 0.06:
        return [disease.new_lesion()]
    return [disease.new_lesion(equivocal=True)] if chart.rng.random() < 0.03 else []


def _progress(chart: Chart, disease: Disease, day: int, *, grown: bool, by_pet: bool) -> None:
    """The scan that shows progression on `day`, sometimes with a PET a few days after it."""
    rng = chart.rng
    if grown:
        disease.grow_to_failure()
        new = [disease.new_lesion()] if rng.random() < 0.3 else []
    else:
        new = disease.progress()
    if by_pet or (not grown and rng.random() < 0.12):
        write_pet(chart, disease, day, "PD", new=True)
        return
    write_ct(chart, disease, day, "PD", new)
    if rng.random() < 0.4:
        write_pet(chart, disease, day + (0 if grown else rng.randrange(0, 4)), "PD", new=rng.random() < 0.5)


def progression_scan(chart: Chart, day: int) -> None:
    """A scan with a new lesion, outside any course (after the data cut)."""
    disease = Disease(chart.rng, bulky=False, marrow=False, extranodal=False)
    write_ct(chart, disease, day, "PD", [disease.new_lesion()])


def write_ct(chart: Chart, disease: Disease, day: int, state: str, new: list[dict[str, Any]] | None = None) -> None:
    marrow = disease.marrow(state) if disease.marrow_involved else "not_assessed"
    write_report(
        chart,
        day,
        "MRI" if chart.rng.random() < 0.06 else "CT",
        is_evaluable=True,
        marrow_code=marrow,
        spleen_length_mm=float(disease.spleen),
        nontarget_code=disease.nontarget,
        target_lesions=disease.targets(),
        new_lesions=new or [],
    )


def write_pet(chart: Chart, disease: Disease, day: int, state: str, *, new: bool = False) -> None:
    lesions = [{**disease.new_lesion(), "is_fdg_avid": True}] if new else []
    write_report(
        chart,
        day,
        "PET_CT",
        minute=chart.rng.randrange(780, 1000),
        is_evaluable=True,
        **read_pet(chart.rng, state, disease.marrow(state)),
        new_lesions=lesions,
    )


def read_pet(rng: Random, state: str, marrow: str) -> dict[str, Any]:
    """What a reader writes of a PET in a response: CR, PR, SD, PD, or X for a score that settles nothing."""
    low, high = _SUV[state]
    return {
        "deauville_code": rng.choice(_DEAUVILLE[state]),
        "uptake_change_code": _UPTAKE[state],
        "suv_max": round(rng.uniform(low, high), 1),
        "marrow_code": marrow,
    }


def _unreadable(chart: Chart, day: int, modality: str = "CT") -> None:
    write_report(chart, day, modality, is_evaluable=False, target_lesions=[], new_lesions=[])


def write_report(chart: Chart, day: int, modality: str, *, minute: int | None = None, **fields: Any) -> None:
    """One imaging report of the fields given."""
    minute = chart.rng.randrange(480, 760) if minute is None else minute
    row: dict[str, Any] = {"target_lesions": [], "new_lesions": [], **fields}
    chart.add(
        "imaging_report",
        day,
        minute=minute,
        delay=chart.rng.randrange(120, 1700),
        study_no=chart.next_key("study"),
        modality_code=modality,
        impression_text="Simulated report.",
        **row,
    )
