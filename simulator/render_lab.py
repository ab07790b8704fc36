"""Laboratory results (blood counts, chemistry, inflammation, coagulation) and CAR-T counts in blood."""

from __future__ import annotations

from math import exp

from cartwright.simulator.blood_counts import BloodCounts, Insult
from cartwright.simulator.chart import Chart
from cartwright.simulator.days import DATA_CUT
from cartwright.simulator.vocabulary import CBC, CHEMISTRY, COAGULATION, INFLAMMATION, LAB_TESTS

_ALL = (*CBC, *CHEMISTRY, *INFLAMMATION, *COAGULATION)
_ROUTINE = (*CBC, *CHEMISTRY)
_Days = tuple[tuple[int, tuple[str, ...]], ...]  # days after the cells, and the tests of each
_CELL_DAYS: _Days = (
    (0, _ALL),
    (3, (*CBC, *INFLAMMATION)),
    (7, _ALL),
    (10, (*CBC, *INFLAMMATION)),
    (14, _ALL),
    (21, CBC),
    (28, _ROUTINE),
)
_CD19_DAYS: _Days = (
    (-6, _ROUTINE),
    (7, (*CBC, *INFLAMMATION)),
    (14, CBC),
    (28, _ROUTINE),
)
_PEAK = {"IL6": (7, 50), "TNFA": (7, 30), "IL10": (7, 25), "FERR": (14, 2090), "CRP": (7, 60)}  # day, median peak
_PLANNED_PEAK = {"IL6": "il6", "TNFA": "tnfa", "FERR": "ferritin"}
_STEADY = ("K", "ALB", "APTT", "CREA")  # vary little from sample to sample in one person
_LLOQ = 0.1
_TARGETED = ("bcl2i", "btki", "lenalidomide", "icpi")  # strata of therapy that is mild to the marrow


def labs(chart: Chart) -> None:
    """Panels around cell infusions and cycles, monthly follow-up, LDH at failure, and CAR-T counts."""
    plan, rng, blood = chart.plan, chart.rng, BloodCounts(chart.rng)
    infused, failure, start = plan["cd19_infusion_date"], plan["cd19_failure_date"], plan["time_zero_date"]
    for day in (d for d in (plan["cd19_first_infusion_date"],) if d):
        panel(chart, blood, day + 7, _ROUTINE, Insult(day, "fludarabine"))
    for offset, tests in _CD19_DAYS:
        panel(chart, blood, infused + offset, tests, Insult(infused, "fludarabine"), infused)
    _cart_counts(chart, infused, "cart_cd19", plan["cd19_peak_10e6_per_l"], 10)
    first_therapy = min((d for d in (plan["bridging_start_date"], start) if d), default=10**9)
    if failure is not None:
        day = min(failure + rng.randrange(-2, 3), first_therapy)
        panel(chart, blood, day, _ROUTINE, Insult(infused, "fludarabine"), at_failure=True)
    last = infused + 28
    if start is not None and plan["role"] == "cd20":
        for offset, tests in _CELL_DAYS:
            panel(chart, blood, start + offset, tests, Insult(start, plan["lymphodepletion_code"] or "none"), start)
        _cart_counts(chart, start, "cart_cd20", plan["cart_peak_10e6_per_l"], plan["cart_tmax_days"])
        last = start + 28
    elif start is not None:
        kind = "targeted" if plan["stratum_code"] in _TARGETED else "chemotherapy"
        for cycle in range(4):
            insult = Insult(start + 28 * cycle, kind)
            panel(chart, blood, insult.day + 1, (*_ROUTINE, *COAGULATION), insult)
            panel(chart, blood, insult.day + 14, CBC, insult)
        last = start + 100
    stop = min(chart.end, last + 700)
    day = last + 28
    while day < stop:
        if failure is None or not -28 <= day - failure <= 14:
            panel(chart, blood, day, _ROUTINE, None)
        day += rng.randrange(26, 34) if day - last < 200 else rng.randrange(60, 100)


def panel(
    chart: Chart,
    blood: BloodCounts,
    day: int,
    tests: tuple[str, ...],
    insult: Insult | None,
    infused: int | None = None,
    *,
    at_failure: bool = False,
) -> None:
    """One blood sample: all tests share accession and collection time.

    insult: what lowers the counts now; infused: the cells whose cytokines are seen.
    LDH near the failure is measured in the sample `at_failure` only, with the planned ratio to the upper limit (or not
    at all when that is unknown).
    """
    if day > chart.end:
        return
    rng, failure, ratio = chart.rng, chart.plan["cd19_failure_date"], chart.plan["ldh_ratio_uln"]
    near = failure is not None and -28 <= day - failure <= 14
    accession, minute, delay = chart.next_key("accession"), rng.randrange(360, 560), rng.randrange(60, 400)
    for code in tests:
        if code == "LDH" and near and (ratio is None or not at_failure):
            continue
        planned = code == "LDH" and at_failure
        if code in CBC:
            value = _middle(code) * blood.share(code, day, insult)
        else:
            value = ratio * LAB_TESTS["LDH"].high if planned else _value(chart, code, day, infused)
        result(chart, code, value, day, minute, delay, accession)


def _value(chart: Chart, code: str, day: int, infused: int | None) -> float:
    """A plausible value in the standard unit, with a cytokine peak after an infusion."""
    rng, test = chart.rng, LAB_TESTS[code]
    days = None if infused is None else day - infused
    planned = _planned_cytokine(chart, code, infused, days)
    if planned is not None:
        return planned
    if code in _PEAK and days is not None and days >= 0:
        peak_day, peak = _PEAK[code]
        severity = 1 + (chart.plan["crs_grade"] or 0) * 0.8
        return peak * severity * exp(-(((days - peak_day) / 5) ** 2)) * exp(rng.gauss(0, 0.5)) + 1
    middle = _middle(code)
    if code == "LDH" and _has_active_disease(chart, day):
        middle = (chart.plan["ldh_ratio_uln"] or 1.0) * test.high
    return middle * exp(rng.gauss(0, 0.12 if code in _STEADY else 0.4))


def _middle(code: str) -> float:
    """The middle of the normal range, in the standard unit."""
    test = LAB_TESTS[code]
    return ((test.low or test.high * 0.3) + test.high) / 2


def _has_active_disease(chart: Chart, day: int) -> bool:
    """After the failure, until four weeks into a therapy that brings a response."""
    plan = chart.plan
    if plan["cd19_failure_date"] is None or day < plan["cd19_failure_date"]:
        return False
    responds = plan["best_response_code"] in ("CR", "PR") and plan["time_zero_date"] is not None
    return not (responds and day >= plan["time_zero_date"] + 28)


def _planned_cytokine(chart: Chart, code: str, infused: int | None, days: int | None) -> float | None:
    """A value on the way to the planned peak after the CD20 cells, or from it; None when no peak is planned.

    Not below the middle of the normal range, or below half the peak where that is less.
    """
    plan, rng = chart.plan, chart.rng
    name = _PLANNED_PEAK.get(code)
    if name is None or infused != plan["time_zero_date"] or days is None or plan[f"{name}_peak"] is None:
        return None
    peak, apart = plan[f"{name}_peak"], abs(days - plan[f"{name}_peak_day"])
    if apart == 0:
        return peak
    return max(peak * rng.uniform(0.5, 0.85) * exp(-((apart / 6) ** 2)), min(_middle(code), peak / 2))


def result(chart: Chart, code: str, value: float, day: int, minute: int, delay: int, accession: str) -> None:
    """The value in the standard unit or one of the laboratory's habits, with limits in the same unit."""
    rng, test = chart.rng, LAB_TESTS[code]
    unit, factor, decimals = test.unit, 1.0, test.decimals
    if rng.random() < 0.08:
        unit, factor = rng.choice(tuple(test.habits.items()))
        decimals = test.decimals + (2 if factor > 1 else 0) if factor >= 1 else 0
    chart.add(
        "lab_result",
        day,
        minute=minute,
        delay=delay,
        accession_no=accession,
        loinc_code=None if rng.random() < 0.03 else test.loinc_of(unit),
        local_code=code,
        value_text=_text(code, value, factor, decimals),
        unit_text=unit,
        reference_low=None if test.low is None else round(test.low / factor, 4),
        reference_high=None if test.high is None else round(test.high / factor, 4),
        specimen_code=test.specimen,
    )


def _text(code: str, value: float, factor: float, decimals: int) -> str:
    if code == "IL6" and value < 1.5:
        return "<1.5"
    if code == "IL10" and value < 5:
        return "<5"
    if code == "FERR" and value > 10000:
        return ">10000"
    return f"{value / factor:.{decimals}f}"


def _cart_counts(chart: Chart, infused: int, population: str, peak: float, peak_day: int) -> None:
    """CAR-T cells on days 3, 7, 14, 21 and 28 (the one nearest the peak moved to it), then monthly until below LLOQ."""
    rng = chart.rng
    near = min((7, 14), key=lambda d: abs(d - peak_day))
    offsets = [peak_day if d == near else d for d in (3, 7, 14, 21, 28)]
    for offset in offsets:
        _count(chart, infused + offset, population, peak * _expansion(offset, peak_day))
    offset, level = 58, peak * _expansion(28, peak_day)
    while level >= _LLOQ and offset < 500 and infused + offset <= min(chart.end, DATA_CUT):
        level *= rng.uniform(0.15, 0.6)
        _count(chart, infused + offset, population, level)
        offset += 30


def _expansion(offset: int, peak_day: int) -> float:
    """Share of the peak on a day: rising to it, then falling by half every four days."""
    if offset < peak_day:
        return 0.02 + 0.5 * (offset / peak_day) ** 3
    return float(0.5 ** ((offset - peak_day) / 4))


def _count(chart: Chart, day: int, population: str, level: float) -> None:
    chart.add(
        "flow_cytometry",
        day,
        minute=chart.rng.randrange(480, 600),
        delay=300,
        accession_no=chart.next_key("accession"),
        population_code=population,
        value_text=f"<{_LLOQ}" if level < _LLOQ else f"{level:.2f}",
        unit_text="/uL" if chart.rng.random() < 0.1 else "10*6/L",
        lloq=_LLOQ,
        specimen_code="blood",
    )
