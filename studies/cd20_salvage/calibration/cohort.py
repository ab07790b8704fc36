"""From slots to plan rows: what the models leave free is dealt with Table 1's counts, then everything gets its date."""

from __future__ import annotations

from math import ceil, floor, inf
from random import Random

import numpy as np

from cartwright.simulator.covariates import Row, blank
from cartwright.simulator.days import DATA_CUT, ENROL_FROM, ENROL_TO
from cartwright.simulator.draw import deal, lowest
from cartwright.simulator.included import cd20_variants, noncart_variants
from cartwright.simulator.vocabulary import ELIGIBLE_CD19, INDEX_REGIMENS
from studies.cd20_salvage.calibration import room
from studies.cd20_salvage.calibration.factors import COLUMN
from studies.cd20_salvage.calibration.quantities import Contrast, Spread, fit
from studies.cd20_salvage.calibration.slots import CD20, COUNT, DIED, FAILED, NONPOLA, POLA, SLOT_GROUP
from studies.cd20_salvage.calibration.targets import MONTH, Window, claims
from studies.cd20_salvage.calibration.times import Times

ALL = np.arange(COUNT)
IN_CD20, IN_NONCART = ALL[:CD20], ALL[CD20:]
DETECTABLE = 45
CD19_GRADED = 46  # patients whose grades after the CD19 cells are known: the printed rates are 5 and 4 of 46
ADULT_AGE = (52.0, 14.0)  # mean and deviation from which ages are drawn before they are fitted to print
EARLY_PD = 46  # days within which a failure leaves no stable disease to see first
_HISTOLOGY = ({"dlbcl_nos": 41, "hgbl": 7, "tfl": 2, "bl": 4}, {"dlbcl_nos": 31, "hgbl": 3, "tfl": 2, "bl": 3})
_HITS_IN_HGBL = (5, 3)
_RELAPSED = ({"CR": 8, "PR": 15}, {"CR": 5, "PR": 12})
_BRIDGING = {
    "bcl2i+btki": 12,
    "bcl2i+lenalidomide": 4,
    "bcl2i+xpo1i": 2,
    "bcl2i": 9,
    "btki": 6,
    "lenalidomide": 3,
    "xpo1i": 1,
}
_STRATA = {"bcl2i": 5, "lenalidomide": 3, "icpi": 3, "btki": 3, "chemotherapy": 10}


def plan_rows(times: Times, x: np.ndarray, seed: int) -> tuple[list[Row], dict[str, float]]:
    """The 93 rows of the plan, and by item how far its quantiles stayed from print (0: all as printed)."""
    rng, draws = Random(f"cohort:{seed}"), np.random.default_rng(seed)
    rows = [blank() for _ in range(COUNT)]
    left: dict[str, float] = {}
    for i, row in enumerate(rows):
        _factors(rng, row, x[i])
    for members, histology, hits in zip((IN_CD20, IN_NONCART), _HISTOLOGY, _HITS_IN_HGBL, strict=True):
        _histology(rng, [rows[i] for i in members], histology, hits)
    _cd19_course(rng, rows, x)
    left["time to failure"] = _time_to_failure(draws, rows, x, times)
    left["age"] = _ages(draws, rows, x)
    left["prior cycles"] = _cycles(draws, rows)
    left |= _products(rng, draws, rows, x)
    _toxicity(rng, rows, x)
    _cytokines(rng, draws, rows)
    _therapy(rng, rows, x)
    _outcomes(rng, rows, times)
    for i, row in enumerate(rows):
        _place(rng, row, i, times, x)
    cd20_variants(rng, rows[:CD20])
    noncart_variants(rng, rows[CD20:])
    for row in rows:
        row["is_fully_dated"] = True
    return rows, left


def _known(value: float) -> bool | None:
    return None if np.isnan(value) else bool(value)


def _factors(rng: Random, row: Row, x: np.ndarray) -> None:
    def flag(name: str) -> bool | None:
        return _known(x[COLUMN[name]])

    sites, high = flag("extranodal_ge2"), flag("ldh")
    row.update(
        sex_code="M" if flag("male") else "F",
        ecog_grade=int(x[COLUMN["ecog"]]),
        ann_arbor_stage=rng.choice((3, 4, 4)) if flag("stage_ge3") else rng.choice((1, 2)),
        extranodal_sites_count=None if sites is None else rng.choice((2, 2, 3)) if sites else rng.choice((0, 1)),
        ldh_ratio_uln=None if high is None else round(rng.uniform(1.1, 6) if high else rng.uniform(0.55, 0.92), 2),
        is_bulky=flag("bulky"),
        is_marrow_involved=flag("bm"),
        is_cns_involved=flag("cns"),
        coo_code={True: "gcb", False: "non_gcb", None: None}[flag("coo_gcb")],
        is_double_triple_hit=flag("dhit"),
        is_tp53_mutated=flag("tp53"),
        prior_lines_count=rng.choice((3, 3, 3, 4, 4, 5)) if flag("prior_lines_ge3") else 2,
        has_prior_sct=flag("prior_sct"),
        has_prior_radiotherapy=flag("prior_rt"),
        cd19_status_code={True: "positive", False: "negative", None: None}[flag("cd19_positive")],
        cd19_product_code=ELIGIBLE_CD19,
        cause_code=rng.choices(("lymphoma", "infection", "other", "unknown"), (85, 8, 3, 4))[0],
    )


def _histology(rng: Random, rows: list[Row], counts: dict[str, int], in_hgbl: int) -> None:
    """Most double or triple hits are high-grade lymphomas; the others are found in DLBCL."""
    hits = [row for row in rows if row["is_double_triple_hit"]]
    hgbl = rng.sample(hits, in_hgbl)
    rest = [row for row in rows if not row["is_double_triple_hit"]]
    hgbl += rng.sample(rest, counts["hgbl"] - in_hgbl)
    for row in hgbl:
        row["histology_code"] = "hgbl"
    free = [row for row in rest if row["histology_code"] is None]
    codes = deal(rng, {"tfl": counts["tfl"], "bl": counts["bl"], "dlbcl_nos": len(free) - counts["tfl"] - counts["bl"]})
    for row, code in zip(free, codes, strict=True):
        row["histology_code"] = code
    for row in rows:
        row["histology_code"] = row["histology_code"] or "dlbcl_nos"


def _cd19_course(rng: Random, rows: list[Row], x: np.ndarray) -> None:
    for members, counts in zip((IN_CD20, IN_NONCART), _RELAPSED, strict=True):
        relapsed = [rows[i] for i in members if not x[i, COLUMN["cd19resp_refractory"]]]
        for row, code in zip(relapsed, deal(rng, counts), strict=True):
            row["cd19_best_response_code"] = code
    for row in rows:
        row["cd19_failure_kind"] = "clinical" if row["is_bulky"] is None else "imaging"
        if row["cd19_status_code"]:
            row["cd20_expression_percent"] = rng.choice((90, 95, 98, 100))


def in_days(spread: Spread) -> Spread:
    """Marks that hold neither a whole day nor the middle of two widened to the whole days beside them."""

    def held(mark: Window) -> Window:
        return Window(floor(mark.low), ceil(mark.high)) if ceil(2 * mark.low) > floor(2 * mark.high) else mark

    return Spread(spread.members, tuple((p, held(mark)) for p, mark in spread.quantiles))


def _quartiles(members: np.ndarray, stem: str, unit: float = 1.0) -> Spread:
    """Median and quartiles of `<stem with %s>` as printed, in `unit`s."""
    median, iqr = claims()[stem % "median"], claims()[stem % "iqr"]

    def scaled(printed: Window) -> Window:
        return Window(printed.low * unit, printed.high * unit - 1e-9)

    return Spread(members, ((0.5, scaled(median.value)), (0.25, scaled(iqr.low)), (0.75, scaled(iqr.high))))


def _time_to_failure(draws: np.random.Generator, rows: list[Row], x: np.ndarray, times: Times) -> float:
    """Days from CD19 cells to failure: long enough for what was seen, and leaving room before the CD20 cells."""
    low, high = np.array([room.first_failure(factors) for factors in x], float), np.full(COUNT, 330.0)
    for i in IN_CD20:
        low[i], high[i] = room.failure_days(x[i], times.os[i])
    if (low > high).any():
        raise ValueError(f"no room between the products in slots {np.flatnonzero(low > high).tolist()}")
    status = np.array([row["cd19_status_code"] or "" for row in rows])
    negative, positive = ALL[status == "negative"], ALL[status == "positive"]
    early = []  # 40 and 26 patients failed within 90 days
    for members, count in ((IN_CD20, 40), (IN_NONCART, 26)):
        n = len(members)
        early.append(Spread(members, (((count - 0.5) / n, Window(-inf, 90)), ((count + 0.5) / n, Window(91, inf)))))
    spreads = [
        in_days(_quartiles(members, stem, MONTH))
        for members, stem in (
            (IN_CD20, "t1.ttf.%s.cd20"),
            (IN_NONCART, "t1.ttf.%s.noncart"),
            (ALL, "r.ttf.%s.all"),
            (negative, "r.ttf.%s.cd19_neg"),
            (positive, "r.ttf.%s.cd19_pos"),
        )
    ] + early
    contrast = Contrast(negative, positive, claims()["r.ttf.p.cd19_status"].p)
    days, left = fit(draws, low, high, spreads, contrast, tries=400_000)
    for row, day in zip(rows, days, strict=True):
        row["ttf"] = int(day)
        if row["cd19_best_response_code"] is None:
            early_pd = day < EARLY_PD and row["is_bulky"] is not None
            row["cd19_best_response_code"] = "PD" if early_pd else "SD"
    return left


def _bell(draws: np.random.Generator, mean: float, deviation: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Whole numbers from a normal distribution, each within its bounds."""
    found = np.round(draws.normal(mean, deviation, low.size))
    while (outside := (found < low) | (found > high)).any():
        found[outside] = np.round(draws.normal(mean, deviation, outside.sum()))
    return found


def _ages(draws: np.random.Generator, rows: list[Row], x: np.ndarray) -> float:
    old = x[:, COLUMN["age_gt60"]] > 0
    spreads = [
        _quartiles(IN_CD20, "t1.age.%s.cd20"),
        _quartiles(IN_NONCART, "t1.age.%s.noncart"),
        _quartiles(ALL, "r.age.%s.all"),
    ]
    contrast = Contrast(IN_CD20, IN_NONCART, claims()["t1.age.p"].p)
    low, high = np.where(old, 61.0, 19.0), np.where(old, 78.0, 60.0)
    ages, left = fit(draws, low, high, spreads, contrast, start=_bell(draws, *ADULT_AGE, low, high))
    for row, age in zip(rows, ages, strict=True):
        row["age"] = int(age)
    return left


def _cycles(draws: np.random.Generator, rows: list[Row]) -> float:
    low = np.array([max(4, row["prior_lines_count"]) for row in rows], float)
    spreads = [_quartiles(IN_CD20, "t1.prior_lines.%s.cd20"), _quartiles(IN_NONCART, "t1.prior_lines.%s.noncart")]
    contrast = Contrast(IN_CD20, IN_NONCART, claims()["t1.prior_lines.p"].p)
    cycles, left = fit(draws, low, np.full(COUNT, 18.0), spreads, contrast)
    for row, count in zip(rows, cycles, strict=True):
        row["prior_cycles_count"] = int(count)
    return left


def _products(rng: Random, draws: np.random.Generator, rows: list[Row], x: np.ndarray) -> dict[str, float]:
    """Doses and expansion of both products; CAR-T counts in 10^6 per litre."""
    found = claims()
    doses = x[:CD20, COLUMN["dose"]]
    median = Spread(IN_CD20, ((0.5, found["r.feat.dose.cd19"].value),))
    contrast = Contrast(IN_CD20, IN_CD20, found["r.feat.dose.p"].p, doses)
    cd19, dose_left = fit(draws, np.full(CD20, 0.3), np.full(CD20, 4.0), [median], contrast, step=0.01)
    seen = np.sort(draws.permutation(CD20)[:DETECTABLE])
    which = np.arange(DETECTABLE)
    printed = [_quartiles(which, "r.feat.peak.%s.cd20")]
    peaks, left = fit(draws, np.full(DETECTABLE, 0.4), np.full(DETECTABLE, 60.0), printed, step=0.01)
    earlier = np.exp(draws.normal(np.log(52.6), 1.0, COUNT)).clip(2, 700).round(2)
    spread = Spread(which, ((0.5, found["r.feat.peak.cd19"].value),))
    start = earlier[seen]
    earlier[seen], peak_left = fit(
        draws,
        np.full(DETECTABLE, 1.0),
        np.full(DETECTABLE, 700.0),
        [spread],
        Contrast(which, which, found["r.feat.peak.p"].p, peaks),
        start=start,
        step=0.01,
    )
    for i, row in enumerate(rows):
        row["cd19_dose_cells_per_kg"] = float(round((cd19[i] if i < CD20 else rng.uniform(0.4, 3)) * 1e6))
        row["cd19_peak_10e6_per_l"] = float(round(earlier[i], 2))
    days = deal(rng, {12: 8, 13: 9, 14: 19, 15: 9})
    for row, dose in zip(rows[:CD20], doses, strict=True):
        row.update(dose_cells_per_kg=float(round(dose * 1e6)), cart_peak_10e6_per_l=0.0, cart_tmax_days=14)
        row.update(transduction_percent=round(rng.uniform(8, 62), 1), viability_percent=round(rng.uniform(82, 99), 1))
    for i, peak, day in zip(seen, peaks, days, strict=True):
        rows[i].update(cart_peak_10e6_per_l=float(round(peak, 2)), cart_tmax_days=day)
    return {"CD19 dose": dose_left, "CD20 peak": left, "CD19 peak": peak_left}


def _toxicity(rng: Random, rows: list[Row], x: np.ndarray) -> None:
    """Grades after both products; whoever had a severe grade after the CD20 cells was among the 13 given steroids."""
    cd20 = rows[:CD20]
    steroid = [bool(x[i, COLUMN["steroid"]]) for i in IN_CD20]
    for name, severe, mild in (
        ("crs_grade", {3: 4, 4: 1}, {2: 12, 1: 22, 0: 15}),
        ("icans_grade", {3: 3, 4: 1}, {2: 3, 1: 4, 0: 43}),
    ):
        treated = rng.sample([i for i in IN_CD20 if steroid[i]], sum(severe.values()))
        for i, grade in zip(treated, deal(rng, severe), strict=True):
            cd20[i][name] = grade
        rest = [row for row in cd20 if row[name] is None]
        for row, grade in zip(rest, deal(rng, mild), strict=True):
            row[name] = grade
    for row, given in zip(cd20, steroid, strict=True):
        row["has_corticosteroid"] = given
    graded = rng.sample(cd20, CD19_GRADED)
    for name, counts in (
        ("cd19_crs_grade", {3: 4, 4: 1, 2: 9, 1: 20, 0: 12}),
        ("cd19_icans_grade", {3: 3, 4: 1, 2: 2, 1: 3, 0: 37}),
    ):
        for row, grade in zip(graded, deal(rng, counts), strict=True):
            row[name] = grade
    for row in rows[CD20:]:
        row.update(cd19_crs_grade=rng.choices((0, 1, 2), (40, 45, 15))[0], cd19_icans_grade=0)


def _cytokines(rng: Random, draws: np.random.Generator, rows: list[Row]) -> None:
    """Peaks of IL-6, TNF-alpha (pg/mL) and ferritin (ug/L: the printed unit would be below any normal value)."""
    found = claims()
    for code, claim, days, high, step in (
        ("il6", "il6", {3: 15, 7: 22, 10: 12, 14: 5}, 900.0, 0.01),
        ("tnfa", "tnfa", {3: 10, 7: 26, 10: 12, 14: 6}, 300.0, 0.01),
        ("ferritin", "ferritin", {7: 12, 10: 10, 14: 32}, 9000.0, 0.1),
    ):
        printed = found[f"s.fig4.peak.{claim}"].value
        middle = (printed.low + printed.high) / 2
        start = np.exp(draws.normal(np.log(middle), 0.8, CD20)).clip(middle / 8, high)
        start = np.round(start / step) * step
        peaks, _ = fit(
            draws,
            np.full(CD20, middle / 8),
            np.full(CD20, high),
            [Spread(IN_CD20, ((0.5, printed),))],
            start=start,
            step=step,
        )
        for row, peak, day in zip(rows, peaks, deal(rng, days), strict=False):
            row.update({f"{code}_peak": float(round(peak, 2)), f"{code}_peak_day": day})


def _therapy(rng: Random, rows: list[Row], x: np.ndarray) -> None:
    """Lymphodepletion, bridging agents (some with chemotherapy beside them), index regimens."""
    cd20, pola, others = rows[:CD20], rows[CD20 : CD20 + 15], rows[CD20 + 15 :]
    for row, code in zip(cd20, deal(rng, {"fludarabine": 32, "bendamustine": 17, "none": 5}), strict=True):
        row.update(role="cd20", scenario="", stratum_code="cd20", lymphodepletion_code=code)
        row["bridging_classes"] = ""
    bridged = [rows[i] for i in IN_CD20 if x[i, COLUMN["bt"]]]
    for row, classes in zip(bridged, deal(rng, _BRIDGING), strict=True):
        agents = [*classes.split("+"), "chemotherapy"] if rng.random() < 0.3 else classes.split("+")
        row["bridging_classes"] = "+".join(sorted(agents))
    for row, stratum in zip([*pola, *others], ["pola"] * 15 + deal(rng, _STRATA), strict=True):
        row.update(role="noncart", scenario="", stratum_code=stratum, regimen=rng.choice(INDEX_REGIMENS[stratum]))


def _outcomes(rng: Random, rows: list[Row], times: Times) -> None:
    """Best response and how the event was found; the last days of a patient come with the calendar."""
    responders = {0: 22, POLA: 7, NONPOLA: 3}
    best = {0: ("CR",) * 15 + ("PR",) * 7, POLA: ("CR",) * 2 + ("PR",) * 5, NONPOLA: ("CR",) + ("PR",) * 2}
    for group, count in responders.items():
        members = [i for i in range(COUNT) if SLOT_GROUP[i] == group]
        ranked = sorted(members, key=lambda i: (FAILED[i], DIED[i], -times.pfs[i]))[:count]
        durable = lowest(rng, [-float(times.pfs[i]) / 300 for i in ranked], best[group].count("CR"), noise=0.5)
        for k, i in enumerate(ranked):
            rows[i]["best_response_code"] = "CR" if k in durable else "PR"
    for i, row in enumerate(rows):
        pfs, os = int(times.pfs[i]), int(times.os[i])
        if not FAILED[i]:
            row["pd_kind"] = "none"
        elif pfs == os:
            row["pd_kind"] = "death"
        else:
            seen = row["best_response_code"] is not None or (pfs >= 9 and rng.random() > 0.14)
            row["pd_kind"] = "imaging" if seen else "clinical"
        if row["best_response_code"] is None:
            row["best_response_code"] = "SD" if row["pd_kind"] == "death" or pfs >= 44 else "PD"
    unseen = [i for i in range(COUNT) if SLOT_GROUP[i] == NONPOLA and rows[i]["pd_kind"] == "death"]
    rows[rng.choice(unseen)].update(scenario="declined_imaging", best_response_code="")


def _place(rng: Random, row: Row, i: int, times: Times, x: np.ndarray) -> None:
    pfs, os = int(times.pfs[i]), int(times.os[i])
    wait = rng.choice((0, *range(2, 30))) if i >= CD20 else round(x[i, COLUMN["cart_interval"]] * MONTH) - row["ttf"]
    latest = min(ENROL_TO, DATA_CUT - os)
    earliest = min(max(ENROL_FROM + wait, ENROL_FROM + 65), latest)
    time_zero = rng.randint(earliest, latest) if DIED[i] else max(earliest, latest - rng.choice((0, 0, 3, 9, 17, 25)))
    failure = time_zero - wait
    row.update(time_zero_date=time_zero, cd19_failure_date=failure, last_contact_date=time_zero + os)
    row["cd19_infusion_date"] = failure - row.pop("ttf")
    row["birth_date"] = failure - round((row.pop("age") + rng.uniform(0.1, 0.9)) * 365.25)
    row["diagnosis_date"] = row["cd19_infusion_date"] - 240 * row["prior_lines_count"] - rng.randrange(60, 400)
    if DIED[i]:
        row["death_date"] = time_zero + os
    if row["pd_kind"] in ("imaging", "clinical"):
        row["pd_date"] = time_zero + pfs
    if i < CD20:
        _order(rng, row)


def _order(rng: Random, row: Row) -> None:
    failure = row["cd19_failure_date"]
    row["order_date"] = max(failure + rng.randrange(-6, 9), row["time_zero_date"] - rng.randrange(40, 62))
    if row["bridging_classes"]:
        first = failure + (16 if row["is_bulky"] is None else 0)
        row["bridging_start_date"] = max(first, row["order_date"]) + rng.randrange(0, 4)
