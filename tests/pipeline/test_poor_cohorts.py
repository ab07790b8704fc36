"""The whole plan on cohorts that no study hopes for, made from the tables of a night: flagged, never a crash.

Empty groups, and what the page makes of them, are tried on invented data in tests/report.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from cartwright.analysis.methods.estimate import NOT_ESTIMABLE
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.release.reading import read_datasets, records
from houses import House

pytestmark = pytest.mark.slow
Datasets = dict[str, Any]
IDENTITY = ["usubjid", "inclfl", "rspevlfl", "failfl", "ittfl"]
GROUPS = ["group_code", "itt_group_code", "stratum_code", "noncart_class_code"]


def one_patient_a_group(data: Datasets) -> Datasets:
    """In every table that has patients."""
    ids = data["adsl"].groupby("group_code")["usubjid"].first()
    return {n: table[table["usubjid"].isin(ids)] if "usubjid" in table else table for n, table in data.items()}


def no_events_in_a_level(data: Datasets) -> Datasets:
    """Nobody with CNS involvement, and no responder, has an event: every model that holds these is separated."""
    adsl, adtte = data["adsl"], data["adtte"].copy()
    spared = adsl.loc[adsl["is_cns_involved"].eq(True) | adsl["is_responder"].eq(True), "usubjid"]
    adtte.loc[adtte["usubjid"].isin(spared), "cnsr"] = 1
    return {**data, "adtte": adtte}


def everything_on_one_day(data: Datasets) -> Datasets:
    """Deaths, progressions and censorings alike."""
    return {**data, "adtte": data["adtte"].assign(duration_days=100, aval=101.0)}


def all_unknown(data: Datasets) -> Datasets:
    adsl = data["adsl"].copy()
    for column in adsl.columns.difference(IDENTITY + GROUPS):
        adsl[column] = adsl[column].where(adsl["usubjid"].isna())  # the type stays
    return {**data, "adsl": adsl}


POOR = (one_patient_a_group, no_events_in_a_level, everything_on_one_day, all_unknown)


@pytest.fixture(scope="module")
def night(house: House) -> tuple[Datasets, dict[str, list[dict]]]:
    """Tonight's datasets, and the plan as the night read it."""
    with open_release(house.place.current_db) as con:
        plan = {name: records(con, f"study.{name}") for name in ("population", "analysis")}
        return read_datasets(con, plan["analysis"]), plan


@pytest.mark.parametrize("spoil", POOR)
def test_a_poor_cohort_is_flagged_and_never_crashes(night, spoil: Callable[[Datasets], Datasets]) -> None:
    from cartwright.analysis.plan.run import compute

    datasets, plan = night
    ard = compute(spoil(datasets), plan["population"], plan["analysis"], resampling="none")["ard"]
    unexplained = ard[ard["value"].isna() & ard["flag"].isna() & ard["value_txt"].isin([None, NOT_ESTIMABLE])]
    assert unexplained.empty, unexplained[["analysis_id", "group_level", "variable", "statistic"]].to_string()
    ratio = ard[ard["statistic"].isin(["hr", "or"]) & ard["flag"].isna()]
    wild = ratio[~ratio["value"].between(math.exp(-8), math.exp(8))]
    assert wild.empty, wild[["analysis_id", "variable", "value"]].to_string()
