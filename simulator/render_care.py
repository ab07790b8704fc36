"""Treatment records: person, earlier lines, cell products and infusions, salvage, visits, death."""

from __future__ import annotations

from cartwright.simulator.chart import Chart
from cartwright.simulator.days import DATA_CUT, iso
from cartwright.simulator.render_imaging import progression_scan
from cartwright.simulator.vocabulary import CLASS_DRUG, PRIOR_REGIMENS

_FAMILY = ("Wang", "Li", "Zhang", "Liu", "Chen", "Yang", "Zhao", "Huang", "Zhou", "Wu")
_GIVEN = ("Min", "Jing", "Lei", "Yan", "Tao", "Juan", "Jie", "Fang", "Bo", "Xia")
_ICD10 = {
    "bl": "C83.7",
    "hgbl": "C83.3",
    "pmbcl": "C85.2",
    "mcl": "C83.1",
    "fl": "C82.9",
    "cll": "C91.1",
    "myeloma": "C90.0",
}


def person(chart: Chart) -> None:
    """Patient index, patient row, diagnosis."""
    plan, rng = chart.plan, chart.rng
    first_seen = plan["cd19_first_infusion_date"] or plan["cd19_infusion_date"] or plan["diagnosis_date"] + 30
    for feed, local in chart.local_no.items():
        chart.add(
            "patient_link", first_seen - 30, system_code=feed, local_patient_no=local, enterprise_no=chart.enterprise_no
        )
    born = plan["birth_date"]
    chart.add(
        "patient",
        first_seen - 30,
        full_name=f"{rng.choice(_FAMILY)} {rng.choice(_GIVEN)}",
        birth_date=None if born is None else iso(born),
        sex_code=plan["sex_code"],
        mrn=chart.local_no["ehr"],
    )
    chart.add(
        "diagnosis",
        plan["diagnosis_date"],
        icd10_code=_ICD10.get(plan["histology_code"], "C83.3"),
        diagnosed_date=iso(plan["diagnosis_date"]),
    )


def history(chart: Chart) -> None:
    """Lines, transplant and radiotherapy before the first CD19 cells."""
    plan, rng = chart.plan, chart.rng
    infusion = plan["cd19_first_infusion_date"] or plan["cd19_infusion_date"]
    cycles = plan["prior_cycles_count"]
    lines = plan["prior_lines_count"] - bool(plan["cd19_first_infusion_date"])  # the first cells were a line, too
    start = plan["diagnosis_date"] + 14
    step = (infusion - 60 - start) // lines
    for i in range(lines):
        count = cycles // lines + (i < cycles % lines)
        name = "R-CHOP" if i == 0 else rng.choice(PRIOR_REGIMENS[1:])
        chart.line("treatment", name, start + i * step, count, until=start + (i + 1) * step - 25)
        if i == 0 and rng.random() < 0.06:
            chart.line("maintenance", "Len-R", start + step - 24, 1, drugs=("lenalidomide",))
    if plan["has_prior_sct"]:
        day = infusion - 55
        chart.line("conditioning", "BEAM", day - 6, 1)
        chart.add("procedure", day, procedure_code="autologous_sct", performed_date=iso(day), end_date=iso(day))
    if plan["has_prior_radiotherapy"]:
        day = infusion - rng.randrange(70, 95)
        radiotherapy(chart, day)


def radiotherapy(chart: Chart, day: int) -> None:
    gray = chart.rng.choice((20.0, 30.0, 36.0, 40.0))
    chart.add(
        "procedure",
        day,
        procedure_code="radiotherapy",
        performed_date=iso(day),
        end_date=iso(min(day + 18, chart.end)),
        dose_gy=gray,
    )


def _product(
    chart: Chart,
    code: str,
    ordered: int,
    infused: int | None,
    dose: float,
    *,
    failed: bool = False,
    viability: float | None = None,
) -> None:
    """Consent, collection, order, manufacture and infusion (or none) of one product.

    `failed`: too few cells are harvested. `viability` in percent, when it is the reason for what follows.
    """
    plan, rng = chart.plan, chart.rng
    chart.add(
        "cart_consent",
        ordered - 3,
        delay=600 + 1440,  # with the collection of the next day
        product_code=code,
        consented_date=iso(ordered - 3),
        collected_date=iso(ordered - 2),
    )
    chart.add(
        "procedure",
        ordered - 2,
        procedure_code="leukapheresis",
        performed_date=iso(ordered - 2),
        end_date=iso(ordered - 2),
    )
    status = "completed" if infused else "cancelled"
    order_id = chart.add("cart_order", ordered, product_code=code, ordered_date=iso(ordered), order_status=status)
    # The plan holds the CD20 product; every other one has a quality of its own.
    planned = (plan["transduction_percent"], plan["viability_percent"]) if code.startswith("CART20") else (None, None)
    harvest = ordered + 9 if infused is None else max(ordered + 1, infused - 3)
    chart.add(
        "cart_manufacture",
        harvest,
        batch_no=chart.next_key("cart_manufacture"),
        order_id=order_id,
        harvest_date=iso(harvest),
        harvest_cells_per_kg=round(rng.uniform(1e4, 9e4) if failed else dose * rng.uniform(1.05, 1.8)),
        transduction_percent=planned[0] or round(rng.uniform(10, 60), 1),
        viability_percent=viability or planned[1] or round(rng.uniform(80, 99), 1),
    )
    if infused is None:
        return
    weight = round(rng.uniform(46, 92), 1)
    chart.add(
        "cart_infusion",
        infused,
        order_id=order_id,
        product_code=code,
        infused_date=iso(infused),
        dose_cells=round(dose * weight),
        body_weight_kg=weight,
    )


def _lymphodepletion(chart: Chart, infusion: int, kind: str) -> None:
    if kind == "none":
        return
    first = infusion - 5
    drugs = ("bendamustine",) if kind == "bendamustine" else ("fludarabine", "cyclophosphamide")
    days = 2 if kind == "bendamustine" else 3
    chart.line("lymphodepletion", kind, first, days, interval=1, drugs=drugs, indication="lymphodepletion")


def cell_therapy(chart: Chart) -> None:
    """The CD19 cells (once, or twice), and drugs given with them where the scenario says so."""
    plan, rng = chart.plan, chart.rng
    code, dose = plan["cd19_product_code"], plan["cd19_dose_cells_per_kg"]
    infusions = [d for d in (plan["cd19_first_infusion_date"], plan["cd19_infusion_date"]) if d]
    for infused in infusions:
        _product(chart, code, infused - 32, infused, dose)
        _lymphodepletion(chart, infused, "fludarabine")
    infused = infusions[-1]
    if plan["scenario"] == "concurrent_new":  # on the day of the cells: neither bridging nor later therapy
        chart.dose(infused, "zanubrutinib", None, "lymphoma", infused + 20)
    elif plan["scenario"] == "concurrent_running":
        for day in (infused - 61, infused - 33, infused - 5):
            chart.dose(day, "lenalidomide", None, "lymphoma", day + 20)
    elif rng.random() < 0.12 and not plan["has_prior_sct"] and infused == infusions[0]:
        chart.line("bridging", "GemOx", infused - 24, 1)


def salvage(chart: Chart) -> None:
    """What followed the CD19 failure: bridging and second cells, an index line, or what the scenario says."""
    plan = chart.plan
    if plan["cd19_failure_kind"] == "clinical":
        day = plan["cd19_failure_date"]
        chart.add("clinical_progression", day, progressed_date=iso(day))
        chart.contact(day)
    if plan["role"] == "cd20":
        _cd20(chart)
    elif plan["regimen"]:
        _index_line(chart)
    else:
        _outside(chart)
    _new_therapy(chart)
    if plan["pd_kind"] == "clinical":
        chart.add("clinical_progression", plan["pd_date"], progressed_date=iso(plan["pd_date"]))
        chart.contact(plan["pd_date"])


def _cd20(chart: Chart) -> None:
    plan, scenario = chart.plan, chart.plan["scenario"]
    infused = plan["time_zero_date"]
    _product(chart, "CART20-41BB", plan["order_date"], infused, plan["dose_cells_per_kg"])
    _lymphodepletion(chart, infused, plan["lymphodepletion_code"])
    if plan["bridging_classes"]:
        intent = "treatment" if scenario == "bridging_coded_treatment" else "bridging"
        _bridging(chart, intent, infused - 7)
    if scenario == "same_day_line":
        chart.line("treatment", "Sintilimab", infused, 1)


def _bridging(chart: Chart, intent: str, last: int) -> None:
    plan = chart.plan
    drugs = tuple(CLASS_DRUG[code] for code in plan["bridging_classes"].split("+"))
    chart.line(intent, "+".join(drugs), plan["bridging_start_date"], 2, until=last, drugs=drugs)


def _index_line(chart: Chart) -> None:
    plan, scenario, rng = chart.plan, chart.plan["scenario"], chart.rng
    start = plan["time_zero_date"]
    stops = [d for d in (plan["pd_date"], plan["new_therapy_date"]) if d]
    chart.line(
        "treatment", plan["regimen"], start, rng.randrange(4, 7), interval=28, until=min(stops, default=10**9) - 1
    )
    if scenario == "order_never_infused":
        _product(chart, "CART20-41BB", plan["order_date"], None, 1e6, failed=True)
    elif scenario == "radiotherapy_same_day":
        radiotherapy(chart, start)
    elif scenario == "time_zero_unknown":
        for record in chart.records:  # the month is all that another hospital's letter says
            if record.table in ("therapy_line", "drug_administration") and record.day >= start:
                record.row["start_date"], record.row["end_date"] = record.row["start_date"][:7], None


def _outside(chart: Chart) -> None:
    """Therapies outside the compared groups, or none."""
    plan, scenario = chart.plan, chart.plan["scenario"]
    start = plan["time_zero_date"]
    if scenario == "radiotherapy_alone":
        radiotherapy(chart, start)
    elif scenario == "transplant_alone":
        chart.line("conditioning", "BEAM", start - 6, 1)
        chart.add("procedure", start, procedure_code="allogeneic_sct", performed_date=iso(start), end_date=iso(start))
    elif scenario in ("cart22", "cart19_again"):
        code = "CART22-41BB" if scenario == "cart22" else plan["cd19_product_code"]
        _product(chart, code, start - 4, start, 1.5e6)
    elif scenario == "trial_drug":
        chart.line("trial", "Trial", start, 3)
    elif scenario == "died_awaiting_cells":
        _product(chart, "CART20-41BB", plan["order_date"], None, 1e6)
    elif scenario in ("cd20_not_made", "cd20_out_of_specification"):
        failed = scenario == "cd20_not_made"
        viability = None if failed else 43.0
        _product(chart, "CART20-41BB", plan["order_date"], None, 1e6, failed=failed, viability=viability)
        _bridging(chart, "bridging", plan["bridging_start_date"] + 27)
    elif scenario == "steroids_alone":
        chart.line("treatment", "Dexamethasone", plan["cd19_failure_date"] + 6, 2, interval=14)
    elif scenario == "dose_not_given":
        day = plan["cd19_failure_date"] + 10
        chart.dose(day, "polatuzumab", None, "lymphoma")
        if chart.records[-1].row.get("drug_code") == "polatuzumab":
            chart.records[-1].row["administration_status"] = "not_given"


def _new_therapy(chart: Chart) -> None:
    plan, rng = chart.plan, chart.rng
    day, kind = plan["new_therapy_date"], plan["new_therapy_kind"]
    if kind == "line":
        name = "GemOx" if plan["regimen"] != "GemOx" else "ICE"
        chart.line("treatment", name, day, rng.randrange(1, 3))
    elif kind == "radiotherapy":
        radiotherapy(chart, day)
    elif kind == "allogeneic_sct":
        chart.line("conditioning", "BEAM", day - 6, 1)
        chart.add("procedure", day, procedure_code="allogeneic_sct", performed_date=iso(day), end_date=iso(day))
    elif kind == "cart20":
        first = plan["order_date"] or plan["time_zero_date"] + 1
        ordered = first if plan["scenario"] in ("late_infusion", "order_after_line") else max(first, day - 20)
        _product(chart, "CART20-41BB", ordered, day, 1.1e6)


def visits(chart: Chart, scans: list[int]) -> None:
    """Contacts, performance status and staging, and the death."""
    plan, rng = chart.plan, chart.rng
    first = plan["cd19_first_infusion_date"] or plan["cd19_infusion_date"]
    failure, start = plan["cd19_failure_date"], plan["time_zero_date"]
    for infused in [first] + ([start] if plan["role"] == "cd20" else []):
        chart.contact(infused - 7, "admission")
        chart.contact(infused + 15, "discharge")
    day = first + 30
    while day < chart.end - 3:
        chart.contact(day, "telephone" if rng.random() < 0.25 else "visit")
        day += rng.randrange(24, 36) if day - first < 400 else rng.randrange(45, 75)
    if plan["death_date"] != chart.end:
        chart.contact(chart.end, "telephone" if rng.random() < 0.3 else "visit")
    write_status(chart, first - 10, ecog=rng.choice((0, 1, 1, 2)), stage=plan["ann_arbor_stage"])
    if failure is not None:
        _baseline(chart, failure, _first_therapy(chart))
    if start is not None and start - (failure or start) > 20:
        chart.add("performance_status", start, assessed_date=iso(start), ecog_grade=max(plan["ecog_grade"] - 1, 0))
    if plan["death_date"] is not None:
        died = plan["death_date"]
        seen, chart.end = chart.end, died
        chart.add("death", died, minute=1200, delay=1500, death_date=iso(died), cause_code=plan["cause_code"])
        chart.end = seen


def _first_therapy(chart: Chart) -> int:
    starts = [d for d in (chart.plan["bridging_start_date"], chart.plan["time_zero_date"]) if d is not None]
    return min(starts, default=10**9)


def write_status(chart: Chart, day: int, ecog: int, stage: int | None) -> None:
    chart.add("performance_status", day, assessed_date=iso(day), ecog_grade=ecog)
    _staging(chart, day, stage)


def _staging(chart: Chart, day: int, stage: int | None) -> None:
    plan = chart.plan
    chart.add(
        "disease_staging",
        day,
        assessed_date=iso(day),
        ann_arbor_stage=stage,
        extranodal_sites_count=plan["extranodal_sites_count"],
        is_marrow_involved=plan["is_marrow_involved"],
        is_cns_involved=plan["is_cns_involved"],
    )


def _baseline(chart: Chart, failure: int, first_therapy: int) -> None:
    """Status and staging at failure, and others in the window that are further away and must lose."""
    plan, rng = chart.plan, chart.rng
    gap = rng.choice((-3, -1, 0, 0, 1, 2))
    day = min(failure + gap, first_therapy)
    write_status(chart, day, plan["ecog_grade"], plan["ann_arbor_stage"])
    distance = abs(day - failure)
    decoy = (plan["ecog_grade"] + 2) % 5
    if day < failure and rng.random() < 0.5 and failure + distance <= first_therapy:  # a tie: the earlier one counts
        chart.add("performance_status", failure + distance, assessed_date=iso(failure + distance), ecog_grade=decoy)
    if rng.random() < 0.4:
        other = failure - rng.randrange(8, 27)
        if other > plan["cd19_infusion_date"]:
            chart.add("performance_status", other, assessed_date=iso(other), ecog_grade=decoy)
    late = first_therapy + 1
    if rng.random() < 0.2 and late <= failure + 14:  # after the first dose: not baseline, however near
        chart.add("performance_status", late, assessed_date=iso(late), ecog_grade=decoy)


def after_the_cut(chart: Chart, scans: list[int]) -> None:
    """Patients still followed at the data cut go on living; none of this may count."""
    plan, rng = chart.plan, chart.rng
    if plan["death_date"] is not None or chart.end < DATA_CUT - 26 or rng.random() < 0.4:
        return
    if plan["role"] != "excluded" and chart.end < DATA_CUT:
        return  # a later visit would prove the patient alive until the cut, beyond the end that the plan has
    planned, chart.end = chart.end, DATA_CUT + 13
    day = DATA_CUT + rng.randrange(2, 8)
    chart.contact(day)
    if rng.random() < 0.12:
        died = day + rng.randrange(1, 6)
        chart.add("death", died, delay=1200, death_date=iso(died), cause_code="lymphoma")
    elif rng.random() < 0.2 and plan["time_zero_date"] and (not scans or day - scans[-1] > 15):
        progression_scan(chart, day)
    chart.end = planned
