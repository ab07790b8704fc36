"""The 93 included patients of a study: 54 CD20-SD-CART and 39 non-CART, with the counts of the published tables.

Counts (events, responders, covariates with their unknowns) are exact in every study of 179; times are drawn near the
printed medians. Source of the figures: Xue F et al., Front Oncol 2024;14:1376490, Tables 1-3, and subtraction.
"""

from __future__ import annotations

from random import Random

from cartwright.simulator.covariates import Row, covariates, place
from cartwright.simulator.days import DATA_CUT, ENROL_FROM, ENROL_TO
from cartwright.simulator.draw import deal, lowest, quantiles, weibull_times
from cartwright.simulator.loss_to_follow_up import days_unseen_of_included
from cartwright.simulator.vocabulary import INDEX_REGIMENS

CD20, NONCART = 54, 39
COUNT = CD20 + NONCART
EARLIEST_TIME_ZERO = ENROL_FROM + 65

_BRIDGING = {
    "bcl2i+btki": 12,
    "bcl2i+lenalidomide": 4,
    "bcl2i+xpo1i": 2,
    "bcl2i": 9,
    "btki": 6,
    "lenalidomide": 3,
    "xpo1i": 1,
}


def _days_to_failure(row: Row) -> int:
    return row["cd19_failure_date"] - row["cd19_infusion_date"]


def outcome(row: Row, pfs: int | None, os: int | None, follow_up: int | None, kind: str, best: str) -> Row:
    """An outcome in days from time zero, to be placed on the calendar later."""
    row.update(_pfs=pfs, _os=os, _follow_up=follow_up, pd_kind=kind, best_response_code=best)
    return row


def _non_responder(rng: Random, row: Row, pfs: int, extra: int) -> None:
    kind = rng.choices(("imaging", "clinical", "death"), (74, 13, 13))[0]
    if kind == "death" and pfs < 30:
        kind = "imaging"
    if kind == "imaging" and pfs < 9:
        kind = "clinical"
    best = "PD" if pfs < 44 else "SD"
    if kind == "death":
        best = "SD"
    outcome(row, pfs, pfs if kind == "death" else pfs + extra, None, kind, best)


def _calendar(rng: Random, row: Row, recent: bool) -> int:
    """A time zero that leaves room for the outcome before the data cut, and the dates that follow from it."""
    pfs, os, follow_up = row.pop("_pfs"), row.pop("_os"), row.pop("_follow_up")
    if os is not None:
        time_zero = rng.randint(EARLIEST_TIME_ZERO, min(ENROL_TO, DATA_CUT - os))
        row["death_date"] = row["last_contact_date"] = time_zero + os
    else:
        has_room = DATA_CUT - follow_up - 120 > EARLIEST_TIME_ZERO
        gap = days_unseen_of_included(rng, recent or follow_up > 850, has_room)
        time_zero = min(DATA_CUT - gap - follow_up, ENROL_TO)
        row["last_contact_date"] = time_zero + follow_up
    if row["pd_kind"] in ("imaging", "clinical"):
        row["pd_date"] = time_zero + pfs
    return time_zero


def plan_cd20(rng: Random) -> list[Row]:
    """The 54 CD20-SD-CART patients: 22 responders (15 CR, 7 PR; 4 deaths, 10 PFS events), 32 others, all dead."""
    rows = covariates(rng, "cd20", CD20)
    bridging = deal(rng, {**_BRIDGING, "": 17})
    doses = quantiles(
        rng, CD20, ((0, 0.12), (0.25, 0.4), (0.5, 1.21), (0.6851, 1.97), (0.686, 2.02), (0.75, 2.1), (1, 8))
    )
    peaks = quantiles(rng, CD20 - 9, ((0, 0.4), (0.25, 2.56), (0.5, 7.76), (0.75, 29.65), (1, 160))) + [0.0] * 9
    rng.shuffle(peaks)
    for row, classes, dose, peak in zip(rows, bridging, doses, peaks, strict=True):
        row.update(
            role="cd20", scenario="", stratum_code="cd20", bridging_classes=classes, dose_cells_per_kg=dose * 1e6
        )
        row.update(cart_peak_10e6_per_l=round(peak, 2), cart_tmax_days=rng.choice((12, 13, 14, 14, 14, 15)))
        row.update(transduction_percent=round(rng.uniform(8, 62), 1), viability_percent=round(rng.uniform(82, 99), 1))
        if classes and rng.random() < 0.3:
            row["bridging_classes"] = "+".join(sorted([*classes.split("+"), "chemotherapy"]))
    for row, code in zip(rows, deal(rng, {"fludarabine": 32, "bendamustine": 17, "none": 5}), strict=True):
        row["lymphodepletion_code"] = code
    for row in rows:
        bridged = bool(row["bridging_classes"])
        refractory = row["cd19_best_response_code"] in ("SD", "PD")
        row["_risk"] = (
            1.3 * bridged + 0.5 * refractory + 1.2 * (row["ecog_grade"] >= 3) + 0.6 * (row["ecog_grade"] == 2)
        )
    responders = lowest(rng, [row["_risk"] for row in rows], 22)
    _cd20_responders(rng, [row for i, row in enumerate(rows) if i in responders])
    _cd20_others(rng, [row for i, row in enumerate(rows) if i not in responders])
    _toxicity(rng, rows)
    for row in rows:
        del row["_risk"]
        _place_cd20(rng, row, _calendar(rng, row, recent=False))
    cd20_variants(rng, rows)
    return rows


def _frailty(row: Row) -> float:
    return 1.2 * (row["ecog_grade"] >= 3) + 0.6 * (row["ecog_grade"] == 2)


def _cd20_responders(rng: Random, rows: list[Row]) -> None:
    rng.shuffle(rows)
    best = deal(rng, {"CR": 15, "PR": 7})
    for row, code in zip(rows, best, strict=True):
        row["best_response_code"] = code
    rows.sort(key=lambda row: (row["best_response_code"] == "PR") + rng.random() * 1.6)
    follow_up = [round(d) for d in quantiles(rng, 12, ((0, 185), (0.5, 520), (1, 895)))]
    for row, days in zip(rows[:12], follow_up, strict=True):
        outcome(row, None, None, days, "none", row["best_response_code"])
    for row, pfs in zip(rows[12:18], (95, 130, 185, 240, 317, 540), strict=True):
        pfs += rng.randrange(-12, 20)
        outcome(row, pfs, None, max(pfs + rng.randrange(60, 260), 190), "imaging", row["best_response_code"])
    deaths = ((110, 260), (280, 480), (430, 775), (790, 860))
    for row, (pfs, os) in zip(rows[18:], deaths, strict=True):
        pfs, os = pfs + rng.randrange(0, 25), os + rng.randrange(0, 30)
        outcome(row, pfs, os, None, "imaging", row["best_response_code"])


def _cd20_others(rng: Random, rows: list[Row]) -> None:
    times = weibull_times(rng, len(rows), 67, 1.25, 11, 300)
    extras = [round(d) for d in quantiles(rng, len(rows), ((0, 4), (0.5, 48), (1, 210)))]
    rows.sort(key=lambda row: -row["_risk"] + rng.gauss(0, 1.2))
    for row, pfs, extra in zip(rows, times, extras, strict=True):
        _non_responder(rng, row, pfs, extra)


def _toxicity(rng: Random, rows: list[Row]) -> None:
    for name, counts in (
        ("crs_grade", {3: 4, 4: 1, 2: 12, 1: 22, 0: 15}),
        ("icans_grade", {3: 3, 4: 1, 2: 3, 1: 4, 0: 43}),
    ):
        for row, grade in zip(rows, deal(rng, counts), strict=True):
            row[name] = grade
    for row in rows:
        row["has_corticosteroid"] = row["crs_grade"] >= 3 or row["icans_grade"] >= 3
    rest = [row for row in rows if not row["has_corticosteroid"]]
    for row in rng.sample(rest, 13 - (len(rows) - len(rest))):
        row["has_corticosteroid"] = True


def _place_cd20(rng: Random, row: Row, time_zero: int) -> None:
    wait = rng.randrange(22, 62) if row["bridging_classes"] else rng.randrange(16, 39)
    if row["is_bulky"] is None:
        wait = max(wait, 30)
    failure = time_zero - wait
    row["order_date"] = failure + rng.randrange(-6, 9)
    if row["bridging_classes"]:
        row["bridging_start_date"] = max(
            failure + (16 if row["is_bulky"] is None else 0), row["order_date"]
        ) + rng.randrange(0, 4)
    place(rng, row, time_zero, failure)


def cd20_variants(rng: Random, rows: list[Row]) -> None:
    """Less usual courses: second infusions, therapy before progression, a first CD19 infusion that never failed."""
    bridged = [row for row in rows if row["bridging_classes"]]
    rng.sample(bridged, 1)[0]["scenario"] = "bridging_coded_treatment"
    plain = [row for row in rows if not row["bridging_classes"] and not row["scenario"]]
    plain[0]["scenario"] = "same_day_line"
    twice = [row for row in rows if not row["scenario"] and row["cd19_best_response_code"] == "PD"]
    for row, scenario in zip(twice[:2], ("first_cd19_in_remission", "first_cd19_not_evaluable"), strict=True):
        apart = rng.randrange(150, 240)
        row["scenario"], row["cd19_first_infusion_date"] = scenario, row["cd19_infusion_date"] - apart
        row["diagnosis_date"] -= apart
    stable = [row for row in rows if not row["scenario"] and not row["bridging_classes"] and _days_to_failure(row) < 46]
    stable = [row for row in stable if row["cd19_best_response_code"] == "PD"]
    for row in stable[:1]:
        row["cd19_failure_kind"], row["cd19_best_response_code"] = "stable", "SD"
    late = [r for r in rows if r["pd_kind"] == "imaging" and r["pd_date"] - r["time_zero_date"] > 170]
    for row, kind in zip(late[:3], ("line", "cart20", "radiotherapy"), strict=False):
        row["new_therapy_kind"] = kind  # before progression: an event for PFS, censored for PFSA
        row["new_therapy_date"] = row["pd_date"] - rng.randrange(15, 45)
    ongoing = [r for r in rows if r["pd_kind"] == "none" and r["last_contact_date"] - r["time_zero_date"] > 250]
    ongoing[0]["new_therapy_kind"] = "allogeneic_sct"
    ongoing[0]["new_therapy_date"] = ongoing[0]["time_zero_date"] + rng.randrange(150, 200)
    _therapy_after_progression(rng, rows, ("line", "line", "cart20", "radiotherapy"))


def _therapy_after_progression(rng: Random, rows: list[Row], kinds: tuple[str, ...]) -> None:
    for row in rows:
        end = row["last_contact_date"]
        if row["pd_date"] and not row["new_therapy_kind"] and end - row["pd_date"] > 40 and rng.random() < 0.6:
            row["new_therapy_kind"] = rng.choice(kinds)
            row["new_therapy_date"] = row["pd_date"] + (0 if rng.random() < 0.1 else rng.randrange(1, 25))


def plan_noncart(rng: Random) -> list[Row]:
    """The 39 non-CART patients: polatuzumab 15 (7 responders), others 24 (3 responders, one without any imaging)."""
    rows = covariates(rng, "noncart", NONCART)
    for row in rows:
        row["_risk"] = _frailty(row)
    pola, others = rows[:15], rows[15:]
    strata = deal(rng, {"bcl2i": 5, "lenalidomide": 3, "icpi": 3, "btki": 3, "chemotherapy": 10})
    for row, stratum in zip(rows, ["pola"] * 15 + strata, strict=True):
        row.update(role="noncart", scenario="", stratum_code=stratum, regimen=rng.choice(INDEX_REGIMENS[stratum]))
    _pola(rng, pola)
    _others(rng, others)
    recent = iter([True] * 7 + [False])
    for row in rows:
        row.pop("_risk")
        time_zero = _calendar(rng, row, recent=row["_os"] is None and next(recent))
        place(rng, row, time_zero, time_zero - (0 if rng.random() < 0.1 else rng.randrange(2, 30)))
    noncart_variants(rng, rows)
    return rows


def _pola(rng: Random, rows: list[Row]) -> None:
    rows.sort(key=lambda row: row["_risk"] + rng.gauss(0, 1))
    codes = iter(deal(rng, {"CR": 2, "PR": 5}))
    for row, low, high in zip(rows[:3], (95, 150, 240), (130, 210, 320), strict=True):
        outcome(row, None, None, rng.randrange(low, high), "none", next(codes))
    for row, low, high in zip(rows[3:5], (85, 120), (110, 150), strict=True):
        days = rng.randrange(low, high)
        outcome(row, days, None, days + rng.randrange(30, 120), "imaging", next(codes))
    for row, low, high in zip(rows[5:7], (150, 110), (190, 140), strict=True):
        days = rng.randrange(low, high)
        outcome(row, days, days + rng.randrange(60, 220), None, "imaging", next(codes))
    times = weibull_times(rng, 8, 80, 1.6, 20, 150)
    for row, pfs in zip(rows[7:], times, strict=True):
        _non_responder(rng, row, pfs, rng.randrange(10, 110))


def _others(rng: Random, rows: list[Row]) -> None:
    rows.sort(key=lambda row: row["_risk"] + rng.gauss(0, 1))
    best = deal(rng, {"CR": 1, "PR": 2})
    outcome(rows[0], None, None, rng.randrange(100, 140), "none", best[0])
    outcome(rows[1], None, None, rng.randrange(851, 895), "none", best[1])
    outcome(rows[2], rng.randrange(75, 95), None, rng.randrange(120, 170), "imaging", best[2])
    times = weibull_times(rng, 21, 57, 1.4, 10, 160)
    extras = [round(d) for d in quantiles(rng, 21, ((0, 3), (0.5, 24), (1, 130)))]
    for row, pfs, extra in zip(rows[3:], times, extras, strict=True):
        _non_responder(rng, row, pfs, extra)
    unrated = rng.choice(rows[8:])
    days = unrated["_pfs"]
    outcome(unrated, days, days, None, "death", "")
    unrated["scenario"] = "declined_imaging"


def noncart_variants(rng: Random, rows: list[Row]) -> None:
    """CD20 orders that never became an infusion, infusions after the index line, and other turns."""
    free = [row for row in rows if not row["scenario"] and row["pd_kind"] == "imaging"]
    rng.shuffle(free)
    for row in free[:2]:
        row["scenario"], row["order_date"] = "order_never_infused", row["time_zero_date"] - rng.randrange(0, 2)
    long = [r for r in free[2:] if r["last_contact_date"] - r["time_zero_date"] > 135]
    if long:  # infusion more than 90 days after the line: the line is not bridging
        row = long[0]
        row["scenario"], row["order_date"] = "late_infusion", row["time_zero_date"] - 1
        row["new_therapy_kind"], row["new_therapy_date"] = "cart20", row["time_zero_date"] + rng.randrange(95, 120)
    rest = [r for r in free[2:] if not r["scenario"] and r["last_contact_date"] - r["time_zero_date"] > 60]
    if rest:  # line first, order later: the line stays the index therapy
        row = rest[0]
        row["scenario"], row["order_date"] = "order_after_line", row["time_zero_date"] + 10
        row["new_therapy_kind"], row["new_therapy_date"] = "cart20", max(row["pd_date"], row["time_zero_date"] + 42)
    if len(rest) > 1:
        rest[1]["scenario"] = "radiotherapy_same_day"
    unseen = [r for r in rows if not r["scenario"] and r["pd_kind"] == "imaging" and r["best_response_code"] == "PD"]
    for row in unseen[:1]:  # failure too long ago for its scan to be the baseline
        row["scenario"] = "no_baseline_scan"
        shift = row["time_zero_date"] - 45 - row["cd19_failure_date"]
        for name in ("cd19_failure_date", "cd19_infusion_date", "birth_date", "diagnosis_date"):
            row[name] += shift
    stable = [
        r for r in rows if not r["scenario"] and r["cd19_best_response_code"] == "PD" and _days_to_failure(r) < 46
    ]
    for row in stable[:3]:
        row["cd19_failure_kind"], row["cd19_best_response_code"] = "stable", "SD"
    clinical = [
        r
        for r in rows
        if not r["scenario"] and r["cd19_best_response_code"] == "SD" and r["cd19_failure_kind"] == "imaging"
    ]
    for row in clinical[:2]:
        row["cd19_failure_kind"] = "clinical"
    _therapy_after_progression(rng, rows, ("line", "line", "line", "radiotherapy"))
