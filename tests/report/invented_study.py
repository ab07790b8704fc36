"""Invented example data for the report: random patients drawn here, shaped like the ADaM tables."""

import numpy as np
import pandas as pd

from invented_decision import add_decision
from invented_toxicity import add_intention, toxicity
from invented_visits import name_events, visits

ENDPOINT_NAMES = {
    "OS": "Overall survival",
    "PFS": "Progression-free survival",
    "PFSA": "Progression-free survival, regulatory censoring",
    "DOR": "Duration of response",
}


def example_datasets(seed=7, screened=179, cd20=54, noncart=39):
    """adsl, adtte and funnel of an invented cohort with unknown values in the usual places."""
    draw = np.random.default_rng(seed)
    n = cd20 + noncart
    adsl = pd.DataFrame({"usubjid": [f"CW-{i:016X}" for i in range(screened)]})
    adsl["inclfl"] = ["Y"] * n + ["N"] * (screened - n)
    adsl["group_code"] = ["cd20"] * cd20 + ["noncart"] * noncart + [None] * (screened - n)
    strata = (
        ["pola"] * 15 + ["bcl2i"] * 5 + ["lenalidomide"] * 3 + ["icpi"] * 3 + ["btki"] * 3 + ["chemotherapy"] * 99
    )[:noncart]
    adsl["stratum_code"] = ["cd20"] * cd20 + strata + [None] * (screened - n)
    classes = [s if s in ("pola", "chemotherapy") else "targeted" for s in strata]
    adsl["noncart_class_code"] = [None] * cd20 + classes + [None] * (screened - n)
    is_cd20 = (adsl["group_code"] == "cd20").to_numpy()

    def flag(share, unknown=0.0):
        values = pd.array(draw.random(screened) < share, dtype="boolean")
        values[draw.random(screened) < unknown] = pd.NA
        return values.astype(object)

    def code(choices, shares, unknown=0.0):
        values = draw.choice(np.array(choices, dtype=object), p=shares, size=screened)
        values[draw.random(screened) < unknown] = None
        return values

    adsl["age_years"] = draw.normal(52, 13, screened).round().clip(18, 85)
    adsl["sex_code"] = code(["M", "F"], [0.56, 0.44])
    adsl["ecog_grade"] = draw.choice(5, p=[0.24, 0.32, 0.22, 0.15, 0.07], size=screened)
    adsl["is_ecog_ge3"] = (adsl["ecog_grade"] >= 3).astype(object)
    adsl["ipi_low"] = draw.integers(0, 5, screened)
    adsl["ipi_high"] = adsl["ipi_low"] + draw.integers(0, 2, screened)
    adsl["ipi_score"] = adsl["ipi_low"].where(adsl["ipi_low"] == adsl["ipi_high"]).astype("Int64")
    for column, share, unknown in (
        ("is_stage_ge3", 0.9, 0),
        ("is_ipi_ge3", 0.53, 0),
        ("is_ldh_gt_uln", 0.85, 0.09),
        ("is_extranodal_ge2", 0.4, 0.01),
        ("is_bulky", 0.38, 0.03),
        ("is_marrow_involved", 0.16, 0),
        ("is_cns_involved", 0.1, 0),
        ("is_double_triple_hit", 0.13, 0.24),
        ("is_tp53_mutated", 0.45, 0.1),
        ("is_prior_lines_ge3", 0.48, 0),
        ("has_prior_sct", 0.1, 0),
        ("has_prior_radiotherapy", 0.21, 0),
        ("is_failure_le_90d", 0.7, 0),
        ("has_rebiopsy", 0.53, 0),
    ):
        adsl[column] = flag(share, unknown)
    adsl["histology_code"] = code(["dlbcl_nos", "hgbl", "tfl", "bl"], [0.78, 0.11, 0.03, 0.08])
    adsl["coo_code"] = code(["gcb", "non_gcb"], [0.48, 0.52], 0.09)
    adsl["prior_cycles_count"] = draw.poisson(8, screened) + 2
    adsl["cd19_failure_type_code"] = code(["relapsed", "refractory"], [0.43, 0.57])
    best = code(["CR", "PR"], [0.33, 0.67])
    adsl["cd19_best_response_code"] = np.where(adsl["cd19_failure_type_code"] == "relapsed", best, "PD")
    adsl["time_to_cd19_failure_days"] = draw.gamma(2.2, 34, screened).round() + 14
    adsl["cd19_status_code"] = code(["positive", "negative"], [0.7, 0.3], 0.47)
    adsl["cd20_status_code"] = code(["positive", "negative"], [0.95, 0.05], 0.47)
    for column, low, high in (
        ("transduction_percent", 20, 70),
        ("viability_percent", 85, 99),
        ("cd20_expression_percent", 90, 100),
    ):
        adsl[column] = np.where(is_cd20, draw.uniform(low, high, screened).round(1), np.nan)
    adsl["dose_cells_per_kg"] = np.where(is_cd20, draw.lognormal(0.2, 0.9, screened) * 1e6, np.nan)
    adsl["cd19_dose_cells_per_kg"] = draw.lognormal(0.25, 0.6, screened) * 1e6
    adsl["is_cd19_below_target_dose"] = adsl["cd19_dose_cells_per_kg"] < 2e6
    adsl["has_cart_day_0_to_90"] = pd.Series(is_cd20).astype(object).where(adsl["inclfl"] == "Y", None)
    adsl["is_below_target_dose"] = (adsl["dose_cells_per_kg"] < 2e6).astype(object).where(is_cd20, None)
    adsl["has_bridging"] = flag(0.68)
    adsl.loc[~is_cd20, "has_bridging"] = None
    agents = code(["bcl2i", "btki", "bcl2i+btki", "bcl2i+lenalidomide", "xpo1i"], [0.4, 0.25, 0.2, 0.1, 0.05])
    adsl["bridging_classes"] = [a if b is True else None for a, b in zip(agents, adsl["has_bridging"], strict=True)]
    best = code(["CR", "PR", "SD", "PD"], [0.03, 0.17, 0.6, 0.2], 0.1)
    adsl["bridging_response_code"] = [a if b is True else None for a, b in zip(best, adsl["has_bridging"], strict=True)]
    adsl["lymphodepletion_code"] = np.where(
        is_cd20, code(["fludarabine", "bendamustine", "none"], [0.6, 0.31, 0.09]), None
    )
    adsl["cart_interval_days"] = np.where(is_cd20, draw.gamma(3, 50, screened).round() + 60, np.nan)
    adsl["has_corticosteroid"] = flag(0.24)
    response = code(["CR", "PR", "SD", "PD"], [0.2, 0.15, 0.2, 0.45])
    response[cd20] = None
    adsl["best_response_code"] = np.where(adsl["inclfl"] == "Y", response, None)
    rated = adsl["best_response_code"].notna()
    adsl["rspevlfl"] = np.where(rated, "Y", "N")
    adsl["is_responder"] = adsl["best_response_code"].isin(["CR", "PR"]).astype(object).where(rated, None)
    adsl["is_complete_responder"] = (adsl["best_response_code"] == "CR").astype(object).where(rated, None)
    adsl["crs_grade"] = draw.choice(5, p=[0.25, 0.4, 0.25, 0.08, 0.02], size=screened)
    adsl["icans_grade"] = draw.choice(5, p=[0.75, 0.12, 0.06, 0.05, 0.02], size=screened)
    adsl["is_cart_detectable"] = flag(0.83)
    detectable = adsl["is_cart_detectable"] == True  # noqa: E712
    adsl["cart_peak_10e6_per_l"] = np.where(detectable, draw.lognormal(2.1, 1.4, screened).round(2), np.nan)
    adsl["cart_tmax_days"] = np.where(detectable, draw.choice([7, 12, 13, 14, 15, 21], size=screened), np.nan)

    adtte = _times(adsl[adsl["inclfl"] == "Y"], draw)
    for column, paramcd in (("is_alive_at_cut", "OS"), ("is_ongoing_response", "PFS")):
        censored = set(adtte.loc[(adtte["paramcd"] == paramcd) & (adtte["cnsr"] > 0), "usubjid"])
        adsl[column] = adsl["usubjid"].isin(censored).astype(object)
    adsl["is_ongoing_response"] = adsl["is_ongoing_response"].where(adsl["is_responder"] == True, False)  # noqa: E712
    adsl["cd19_infusion_date"] = pd.Timestamp("2021-01-04") + pd.to_timedelta(draw.integers(0, 300, screened), "D")
    adsl["time_zero_date"] = (adsl["cd19_infusion_date"] + pd.Timedelta(days=150)).where(adsl["inclfl"] == "Y")
    funnel = _funnel(screened, n)
    adsl.loc[adsl["inclfl"] != "Y", "primary_criterion_id"] = np.repeat(
        funnel["criterion_id"], funnel["excluded_count"]
    ).to_numpy()
    add_intention(adsl, np.random.default_rng(seed))
    name_events(adtte, np.random.default_rng(seed))
    adtte = add_decision(adsl, adtte, np.random.default_rng(seed))
    return {
        "adsl": adsl,
        "adtte": adtte,
        "funnel": funnel,
        **_laboratory(adsl[is_cd20], draw),
        "adtr": _burden(adsl[adsl["inclfl"] == "Y"], np.random.default_rng(seed)),
        **toxicity(adsl, np.random.default_rng(seed)),
        **visits(adsl, adtte, np.random.default_rng(seed)),
    }


def _laboratory(infused, draw):
    """adck of both products and adcy of the second, a sample on each scheduled day."""
    kinetics, cytokines = [], []
    for patient in infused.itertuples():
        for anchor in ("cd19_infusion_date", "time_zero_date"):
            course = f"{patient.usubjid}:{getattr(patient, anchor):%Y-%m-%d}"
            counts = {day: draw.lognormal(2 - abs(day - 13) / 8, 1) for day in (3, 7, 14, 21, 28)}
            kinetics += [(patient.usubjid, "CARTCNT", course, day, value) for day, value in counts.items()]
            summary = {
                "CARTPEAK": max(counts.values()),
                "CARTTMAX": max(counts, key=counts.get),
                "CARTPERS": 28,
                "CARTDET": 1,
                "CARTAUC": 28 * np.mean(list(counts.values())),
            }
            kinetics += [(patient.usubjid, code, course, 0, value) for code, value in summary.items()]
        for code, level in (("IL6", 30), ("TNFA", 20), ("IL10", 10), ("FERRITN", 1500)):
            counts = {day: draw.lognormal(np.log(level), 0.8) for day in (0, 3, 7, 14, 28)}
            cytokines += [(patient.usubjid, code, course, day, value) for day, value in counts.items()]
            cytokines.append((patient.usubjid, f"{code[:4]}PK", course, 0, max(counts.values())))
            cytokines.append((patient.usubjid, f"{code[:4]}PKD", course, 0, max(counts, key=counts.get)))
    columns = ["usubjid", "paramcd", "course_id", "days_since_infusion", "aval"]
    return {"adck": pd.DataFrame(kinetics, columns=columns), "adcy": pd.DataFrame(cytokines, columns=columns)}


def _burden(patients, draw):
    """adtr: a baseline and studies every second month that drift towards the best response; some unmeasured."""
    aim = {"CR": -97, "PR": -70, "SD": -20, "PD": 60}
    rows = []
    for patient in patients.itertuples():
        if draw.random() < 0.1:
            continue
        course = [(-10, 0.0)]
        course += [
            (60 * visit, max(-100.0, aim.get(patient.best_response_code, 0) + draw.normal(0, 20)))
            for visit in range(1, 2 + draw.integers(0, 5))
        ]
        low = min(course[1:], key=lambda point: point[1])
        rows += [(patient.usubjid, "SPD", day, change, "Y") for day, change in course]
        rows.append((patient.usubjid, "SPDLOW", *low, "Y"))
    return pd.DataFrame(rows, columns=["usubjid", "paramcd", "days_since_time_zero", "pchg", "anl01fl"])


def _times(patients, draw):
    rows = []
    for patient in patients.itertuples():
        scale = {"cd20": 260, "noncart": 110}[patient.group_code] * (4 if patient.is_responder else 1)
        death, progression = draw.exponential(scale) + 5, draw.exponential(scale * 0.6) + 5
        follow_up = draw.uniform(95, 950)
        for paramcd, day in (("OS", death), ("PFS", min(death, progression)), ("PFSA", min(death, progression))):
            days = int(min(day, follow_up))
            rows.append((patient.usubjid, paramcd, days + 1, days, int(day > follow_up)))
        if patient.is_responder:
            days = max(int(min(death, progression, follow_up)) - 30, 0)
            rows.append((patient.usubjid, "DOR", days + 1, days, int(min(death, progression) > follow_up)))
    times = pd.DataFrame(rows, columns=["usubjid", "paramcd", "aval", "duration_days", "cnsr"])
    return times.assign(param=times["paramcd"].map(ENDPOINT_NAMES))


def _funnel(screened, included):
    labels = [
        ("cd19_product", "CD19 product of the study"),
        ("cd19_failed", "Failure of CD19 CAR-T"),
        ("window", "Inside the study window"),
        ("age", "Adult at failure"),
        ("histology", "Histology of the study"),
        ("prior_lines", "Two or more prior lines"),
        ("no_concurrent_drug", "No other drug with CD19 CAR-T"),
        ("treated_after_failure", "Treatment after failure"),
        ("compared_therapy", "Therapy of a compared group"),
    ]
    shares = np.diff(np.linspace(0, screened - included, len(labels) + 1).round().astype(int))
    remaining = screened - np.cumsum(shares)
    return pd.DataFrame(
        {
            "seq": range(1, len(labels) + 1),
            "criterion_id": [c for c, _ in labels],
            "label": [w for _, w in labels],
            "excluded_count": shares,
            "remaining_count": remaining,
        }
    )
