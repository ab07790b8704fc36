"""The whole plan on cohorts that no study hopes for, made from the tables of a night: flagged, never a crash."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from houses import House

from orchestration.statistics import read_datasets, records
from warehouse.connect import open_release

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]
Datasets = dict[str, Any]
IDENTITY = ["usubjid", "inclfl", "rspevlfl", "failfl", "ittfl"]
GROUPS = ["group_code", "itt_group_code", "stratum_code", "noncart_class_code"]


def only(data: Datasets, keep: Any) -> Datasets:
    """The patients of adsl for which `keep` holds, in every table that has patients."""
    ids = set(data["adsl"].loc[keep, "usubjid"])
    return {n: t[t["usubjid"].isin(ids)] if "usubjid" in t else t for n, t in data.items()}


def nobody(data: Datasets) -> Datasets:
    return only(data, data["adsl"]["usubjid"].isna())


def without(group: str) -> Callable[[Datasets], Datasets]:
    return lambda data: only(data, data["adsl"]["group_code"].ne(group) & data["adsl"]["itt_group_code"].ne(group))


def one_patient(data: Datasets) -> Datasets:
    adsl = data["adsl"]
    return only(data, adsl["usubjid"] == adsl.loc[adsl["group_code"] == "cd20", "usubjid"].iloc[0])


def one_patient_a_group(data: Datasets) -> Datasets:
    adsl = data["adsl"]
    return only(data, adsl["usubjid"].isin(adsl.dropna(subset="group_code").groupby("group_code")["usubjid"].first()))


def no_events(data: Datasets) -> Datasets:
    return {**data, "adtte": data["adtte"].assign(cnsr=1)}


def no_events_in_a_level(data: Datasets) -> Datasets:
    """Nobody with CNS involvement, and no responder, has an event: every model that holds these is separated."""
    adsl, adtte = data["adsl"], data["adtte"].copy()
    spared = adsl.loc[adsl["is_cns_involved"].eq(True) | adsl["is_responder"].eq(True), "usubjid"]
    adtte.loc[adtte["usubjid"].isin(spared), "cnsr"] = 1
    return {**data, "adtte": adtte}


def everything_on_one_day(data: Datasets) -> Datasets:
    return {**data, "adtte": data["adtte"].assign(duration_days=100, aval=101.0, cnsr=0)}


def all_unknown(data: Datasets) -> Datasets:
    adsl = data["adsl"].copy()
    for column in adsl.columns.difference(IDENTITY + GROUPS):
        adsl[column] = adsl[column].where(False)  # the type stays
    return {**data, "adsl": adsl}


def all_alike(data: Datasets) -> Datasets:
    """Every covariate constant."""
    adsl = data["adsl"].copy()
    for column in adsl.columns.difference(IDENTITY + GROUPS):
        known = adsl[column].dropna()
        adsl[column] = known.iloc[0] if len(known) else adsl[column]
    return {**data, "adsl": adsl}


POOR = {
    "nobody": nobody,
    "no cd20 group": without("cd20"),
    "no noncart group": without("noncart"),
    "one patient": one_patient,
    "one patient a group": one_patient_a_group,
    "no events": no_events,
    "no events in a level": no_events_in_a_level,
    "everything on one day": everything_on_one_day,
    "all unknown": all_unknown,
    "all alike": all_alike,
}


@pytest.fixture(scope="module")
def night(house: House) -> tuple[Datasets, dict[str, list[dict]]]:
    """Tonight's datasets, and the plan as the night read it."""
    with open_release(house.settings.current_db) as con:
        plan = {name: records(con, f"study.{name}") for name in ("population", "analysis", "output")}
        return read_datasets(con, plan["analysis"]), plan


@pytest.mark.parametrize("cohort", POOR)
def test_a_poor_cohort_is_flagged_and_never_crashes(night, cohort: str) -> None:
    from analysis.figures import draw
    from analysis.report import render
    from analysis.run import compute

    datasets, plan = night
    results = compute(POOR[cohort](datasets), plan["population"], plan["analysis"], resampling="none")
    ard = results["ard"]
    unexplained = ard[ard["value"].isna() & ard["flag"].isna()]
    assert unexplained.empty, unexplained[["analysis_id", "group_level", "variable", "statistic"]].to_string()
    wild = ard[(ard["statistic"] == "hr") & ard["flag"].isna() & ~ard["value"].between(math.exp(-8), math.exp(8))]
    assert wild.empty, wild[["analysis_id", "variable", "value"]].to_string()
    page = render(results, plan["output"], {}, draw(results, plan["output"]))
    assert b"</html>" in page
