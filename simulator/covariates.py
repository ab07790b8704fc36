"""Covariates of included patients with the counts of the published Table 1, and what led to CD19 failure.

Counts, unknowns included, are exact in every study of 179. Source: Xue F et al., Front Oncol 2024;14:1376490.
"""

from __future__ import annotations

from math import exp, log
from random import Random
from typing import Any

from cartwright.simulator.draw import deal, quantiles
from cartwright.simulator.vocabulary import ELIGIBLE_CD19

Row = dict[str, Any]

COLUMNS: tuple[str, ...] = (
    "role",
    "scenario",
    "sex_code",
    "birth_date",
    "diagnosis_date",
    "histology_code",
    "prior_lines_count",
    "prior_cycles_count",
    "has_prior_sct",
    "has_prior_radiotherapy",
    "cd19_product_code",
    "cd19_first_infusion_date",
    "cd19_infusion_date",
    "cd19_dose_cells_per_kg",
    "cd19_peak_10e6_per_l",
    "cd19_crs_grade",
    "cd19_icans_grade",
    "cd19_best_response_code",
    "cd19_failure_kind",
    "cd19_failure_date",
    "order_date",
    "bridging_start_date",
    "bridging_classes",
    "lymphodepletion_code",
    "time_zero_date",
    "stratum_code",
    "regimen",
    "ecog_grade",
    "ann_arbor_stage",
    "extranodal_sites_count",
    "is_marrow_involved",
    "is_cns_involved",
    "ldh_ratio_uln",
    "is_bulky",
    "coo_code",
    "is_double_triple_hit",
    "is_tp53_mutated",
    "cd19_status_code",
    "cd20_expression_percent",
    "dose_cells_per_kg",
    "transduction_percent",
    "viability_percent",
    "crs_grade",
    "icans_grade",
    "has_corticosteroid",
    "cart_peak_10e6_per_l",
    "cart_tmax_days",
    "il6_peak",
    "il6_peak_day",
    "tnfa_peak",
    "tnfa_peak_day",
    "ferritin_peak",
    "ferritin_peak_day",
    "best_response_code",
    "pd_kind",
    "pd_date",
    "death_date",
    "cause_code",
    "last_contact_date",
    "new_therapy_kind",
    "new_therapy_date",
    "is_fully_dated",
    "bridging_response_code",
)

# Table 1 by group: value -> count, None = unknown.
_TABLE_1: dict[str, dict[str, dict[Any, int]]] = {
    "cd20": {
        "sex_code": {"M": 28, "F": 26},
        "ecog_grade": {0: 13, 1: 17, 2: 12, 3: 8, 4: 4},
        "ann_arbor_stage": {1: 2, 2: 3, 3: 14, 4: 35},
        "extranodal_sites_count": {0: 18, 1: 14, 2: 12, 3: 9, None: 1},
        "ldh_high": {True: 38, False: 8, None: 8},
        "is_bulky": {True: 16, False: 35, None: 3},
        "is_marrow_involved": {True: 11, False: 43},
        "is_cns_involved": {True: 7, False: 47},
        "histology_code": {"dlbcl_nos": 41, "hgbl": 7, "tfl": 2, "bl": 4},
        "coo_code": {"gcb": 27, "non_gcb": 23, None: 4},
        "is_tp53_mutated": {True: 24, False: 26, None: 4},
        "prior_lines_count": {2: 27, 3: 16, 4: 8, 5: 3},
        "has_prior_sct": {True: 7, False: 47},
        "has_prior_radiotherapy": {True: 15, False: 39},
        "cd19_status_code": {"positive": 26, "negative": 8, None: 20},
    },
    "noncart": {
        "sex_code": {"M": 24, "F": 15},
        "ecog_grade": {0: 9, 1: 13, 2: 9, 3: 6, 4: 2},
        "ann_arbor_stage": {1: 2, 2: 3, 3: 10, 4: 24},
        "extranodal_sites_count": {0: 13, 1: 10, 2: 9, 3: 7},
        "ldh_high": {True: 35, False: 4},
        "is_bulky": {True: 19, False: 20},
        "is_marrow_involved": {True: 4, False: 35},
        "is_cns_involved": {True: 2, False: 37},
        "histology_code": {"dlbcl_nos": 31, "hgbl": 3, "tfl": 2, "bl": 3},
        "coo_code": {"gcb": 13, "non_gcb": 22, None: 4},
        "is_tp53_mutated": {True: 13, False: 20, None: 6},
        "prior_lines_count": {2: 21, 3: 11, 4: 5, 5: 2},
        "has_prior_sct": {True: 3, False: 36},
        "has_prior_radiotherapy": {True: 5, False: 34},
        "cd19_status_code": {"positive": 9, "negative": 6, None: 24},
    },
}
_AGE = {
    "cd20": ((0, 19.5), (0.25, 41), (0.5, 50), (0.75, 60), (1, 75)),
    "noncart": ((0, 20), (0.25, 43), (0.5, 55), (0.75, 64), (1, 78)),
}
_CYCLES = {
    "cd20": ((0, 4), (0.25, 7), (0.5, 8), (0.75, 11), (1, 17)),
    "noncart": ((0, 4), (0.25, 6), (0.5, 9), (0.75, 12), (1, 18)),
}
_IPI_GE3 = {"cd20": 29, "noncart": 20}
_UNKNOWN_HIT = {"cd20": 9, "noncart": 13}
_HIT = {"cd20": (5, 1), "noncart": (3, 0)}  # double or triple hits among HGBL, and elsewhere (a finding by WHO 2016)
_TTF_LE_90 = {"cd20": 40, "noncart": 26}
_TTF_LATE_MAX = 330
_RELAPSED = {"cd20": {"CR": 8, "PR": 15}, "noncart": {"CR": 5, "PR": 12}}


def blank() -> Row:
    """A plan row with nothing known."""
    return dict.fromkeys(COLUMNS)


def ipi_bounds(row: Row) -> tuple[int, int]:
    """Lowest and highest International Prognostic Index that the known factors allow."""
    factors = [
        int(row["age"]) > 60,
        row["ldh_high"],
        row["ecog_grade"] >= 2,
        row["ann_arbor_stage"] >= 3,
        None if row["extranodal_sites_count"] is None else row["extranodal_sites_count"] > 1,
    ]
    low = sum(factor is True for factor in factors)
    return low, low + sum(factor is None for factor in factors)


def _settle_ipi(rng: Random, rows: list[Row], target: int) -> None:
    """Swap covariates between patients until exactly `target` have IPI >= 3 and no bounds straddle the cut."""

    def badness() -> int:
        bounds = [ipi_bounds(row) for row in rows]
        straddling = sum(low < 3 <= high for low, high in bounds)
        return abs(sum(low >= 3 for low, _ in bounds) - target) + 3 * straddling

    current = badness()
    while current:
        a, b = rng.sample(rows, 2)
        name = rng.choice(("ecog_grade", "extranodal_sites_count", "ldh_high", "ann_arbor_stage"))
        a[name], b[name] = b[name], a[name]
        if (changed := badness()) <= current:
            current = changed
        else:
            a[name], b[name] = b[name], a[name]


def covariates(rng: Random, group: str, n: int) -> list[Row]:
    """`n` patients with the group's Table 1 counts and everything that happened up to CD19 failure, undated."""
    rows = [blank() for _ in range(n)]
    dealt = {name: deal(rng, counts) for name, counts in _TABLE_1[group].items()}
    ages = quantiles(rng, n, _AGE[group])
    cycles = quantiles(rng, n, _CYCLES[group])
    for i, row in enumerate(rows):
        row.update({name: values[i] for name, values in dealt.items()})
        row["age"] = int(ages[i]) + rng.uniform(0.1, 0.9)
        row["prior_cycles_count"] = max(round(cycles[i]), row["prior_lines_count"])
    _settle_ipi(rng, rows, _IPI_GE3[group])
    _deal_hits(rng, group, rows)
    _deal_failures(rng, group, rows)
    for row in rows:
        high = row.pop("ldh_high")
        row["ldh_ratio_uln"] = (
            None if high is None else round(rng.uniform(1.1, 6) if high else rng.uniform(0.55, 0.92), 2)
        )
        row["cd19_product_code"] = ELIGIBLE_CD19
        row["cd19_dose_cells_per_kg"] = round(rng.uniform(0.4e6, 3e6), -3)
        row["cd19_peak_10e6_per_l"] = round(exp(rng.gauss(log(52.6), 1.1)), 2)
        row["cd19_crs_grade"], row["cd19_icans_grade"] = rng.choices((0, 1, 2), (40, 45, 15))[0], 0
        row["cause_code"] = rng.choices(("lymphoma", "infection", "other", "unknown"), (85, 8, 3, 4))[0]
        if row["cd19_status_code"]:
            row["cd20_expression_percent"] = rng.choice((90, 95, 98, 100) if group == "cd20" else (0, 30, 80, 95))
    return rows


def _deal_hits(rng: Random, group: str, rows: list[Row]) -> None:
    in_hgbl, elsewhere = _HIT[group]
    hgbl = [row for row in rows if row["histology_code"] == "hgbl"]
    others = [row for row in rows if row["histology_code"] == "dlbcl_nos"]
    hits = rng.sample(hgbl, in_hgbl) + rng.sample(others, elsewhere)
    for row in rows:
        row["is_double_triple_hit"] = any(row is hit for hit in hits)
    for row in rng.sample([row for row in rows if not row["is_double_triple_hit"]], _UNKNOWN_HIT[group]):
        row["is_double_triple_hit"] = None


def _deal_failures(rng: Random, group: str, rows: list[Row]) -> None:
    """Days to CD19 failure and best response to CD19 cells; relapse needs time for a response before it."""
    early = _TTF_LE_90[group]
    days = [round(d) for d in quantiles(rng, early, ((0, 22), (0.3, 44), (0.65, 66), (1, 90)))]
    days += [round(d) for d in quantiles(rng, len(rows) - early, ((0, 92), (0.7, 150), (1, _TTF_LATE_MAX)))]
    rng.shuffle(days)
    relapses = deal(rng, _RELAPSED[group])
    able = rng.sample([i for i, d in enumerate(days) if d >= 48], len(relapses))
    for i, row in enumerate(rows):
        row["ttf"], row["cd19_failure_kind"], row["cd19_best_response_code"] = days[i], "imaging", "PD"
    for i, code in zip(able, relapses, strict=True):
        rows[i]["cd19_best_response_code"] = code
    for row in rows:
        if row["cd19_best_response_code"] == "PD" and row["ttf"] >= 46:
            row["cd19_best_response_code"] = "SD"
        if row["is_bulky"] is None:  # no scan near a failure that the clinician saw first
            row["cd19_failure_kind"], row["ttf"] = "clinical", max(row["ttf"], 62 + rng.randrange(20))
            if row["cd19_best_response_code"] == "PD":
                row["cd19_best_response_code"] = "SD"


def place(rng: Random, row: Row, time_zero: int, failure: int) -> None:
    """Dates around failure and time zero."""
    row["time_zero_date"], row["cd19_failure_date"] = time_zero, failure
    row["cd19_infusion_date"] = failure - row.pop("ttf")
    row["birth_date"] = failure - round(row.pop("age") * 365.25)
    row["diagnosis_date"] = row["cd19_infusion_date"] - 240 * row["prior_lines_count"] - rng.randrange(60, 400)
