"""The records of a patient without cells: diagnosis, staging, therapy, scans where response is measured, contacts."""

from __future__ import annotations

from cartwright.simulator import render_events, render_imaging, render_lab, render_pathology
from cartwright.simulator.blood_counts import BloodCounts, Insult
from cartwright.simulator.chart import Chart
from cartwright.simulator.days import iso
from cartwright.simulator.lesions import Disease
from cartwright.simulator.others import FIRST_LINE
from cartwright.simulator.render_care import person, write_status
from cartwright.simulator.vocabulary import CBC, CHEMISTRY, LAB_TESTS

_TESTS = tuple(code for code in (*CBC, *CHEMISTRY) if code != "LDH")
_MISSED = 0.1  # share of scans that are not made
# Interim and end of treatment by PET and CT, then CT, every other one with PET: (day, with PET, with CT).
_SCHEDULE = [(56, True, True), (150, True, True), *((150 + 120 * k, k % 2 == 0, True) for k in range(1, 12))]
_INTERVAL = 21


def render_other(chart: Chart) -> None:
    """Write the chart of a patient whose role is one of simulator.others."""
    plan = chart.plan
    person(chart)
    _therapy(chart)
    if plan["role"] == FIRST_LINE:
        _scans(chart)
        render_pathology.biopsies(chart)
        day = plan["diagnosis_date"] + chart.rng.randrange(0, 8)
        write_status(chart, day, plan["ecog_grade"], plan["ann_arbor_stage"])
        render_events.usual_events(chart)
    else:
        day = plan["diagnosis_date"] + 2
        chart.add("performance_status", day, assessed_date=iso(day), ecog_grade=plan["ecog_grade"])
    _labs(chart)
    _contacts(chart)


def _therapy(chart: Chart) -> None:
    plan, rng = chart.plan, chart.rng
    stops = [day for day in (plan["pd_date"], plan["new_therapy_date"]) if day]
    until = min(stops, default=10**9) - 1
    chart.line(
        "treatment",
        plan["regimen"],
        plan["time_zero_date"],
        plan["prior_cycles_count"],
        interval=_INTERVAL if plan["role"] == FIRST_LINE else 28,
        until=until,
    )
    if plan["new_therapy_date"]:
        chart.line("treatment", plan["new_therapy_kind"], plan["new_therapy_date"], rng.randrange(2, 5))


def _scans(chart: Chart) -> None:
    """A baseline before the first dose, then the schedule until progression or the next line."""
    plan, rng = chart.plan, chart.rng
    sites = plan["extranodal_sites_count"]
    disease = Disease(
        rng, bulky=plan["is_bulky"], marrow=plan["is_marrow_involved"], extranodal=sites is None or sites > 0
    )
    disease.grow_to_failure()
    before = plan["time_zero_date"] - rng.randrange(1, 9)
    render_imaging.write_ct(chart, disease, before, "SD")
    render_imaging.write_pet(chart, disease, before, "SD")
    disease.start_course()
    stop = (plan["new_therapy_date"] or chart.end + 1) - 1
    course = render_imaging.Course(
        plan["time_zero_date"], _SCHEDULE, plan["best_response_code"], plan["pd_date"], stop, _MISSED
    )
    render_imaging.follow(chart, disease, course)


def _labs(chart: Chart) -> None:
    """Counts and chemistry at diagnosis, with the cycles and now and then later; LDH at diagnosis as planned."""
    plan, rng, blood = chart.plan, chart.rng, BloodCounts(chart.rng)
    start, ratio = plan["time_zero_date"], plan["ldh_ratio_uln"]
    first = plan["diagnosis_date"] + rng.randrange(0, 8)
    render_lab.panel(chart, blood, first, _TESTS, None)
    if ratio is not None:
        accession = chart.next_key("accession")
        render_lab.result(chart, "LDH", ratio * LAB_TESTS["LDH"].high, first, 480, 120, accession)
    for cycle in range(plan["prior_cycles_count"]):
        insult = Insult(start + _INTERVAL * cycle, "chemotherapy")
        render_lab.panel(chart, blood, insult.day + 10, CBC, insult)
    for offset in range(180, 1500, 170):
        render_lab.panel(chart, blood, start + offset + rng.randrange(0, 20), (*CBC, *CHEMISTRY), None)


def _contacts(chart: Chart) -> None:
    plan, rng = chart.plan, chart.rng
    day = plan["diagnosis_date"] + 3
    while day < chart.end - 3:
        chart.contact(day, "telephone" if rng.random() < 0.2 else "visit")
        day += rng.randrange(25, 60)
    died = plan["death_date"]
    if died != chart.end:
        chart.contact(chart.end, "visit")
    if died is not None:
        seen, chart.end = chart.end, died
        chart.add("death", died, minute=1200, delay=1500, death_date=iso(died), cause_code=plan["cause_code"])
        chart.end = seen
