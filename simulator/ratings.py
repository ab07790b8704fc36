"""Responses as investigators rated them, beside what the lesions say: some courses of CD19 cells, every first line, and
all that is known of the response of a disease that is not measured.

Their numbers and random draws are their own, and they come after everything else, so that no other record depends on
them. Some ratings differ from the lesions, as those of readers do.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from cartwright.simulator.chart import Chart
from cartwright.simulator.days import iso, stamp
from cartwright.simulator.dirt import LAST_NIGHT, Change
from cartwright.simulator.others import CATEGORIES, FIRST_LINE, RATED, RATED_BY

_LUGANO = "lugano_2014"
_RATED_CD19 = 0.35  # share of courses of CD19 cells with ratings
_DIFFERS = 0.08
_NEXT = {"CR": "PR", "PR": "SD", "SD": "PR", "PD": "SD"}
_RATERS = ("ward round", "tumour board", "Dr. Example", None)


def rate(chart: Chart, seed: int) -> list[Change]:
    """Rows of rated_response of one patient, as the treatment system holds them."""
    rng = Random(f"ratings:{seed}:{chart.prefix}{chart.number}")
    rows = {FIRST_LINE: _first_line, RATED: _unmeasured}.get(chart.plan["role"], _cd19)
    changes = [
        _change(chart, rng, number, *rating)
        for number, rating in enumerate(rows(chart, rng), 1)
        if rating[0] <= chart.end
    ]
    return [change for change in changes if change.minute <= LAST_NIGHT * 1440 + 1380]


def _change(chart: Chart, rng: Random, number: int, day: int, category: str, criteria: str) -> Change:
    key, minute = f"{chart.prefix}RR{chart.number:06d}{number:05d}", day * 1440 + 1440 + rng.randrange(420, 1080)
    row = {
        "rating_id": key,
        "mrn": chart.local_no["ehr"],
        "rated_date": iso(day),
        "response_code": category,
        "criteria_code": criteria,
        "rater_name": rng.choice(_RATERS),
        "row_status": "active",
        "updated_at": f"{stamp(minute // 1440, minute % 1440)}:00",
    }
    return Change("rated_response", key, minute, row)


def _scan_days(chart: Chart, after: int, before: int) -> list[int]:
    scans = [r for r in chart.records if r.table == "imaging_report" and r.row["is_evaluable"]]
    return sorted({r.day for r in scans if after < r.day < before})


def _cd19(chart: Chart, rng: Random) -> Iterator[tuple[int, str, str]]:
    plan = chart.plan
    best, failure = plan["cd19_best_response_code"], plan["cd19_failure_date"]
    if rng.random() >= _RATED_CD19 or best not in _NEXT:
        return
    yield from _lugano(chart, rng, plan["cd19_infusion_date"], best, failure)


def _first_line(chart: Chart, rng: Random) -> Iterator[tuple[int, str, str]]:
    plan = chart.plan
    yield from _lugano(chart, rng, plan["time_zero_date"], plan["best_response_code"], plan["pd_date"])


def _lugano(chart: Chart, rng: Random, start: int, best: str, progressed: int | None) -> Iterator[tuple[int, str, str]]:
    """The last scan within a good half year that is not the progression, and the progression."""
    days = _scan_days(chart, start, min(progressed or chart.end, start + 200))
    if days and best != "PD":
        yield days[-1], _NEXT[best] if rng.random() < _DIFFERS else best, _LUGANO
    if progressed is not None:
        yield progressed, _NEXT["PD"] if rng.random() < _DIFFERS else "PD", _LUGANO


def _unmeasured(chart: Chart, rng: Random) -> Iterator[tuple[int, str, str]]:
    """On the way, at best, and at progression; now and then one that could not be judged or was typed in wrongly."""
    plan = chart.plan
    criteria = RATED_BY[plan["histology_code"]]
    start, best = plan["time_zero_date"], plan["best_response_code"]
    yield start + rng.randrange(55, 70), CATEGORIES[criteria][best], criteria
    yield start + rng.randrange(150, 190), best, criteria
    if rng.random() < 0.3:
        yield start + rng.randrange(220, 300), rng.choice(("NE", "nCR")), criteria  # nCR is in nobody's list
    if plan["pd_date"] is not None:
        yield plan["pd_date"], "PD", criteria
