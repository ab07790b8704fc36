"""The headline is asked again of lifelines, and a difference is seen."""

import math

import pytest

from cartwright.analysis.plan import second_opinion
from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import population_ids, resolve
from tiny import EVERYBODY, groups, patients, run, times

DAYS, EVENTS = [9, 13, 18, 23, 31, 34, 5, 8, 12, 27, 30, 33], [1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1]
GROUPS = {"group_by": "arm", "group_levels": groups("a", "b")}
KM = {"time": "duration_days", "conf_type": "log", "rule": "r", "month_days": 30, "headline": True}


def adsl():
    return patients(arm=["a"] * 6 + ["b"] * 6)


def opinions(kind, adtte=None, **options):
    shape = {} if kind == "km" else GROUPS
    adtte = times(DAYS, EVENTS) if adtte is None else adtte
    found = run(kind, adsl(), adtte, endpoint="OS", options=options, **shape)
    return found.results["second_opinion"]


def test_both_programs_give_one_curve():
    row = opinions("km", **KM).iloc[0]
    assert (row["statistic"], row["is_agreed"]) == ("survival", True)
    assert row["second_value"] == pytest.approx(row["value"], abs=1e-12)


def test_both_programs_give_one_test():
    row = opinions("logrank", time="duration_days", headline=True).iloc[0]
    assert (row["statistic"], row["is_agreed"]) == ("chi_square", True)


def test_both_programs_give_one_ratio():
    row = opinions("hr_cox", time="duration_days", ties="efron", headline=True).iloc[0]
    assert (row["statistic"], row["is_agreed"]) == ("log_hr", True)


def test_lifelines_is_asked_for_the_top_of_the_likelihood_and_not_for_a_place_near_it():
    """With few in one group it stopped too early by itself, and a right ratio was not published."""
    days = [(23 * n) % 241 + (201 if n < 10 else 1) for n in range(120)]
    arms = patients(arm=["a"] * 10 + ["b"] * 110)
    options = {"time": "duration_days", "ties": "efron", "headline": True}
    found = run("hr_cox", arms, times(days, [1] * 120), endpoint="OS", options=options, **GROUPS)
    row = found.results["second_opinion"].iloc[0]
    assert row["second_value"] == pytest.approx(row["value"], abs=1e-5)


def test_only_the_headline_is_asked():
    assert opinions("logrank", time="duration_days").empty


@pytest.mark.parametrize(
    ("kind", "options"),
    [("hr_cox", {"time": "duration_days", "ties": "breslow"}), ("km", {**KM, "reverse": True})],
)
def test_what_lifelines_computes_otherwise_is_not_asked(kind, options):
    row = opinions(kind, **{**options, "headline": True}).iloc[0]
    assert row["statistic"] == "not asked"
    assert math.isnan(row["second_value"])


def test_a_ratio_that_runs_away_is_not_asked():
    apart = times([1, 2, 3, 4, 5, 6, 20, 21, 22, 23, 24, 25], [1] * 6 + [0] * 6)
    row = opinions("hr_cox", apart, time="duration_days", ties="efron", headline=True).iloc[0]
    assert row["statistic"] == "not asked"


@pytest.mark.parametrize(
    ("kind", "statistic", "options"),
    [
        ("km", "survival", KM),
        ("logrank", "chi_square", {"time": "duration_days", "headline": True}),
        ("hr_cox", "hr", {"time": "duration_days", "ties": "efron", "headline": True}),
    ],
)
def test_a_number_that_was_moved_is_seen(kind, statistic, options):
    """A millionth of a survival probability or test, a thousandth of a hazard ratio."""
    shape = {} if kind == "km" else GROUPS
    row = {"analysis_id": "a", "output_id": "o", "kind": kind, "title": "T", "population": "everybody", **shape}
    datasets = {"adsl": adsl(), "adtte": times(DAYS, EVENTS)}
    members = {"everybody": population_ids(datasets["adsl"], [EVERYBODY])}
    analysis = resolve({**row, "endpoint": "OS", "options": options}, datasets, members, lambda _: datasets["adsl"])
    found = run(kind, **datasets, endpoint="OS", options=options, **shape)
    collect = Collector()
    for table in ("ard", "curve"):
        collect.rows[table] = found.results[table].to_dict("records")
    for moved in collect.rows["curve" if kind == "km" else "ard"]:
        if kind == "km":
            moved["survival"] += 1e-6
        elif moved["statistic"] == statistic:
            moved["value"] *= 1.001 if statistic == "hr" else 1 + 1e-6
    second_opinion.ask(analysis, collect)
    assert [row["is_agreed"] for row in collect.rows["second_opinion"]] == [False]
