"""The 86 screened patients of a study who are not included: every exclusion reason of the protocol, by scenario.

Each starts as a patient who would be included; the scenario then breaks exactly one criterion (later ones may fail as
a consequence; the first failed one is the primary reason).
"""

from __future__ import annotations

from random import Random
from typing import Any

from cartwright.simulator.covariates import covariates, place
from cartwright.simulator.days import DATA_CUT, ENROL_FROM, ENROL_TO, day
from cartwright.simulator.draw import deal
from cartwright.simulator.vocabulary import INDEX_REGIMENS

Row = dict[str, Any]

# scenario -> (patients in a study, criterion that fails first, its status)
SCENARIOS: dict[str, tuple[int, str, str]] = {
    "product_humanised": (5, "cd19_product", "not_met"),
    "product_cd28": (4, "cd19_product", "not_met"),
    "product_unknown": (1, "cd19_product", "unknown"),
    "sustained_remission": (21, "cd19_failed", "not_met"),
    "stable_untreated": (2, "cd19_failed", "not_met"),
    "cd19_not_evaluable": (2, "cd19_failed", "unknown"),
    "cd19_not_assessed": (3, "cd19_failed", "unknown"),
    "failure_too_early": (8, "window", "not_met"),
    "time_zero_too_late": (5, "window", "not_met"),
    "time_zero_unknown": (1, "window", "unknown"),
    "minor": (2, "age", "not_met"),
    "birth_unknown": (1, "age", "unknown"),
    "histology_pmbcl": (3, "histology", "not_met"),
    "histology_mcl": (1, "histology", "not_met"),
    "histology_fl": (1, "histology", "not_met"),
    "histology_unknown": (1, "histology", "unknown"),
    "one_prior_line": (4, "prior_lines", "not_met"),
    "concurrent_new": (3, "no_concurrent_drug", "not_met"),
    "concurrent_running": (1, "no_concurrent_drug", "not_met"),
    "untreated": (3, "treated_after_failure", "not_met"),
    "died_awaiting_cells": (2, "treated_after_failure", "not_met"),
    "steroids_alone": (2, "treated_after_failure", "not_met"),
    "dose_not_given": (1, "treated_after_failure", "not_met"),
    "radiotherapy_alone": (2, "compared_therapy", "not_met"),
    "transplant_alone": (1, "compared_therapy", "not_met"),
    "cart22": (2, "compared_therapy", "not_met"),
    "cart19_again": (1, "compared_therapy", "not_met"),
    "trial_drug": (1, "compared_therapy", "not_met"),
    "cd20_not_made": (1, "compared_therapy", "not_met"),
    "cd20_out_of_specification": (1, "compared_therapy", "not_met"),
}
COUNT = sum(count for count, _, _ in SCENARIOS.values())

_PRODUCT = {"humanised": "CART19-H41BB", "cd28": "CART19-M28", "unknown": "CART19-EXT"}
_UNTREATED = ("untreated", "died_awaiting_cells", "steroids_alone", "dose_not_given")
_NOT_INFUSED = ("cd20_not_made", "cd20_out_of_specification")
_OUTSIDE = ("radiotherapy_alone", "transplant_alone", "cart22", "cart19_again", "trial_drug", *_NOT_INFUSED)
_DIED_WAITING_DAYS = range(19, 26)  # days from the order to a death with the cells ready or nearly so


def plan_excluded(rng: Random) -> list[Row]:
    """One row for each excluded patient."""
    bases = covariates(rng, "cd20", 54) + covariates(rng, "noncart", 39)
    rng.shuffle(bases)
    scenarios = deal(rng, {name: count for name, (count, _, _) in SCENARIOS.items()})
    return [_plan_one(rng, row, scenario) for row, scenario in zip(bases, scenarios, strict=False)]


def _plan_one(rng: Random, row: Row, scenario: str) -> Row:
    row.update(role="excluded", scenario=scenario, cd19_failure_kind="imaging", crs_grade=rng.choice((0, 0, 1, 1, 2)))
    row.update(
        icans_grade=0, has_corticosteroid=False, best_response_code="", pd_kind="none", is_bulky=bool(row["is_bulky"])
    )
    failure = rng.randint(ENROL_FROM + 5, ENROL_TO - 60)
    if scenario == "failure_too_early":
        failure = ENROL_FROM - rng.randrange(20, 120)
    elif scenario == "time_zero_too_late":
        failure = rng.randint(day("2022-05-20"), day("2022-06-20"))
    time_zero = failure + rng.randrange(5, 28)
    if scenario == "time_zero_too_late":
        time_zero = max(time_zero, ENROL_TO + 1)
    elif scenario == "time_zero_unknown":
        time_zero = failure + 40
    place(rng, row, time_zero, failure)
    _outcome(rng, row)
    _therapy(rng, row, scenario)
    _break(rng, row, scenario)
    return row


def _outcome(rng: Random, row: Row) -> None:
    """Most die within months; what would happen after the data cut may happen then, and must not count."""
    time_zero = row["time_zero_date"]
    progressed = time_zero + rng.randrange(20, 110)
    death = progressed + rng.randrange(12, 150)
    if rng.random() < 0.3 or death > DATA_CUT + 10:
        row["last_contact_date"] = min(DATA_CUT - rng.randrange(0, 20), time_zero + rng.randrange(60, 500))
    else:
        row["death_date"], row["last_contact_date"] = death, death
    row["best_response_code"] = "PD"
    if progressed <= row["last_contact_date"] or progressed > DATA_CUT:
        row["pd_kind"], row["pd_date"] = "imaging", progressed


def _therapy(rng: Random, row: Row, scenario: str) -> None:
    row["stratum_code"] = rng.choice(tuple(INDEX_REGIMENS))
    row["regimen"] = rng.choice(INDEX_REGIMENS[row["stratum_code"]])
    if scenario in _UNTREATED or scenario in _OUTSIDE:
        row["stratum_code"] = row["regimen"] = None
    if scenario in _NOT_INFUSED:
        row["order_date"] = row["cd19_failure_date"] + 1
        row["bridging_start_date"], row["bridging_classes"] = row["order_date"] + 2, "bcl2i"
    if scenario in _UNTREATED:
        row["time_zero_date"], row["pd_kind"], row["pd_date"], row["best_response_code"] = None, "none", None, ""
    if scenario == "died_awaiting_cells":
        row["order_date"] = row["cd19_failure_date"] + 1
        # spread by the day of the order: a draw here would shift those of every later patient
        waited = _DIED_WAITING_DAYS[row["order_date"] % len(_DIED_WAITING_DAYS)]
        row["death_date"] = row["last_contact_date"] = row["order_date"] + waited


def _break(rng: Random, row: Row, scenario: str) -> None:
    if scenario.startswith("product_"):
        row["cd19_product_code"] = _PRODUCT[scenario.removeprefix("product_")]
    elif scenario.startswith("histology_"):
        code = scenario.removeprefix("histology_")
        row["histology_code"] = None if code == "unknown" else code
        row["cd19_status_code"] = row["cd20_expression_percent"] = None
    elif scenario == "minor":
        row["birth_date"] = row["cd19_failure_date"] - round(365.25 * rng.uniform(14, 17.6))
    elif scenario == "birth_unknown":
        row["birth_date"] = None
    elif scenario == "one_prior_line":
        row["prior_lines_count"], row["prior_cycles_count"] = 1, min(row["prior_cycles_count"], 6)
    elif scenario == "cart19_again":
        row["cd19_first_infusion_date"] = None
    elif scenario in ("sustained_remission", "stable_untreated", "cd19_not_evaluable", "cd19_not_assessed"):
        _no_failure(rng, row, scenario)


def _no_failure(rng: Random, row: Row, scenario: str) -> None:
    """Nothing that the rules call failure: no failure date; whatever therapy follows is not salvage."""
    infusion = row["cd19_infusion_date"]
    for name in ("cd19_failure_date", "time_zero_date", "stratum_code", "regimen", "pd_date", "death_date"):
        row[name] = None
    row["cd19_failure_kind"], row["pd_kind"], row["best_response_code"] = "none", "none", ""
    row["cd19_status_code"] = row["cd20_expression_percent"] = None
    if scenario == "sustained_remission":
        infusion = rng.randint(day("2019-08-01"), DATA_CUT - 150)
        shift = infusion - row["cd19_infusion_date"]
        for name in ("cd19_infusion_date", "birth_date", "diagnosis_date"):
            row[name] += shift
        row["cd19_best_response_code"] = rng.choice(("CR", "CR", "PR"))
        row["last_contact_date"] = DATA_CUT - rng.randrange(0, 40)
    elif scenario == "stable_untreated":
        row["cd19_best_response_code"] = "SD"
        row["death_date"] = row["last_contact_date"] = infusion + rng.randrange(75, 150)
    elif scenario == "cd19_not_evaluable":
        row["cd19_best_response_code"] = "NE"
        row["death_date"] = row["last_contact_date"] = infusion + rng.randrange(80, 120)
    else:
        row["cd19_best_response_code"] = ""
        row["death_date"] = row["last_contact_date"] = infusion + rng.randrange(12, 24)
