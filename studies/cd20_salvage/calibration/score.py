"""How much of the print a cohort reproduces, by stage: counts, times, univariable, multivariable.

Works on plan rows (the committed cohort as well as a new one); every printed part (estimate, limits, p) counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import erfc, exp, sqrt
from typing import Any, NamedTuple

import numpy as np

from studies.cd20_salvage.calibration import factors, kernel, times
from studies.cd20_salvage.calibration.factors import COLUMN, NAMES
from studies.cd20_salvage.calibration.quantities import quantile, ranksum_p
from studies.cd20_salvage.calibration.slots import (
    CD20,
    EVENTS_OF_SLOTS,
    NONPOLA,
    OTHERS,
    POLA,
    RESPONDED,
    RESPONDERS,
    SLOT_GROUP,
)
from studies.cd20_salvage.calibration.targets import IN_DOUBT, MONTH, claims

STAGES = ("counts", "times", "univariable", "multivariable")
Row = dict[str, Any]


class Part(NamedTuple):
    """One printed part of a claim (value, low, high or p) and what the cohort gives; found is nan when not reached."""

    stage: str
    claim_id: str
    part: str
    printed_from: float
    printed_to: float
    found: float
    is_attained: bool


class Cohort(NamedTuple):
    """Plan rows in the order of slots, with days, events and the factor matrix that follow from them."""

    rows: list[Row]
    group: np.ndarray
    days: np.ndarray
    events: np.ndarray
    x: np.ndarray


def _group(row: Row) -> int:
    if row["role"] == "cd20":
        return RESPONDERS if row["best_response_code"] in ("CR", "PR") else OTHERS
    return POLA if row["stratum_code"] == "pola" else NONPOLA


def _age(row: Row) -> int:
    return int((row["cd19_failure_date"] - row["birth_date"]) / 365.25)


def read(rows: Iterable[Row]) -> Cohort:
    """Sort plan rows and derive what the analyses look at."""
    ordered = sorted(rows, key=lambda row: (_group(row), row["death_date"] is None, row["pd_kind"] == "none"))
    days, events = np.zeros((2, len(ordered)), np.int64), np.zeros((2, len(ordered)), np.int64)
    x = np.full((len(ordered), len(NAMES)), np.nan)
    for i, row in enumerate(ordered):
        zero, last = row["time_zero_date"], row["death_date"] or row["last_contact_date"]
        days[:, i] = last - zero, (row["pd_date"] or last) - zero
        events[:, i] = row["death_date"] is not None, bool(row["pd_date"] or row["death_date"])
        ldh, sites = row["ldh_ratio_uln"], row["extranodal_sites_count"]
        values = {
            "age_gt60": _age(row) > 60,
            "male": row["sex_code"] == "M",
            "ecog": row["ecog_grade"],
            "stage_ge3": row["ann_arbor_stage"] >= 3,
            "ldh": None if ldh is None else ldh > 1,
            "extranodal_ge2": None if sites is None else sites >= 2,
            "bulky": row["is_bulky"],
            "bm": row["is_marrow_involved"],
            "cns": row["is_cns_involved"],
            "coo_gcb": _is(row["coo_code"], "gcb"),
            "dhit": row["is_double_triple_hit"],
            "prior_lines_ge3": row["prior_lines_count"] >= 3,
            "prior_sct": row["has_prior_sct"],
            "prior_rt": row["has_prior_radiotherapy"],
            "cd19resp_refractory": row["cd19_best_response_code"] in ("SD", "PD"),
            "cd19_positive": _is(row["cd19_status_code"], "positive"),
            "tp53": row["is_tp53_mutated"],
            "treatment_cd20": row["role"] == "cd20",
        }
        if row["role"] == "cd20":
            interval = row["time_zero_date"] - row["cd19_infusion_date"]
            values |= {"bt": bool(row["bridging_classes"]), "dose": row["dose_cells_per_kg"] / 1e6}
            values |= {"cart_interval": interval / MONTH, "steroid": row["has_corticosteroid"]}
        for name, value in values.items():
            x[i, COLUMN[name]] = np.nan if value is None else float(value)
        factors.derive(x[i])
    return Cohort(ordered, np.array([_group(row) for row in ordered]), days, events, x)


def _is(code: str | None, wanted: str) -> bool | None:
    return None if code is None else code == wanted


def score(rows: Iterable[Row]) -> list[Part]:
    """Every printed part that a stage aims at, which leaves out what is in doubt as printed."""
    cohort = read(rows)
    parts = [*_counts(cohort), *_times(cohort), *_univariable(cohort), *_multivariable(cohort)]
    aimed = [part for part in parts if part.claim_id not in IN_DOUBT]
    return sorted(aimed, key=lambda part: STAGES.index(part.stage))


def of_models(days: times.Times, x: np.ndarray) -> list[Part]:
    """As `score` for event days and factors in the order of slots, before the cohort has any counts."""
    cohort = Cohort([], SLOT_GROUP, np.array([days.os, days.pfs]), EVENTS_OF_SLOTS, x)
    parts = [*_times(cohort), *_univariable(cohort), *_multivariable(cohort)]
    return [part for part in parts if part.claim_id not in IN_DOUBT]


def by_stage(parts: Iterable[Part]) -> dict[str, tuple[int, int]]:
    """Stage -> claims attained in every part, claims aimed at."""
    verdict: dict[tuple[str, str], bool] = {}
    for part in parts:
        key = (part.stage, part.claim_id)
        verdict[key] = verdict.get(key, True) and part.is_attained
    return {
        stage: (sum(ok for (s, _), ok in verdict.items() if s == stage), sum(s == stage for s, _ in verdict))
        for stage in STAGES
    }


def _parts(stage: str, claim_id: str, **found: float) -> list[Part]:
    printed = claims()[claim_id].parts()
    return [
        Part(stage, claim_id, name, *printed[name], value, printed[name].holds(value))
        for name, value in found.items()
        if name in printed
    ]


def wald(beta: float, se: float) -> dict[str, float]:
    """A ratio with its limits and p value from log ratio and standard error."""
    half = kernel.Z * se
    return {"value": exp(beta), "low": exp(beta - half), "high": exp(beta + half), "p": erfc(abs(beta / se) / sqrt(2))}


# --- counts ---------------------------------------------------------------------------------------------------------

_FACTOR_CLAIMS = {
    "sex_male": "male",
    "stage_ge3": "stage_ge3",
    "ipi_ge3": "ipi_ge3",
    "ldh_gt_uln": "ldh",
    "extranodal_ge2": "extranodal_ge2",
    "bulky": "bulky",
    "bm": "bm",
    "cns": "cns",
    "dhit": "dhit",
    "tp53": "tp53",
    "prior_lines_ge3": "prior_lines_ge3",
    "prior_sct": "prior_sct",
    "prior_rt": "prior_rt",
    "cd19_refractory": "cd19resp_refractory",
    "cd19_pos": "cd19_positive",
    "coo_gcb": "coo_gcb",
}
_P_CLAIMS = {"cd19_refractory": "t1.cd19_failure.p", "cd19_pos": "t1.cd19.p", "coo_gcb": "t1.coo.p"}
_CODES = {"dlbcl": "dlbcl_nos", "hgbl": "hgbl", "tfl": "tfl", "bl": "bl"}
_UNKNOWN = {
    "ldh": "ldh",
    "extranodal": "extranodal_ge2",
    "bulky": "bulky",
    "coo": "coo_gcb",
    "dhit": "dhit",
    "tp53": "tp53",
}


def yates_p(a: int, n: int, b: int, m: int) -> float:
    """Chi-square p of a of n against b of m with Yates' correction."""
    gap = max(abs(a * (m - b) - b * (n - a)) - (n + m) / 2, 0)
    return erfc(sqrt((n + m) * gap**2 / (n * m * (a + b) * (n + m - a - b)) / 2))


def _counts(cohort: Cohort) -> list[Part]:
    found, rows = claims(), cohort.rows
    in_cd20 = cohort.x[:, COLUMN["treatment_cd20"]] > 0
    members = {"cd20": in_cd20, "noncart": ~in_cd20, "all": in_cd20 | ~in_cd20}
    parts: list[Part] = []

    def two(name: str, values: np.ndarray, p_claim: str | None = None) -> None:
        tallies = []
        for group in ("cd20", "noncart"):
            known = values[members[group] & ~np.isnan(values)]
            tallies += [int(known.sum()), known.size]
            if f"t1.{name}.{group}" in found:
                parts.extend(_parts("counts", f"t1.{name}.{group}", value=100 * known.mean()))
        if (p_claim or f"t1.{name}.p") in found:
            parts.extend(_parts("counts", p_claim or f"t1.{name}.p", p=yates_p(*tallies)))

    for name, column in _FACTOR_CLAIMS.items():
        two(name, cohort.x[:, COLUMN[column]], _P_CLAIMS.get(name))
    for name, code in _CODES.items():
        two(name, np.array([float(row["histology_code"] == code) for row in rows]))
    for grade in range(5):
        two(f"ecog_{grade}", (cohort.x[:, factors.ECOG] == grade).astype(float))
    for name, column in _UNKNOWN.items():
        unknown = float(np.isnan(cohort.x[:, COLUMN[column]]).sum())
        parts += _parts("counts", f"t1.fn.unknown.{name}", value=unknown)
    parts += _quantiles(cohort, members, two)
    parts += _treatment(cohort, members)
    return parts


def _column(rows: list[Row], read_one: Callable[[Row], float | None]) -> np.ndarray:
    return np.array([np.nan if (value := read_one(row)) is None else float(value) for row in rows])


def _spread(stem: str, values: np.ndarray) -> list[Part]:
    parts = _parts("counts", stem % "median", value=quantile(values, 0.5))
    if (iqr := stem % "iqr") in claims():
        parts += _parts("counts", iqr, low=quantile(values, 0.25), high=quantile(values, 0.75))
    return parts


def _quantiles(cohort: Cohort, members: dict[str, np.ndarray], two: Callable[..., None]) -> list[Part]:
    rows, parts = cohort.rows, []
    age = _column(rows, _age)
    cycles = _column(rows, lambda row: row["prior_cycles_count"])
    failed = _column(rows, lambda row: row["cd19_failure_date"] - row["cd19_infusion_date"])
    for group in ("cd20", "noncart"):
        for name, values in (("age", age), ("prior_lines", cycles), ("ttf", failed / MONTH)):
            parts += _spread(f"t1.{name}.%s.{group}", values[members[group]])
    two("ttf_le90d", (failed <= 90).astype(float))
    for name, values in (("age", age), ("prior_lines", cycles)):
        p = ranksum_p(values[members["cd20"]], values[members["noncart"]])
        parts += _parts("counts", f"t1.{name}.p", p=p)
    status = cohort.x[:, COLUMN["cd19_positive"]]
    parts += _spread("r.age.%s.all", age) + _spread("r.ttf.%s.all", failed / MONTH)
    parts += _spread("r.ttf.%s.cd19_neg", failed[status == 0] / MONTH)
    parts += _spread("r.ttf.%s.cd19_pos", failed[status == 1] / MONTH)
    parts += _parts("counts", "r.ttf.p.cd19_status", p=ranksum_p(failed[status == 0], failed[status == 1]))
    return parts


def _treatment(cohort: Cohort, members: dict[str, np.ndarray]) -> list[Part]:
    rows = [row for row, inside in zip(cohort.rows, members["cd20"], strict=True) if inside]
    detectable = [row for row in rows if row["cart_peak_10e6_per_l"] > 0]
    doses = _column(rows, lambda row: row["dose_cells_per_kg"] / 1e6)
    earlier = _column(rows, lambda row: row["cd19_dose_cells_per_kg"] / 1e6)
    peaks = _column(detectable, lambda row: row["cart_peak_10e6_per_l"])
    earlier_peaks = _column(detectable, lambda row: row["cd19_peak_10e6_per_l"])
    parts = _spread("r.feat.dose.%s.cd20", doses) + _spread("r.feat.peak.%s.cd20", peaks)
    parts += _parts("counts", "r.feat.dose.cd19", value=quantile(earlier, 0.5))
    parts += _parts("counts", "r.feat.dose.p", p=ranksum_p(doses, earlier))
    parts += _parts("counts", "r.feat.peak.cd19", value=quantile(earlier_peaks, 0.5))
    parts += _parts("counts", "r.feat.peak.p", p=ranksum_p(peaks, earlier_peaks))
    for code in ("il6", "tnfa", "ferritin"):
        peak = _column(rows, lambda row, name=f"{code}_peak": row[name])
        day = _column(rows, lambda row, name=f"{code}_peak_day": row[name])
        parts += _parts("counts", f"s.fig4.peak.{code}", value=quantile(peak, 0.5))
        parts += _parts("counts", f"s.fig4.tpeak.{code}.median", value=quantile(day, 0.5))
        if code == "il6":
            parts += _parts("counts", "s.fig4.tpeak.il6.iqr", low=quantile(day, 0.25), high=quantile(day, 0.75))
        else:
            parts += _parts("counts", f"s.fig4.tpeak.{code}.range", low=day.min(), high=day.max())
    shares = {
        "r.feat.bridging": lambda row: bool(row["bridging_classes"]),
        "r.feat.ld": lambda row: row["lymphodepletion_code"] != "none",
        "r.feat.dose.below_target": lambda row: row["dose_cells_per_kg"] < 2e6,
        "r.orr.cd20": lambda row: row["best_response_code"] in ("CR", "PR"),
        "r.crr.cd20": lambda row: row["best_response_code"] == "CR",
        "r.safe.scrs.cd20": lambda row: row["crs_grade"] >= 3,
        "r.safe.sicans.cd20": lambda row: row["icans_grade"] >= 3,
        "r.safe.dexa": lambda row: row["has_corticosteroid"],
    }
    for claim_id, is_so in shares.items():
        parts += _parts("counts", claim_id, value=100 * _column(rows, is_so).mean())
    return parts


# --- times ----------------------------------------------------------------------------------------------------------


def _sample(cohort: Cohort, which: int, groups: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, events and group numbers of some groups, sorted by time."""
    inside = (groups >> cohort.group) & 1 == 1
    time = cohort.days[which][inside]
    order = np.argsort(time, kind="stable")
    return time[order], cohort.events[which][inside][order], cohort.group[inside][order]


def _times(cohort: Cohort) -> list[Part]:
    parts = []
    for endpoint, claim_id, groups, reverse in times.MEDIANS:
        time, event, _ = _sample(cohort, factors.ENDPOINTS.index(endpoint), groups)
        median, low, high, *_ = kernel.km_median(time, 1 - event if reverse else event)
        parts += _parts("times", claim_id, value=median, low=low, high=high)
    for endpoint, claim_id, p_claim, a, b, oe in times.RATIOS:
        time, event, group = _sample(cohort, factors.ENDPOINTS.index(endpoint), a | b)
        table = np.empty((time.size, 4))
        rows = kernel.events_by_time(time, event, (a >> group) & 1, time.size, table)
        if oe:
            estimate = times.observed_expected(*kernel.logrank(table, rows), table[:rows, 0].sum())
            found = wald(estimate[0], estimate[1])
            parts += _parts("times", claim_id, **{k: v for k, v in found.items() if k != "p"})
            parts += _parts("times", p_claim, p=erfc(estimate[2] / sqrt(2)))
        else:
            parts += _parts("times", claim_id, **wald(*kernel.cox_binary(table, rows)))
    return parts


# --- models ---------------------------------------------------------------------------------------------------------


def _fit(cohort: Cohort, endpoint: int, columns: tuple[int, ...], cd20_only: bool) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and standard errors of a Cox model over complete cases (kernel.cox)."""
    x = cohort.x[:, columns]
    counted = ~np.isnan(x).any(axis=1) & ((np.arange(len(x)) < CD20) | (not cd20_only))
    time, event = cohort.days[endpoint][counted], cohort.events[endpoint][counted]
    order = np.argsort(time, kind="stable")
    rows, size = np.zeros((order.size, kernel.WIDTH)), len(columns)
    rows[:, :size] = x[counted][order]
    beta, se = np.zeros(kernel.WIDTH), np.zeros(kernel.WIDTH)
    kernel.cox(time[order], event[order], rows, order.size, size, beta, se)
    return beta[:size], se[:size]


def _univariable(cohort: Cohort) -> list[Part]:
    parts = []
    for cell in factors.cells():
        beta, se = _fit(cohort, cell.endpoint, (cell.column,), cell.cd20_only)
        parts += _parts("univariable", cell.claim_id, **wald(-beta[0] if cell.is_inverse else beta[0], se[0]))
    responded = (np.arange(CD20) < RESPONDED).astype(float)
    for claim_id, column in factors.LOGISTIC:
        values = cohort.x[:CD20, column]
        if not np.isnan(values).any():
            parts += _parts("univariable", claim_id, **wald(*kernel.logistic(values.copy(), responded)))
    return parts


def _multivariable(cohort: Cohort) -> list[Part]:
    parts = []
    for model in factors.models():
        fitted = _fit(cohort, model.endpoint, model.columns, model.cd20_only)
        for claim_id, beta, se in zip(model.claim_ids, *fitted, strict=True):
            parts += _parts("multivariable", claim_id, **wald(beta, se))
    return parts
