"""Adjusted comparisons on data small enough for a hand calculation, and what becomes of data that cannot answer."""

import math

import numpy as np
import pytest

from cartwright.analysis.methods.sensitivity.resample import Bootstrap
from cartwright.analysis.plan.definition import PlanError
from cartwright.analysis.plan.resampling import at_night, sized
from cartwright.analysis.plan.run import compute
from tiny import groups, patients, run, times

ARMS = {"group_by": "arm", "group_levels": groups("a", "b")}
X = [{"column": "x", "label": "X", "type": "continuous"}]
COX = {"time": "duration_days", "ties": "efron"}
DRAWN = {**COX, "resamples": 0, "seed": 1}
OVERLAP = {**DRAWN, "estimand": "ato", "truncate": 0}
# Three in four of arm a have x = 1, one in four of arm b; only x decides how long a patient lives.
CONFOUNDED = {"arm": list("aaaabbbb"), "x": [1, 1, 1, 0, 1, 0, 0, 0]}
BY_X = times([20, 20, 20, 10, 20, 10, 10, 10], [1] * 8)


def test_with_delayed_entry_a_patient_counts_only_from_entry_on():
    # Deaths on days 3, 8, 9, 12. Who enters later is not at risk: e / ((2e + 1)(1 + e)) is greatest at e = 1 / sqrt(2).
    adtte = times([8, 3, 9, 12], [1, 1, 1, 1]).assign(entry_days=[4, 0, 0, 5])
    options = {**COX, "entry": "entry_days"}
    rows = run("hr_cox", patients(arm=list("abba")), adtte, endpoint="OS", options=options, **ARMS)
    assert rows.value("hr") == pytest.approx(1 / math.sqrt(2), abs=1e-9)


def test_who_never_comes_under_observation_is_left_out():
    adtte = times([8, 3, 9, 12, 7, 7], [1] * 6).assign(entry_days=[4, 0, 0, 5, 7, None])
    rows = run(
        "hr_cox", patients(arm=list("abbaab")), adtte, endpoint="OS", options={**COX, "entry": "entry_days"}, **ARMS
    )
    assert rows.one("hr")["n"] == 4


def test_an_entry_column_that_nobody_publishes_is_a_mistake_of_the_plan():
    with pytest.raises(PlanError, match="no column entry_days"):
        run(
            "hr_cox",
            patients(arm=["a", "b"]),
            times([1, 2], [1, 1]),
            endpoint="OS",
            options={**COX, "entry": "entry_days"},
            **ARMS,
        )


def test_overlap_weights_balance_exactly_and_remove_the_confounding():
    rows = run("weighted", patients(**CONFOUNDED), BY_X, endpoint="OS", variables=X, options=OVERLAP, **ARMS)
    assert rows.value("smd_before", variable="x") > 1
    assert rows.value("smd_after", variable="x") == pytest.approx(0, abs=1e-6)
    assert rows.value("hr") == pytest.approx(1, abs=1e-6)


def test_effective_sample_size_is_that_of_the_weights():
    # Propensities 3/4 and 1/4: weights 1/4, 1/4, 1/4, 3/4, so (3/2)^2 / (3/16 + 9/16) = 3 of 4.
    rows = run("weighted", patients(**CONFOUNDED), BY_X, endpoint="OS", variables=X, options=OVERLAP, **ARMS)
    assert rows.value("ess", group_level="a") == pytest.approx(3, abs=1e-5)
    assert rows.value("n", group_level="a") == 4


def test_incomplete_cases_leave_the_weighting_and_are_counted():
    adsl = patients(arm=[*CONFOUNDED["arm"], "a", "b"], x=[*CONFOUNDED["x"], None, None])
    adtte = times([20, 20, 20, 10, 20, 10, 10, 10, 5, 5], [1] * 10)
    rows = run("weighted", adsl, adtte, endpoint="OS", variables=X, options=OVERLAP, **ARMS)
    assert rows.value("unknown") == 2
    assert rows.one("hr")["n"] == 8


@pytest.mark.parametrize("arm", [list("aaaa"), list("bbbb")])
@pytest.mark.parametrize("kind", ["weighted", "standardised"])
def test_an_empty_group_is_not_estimable(kind, arm):
    options = {**OVERLAP, "landmarks_months": [6], "month_days": "365/12"}
    adtte = times([5, 6, 7, 8], [1] * 4)
    rows = run(kind, patients(arm=arm, x=[0, 1, 0, 1]), adtte, endpoint="OS", variables=X, options=options, **ARMS)
    assert rows.is_not_estimable("hr" if kind == "weighted" else "not_computable")


def test_bootstrap_limits_are_seeded_and_surround_the_estimate():
    draw = np.random.default_rng(5)
    adsl = patients(arm=["a", "b"] * 20, x=list(draw.normal(size=40)))
    adtte = times(list(draw.integers(1, 300, 40)), [1] * 40)
    options = {**OVERLAP, "resamples": 20}
    first, second = (
        run("weighted", adsl, adtte, endpoint="OS", variables=X, options=options, **ARMS).one("hr_bootstrap")
        for _ in range(2)
    )
    assert first["ci_low"] < first["value"] < first["ci_high"]
    assert first["ci_low"] == second["ci_low"]
    assert "bootstrap 20" in first["method"]


def test_normal_limits_need_the_standard_deviation_of_the_replicates_only():
    low, high, error = Bootstrap(np.array([[1.0], [2.0], [3.0]]), failed=0, seed=1).normal_limits(np.array([2.0]))
    assert (low[0], high[0]) == pytest.approx((2 - 1.959964, 2 + 1.959964), abs=1e-6)
    assert error[0] == pytest.approx(1.959964 / 2, abs=1e-6)  # of a standard deviation from 3: 1 / sqrt(2 (3 - 1))


def test_standardised_survival_is_equal_when_only_the_covariate_matters():
    adsl = patients(arm=list("aabb") * 4, x=[0, 1, 0, 1] * 4)
    adtte = times([30, 300, 30, 300] * 3 + [400, 500, 400, 500], [1] * 16)
    options = {**DRAWN, "landmarks_months": [6, 60], "month_days": "365/12"}
    rows = run("standardised", adsl, adtte, endpoint="OS", variables=X, options=options, **ARMS)
    assert rows.value("survival_difference", variable_level="6") == pytest.approx(0, abs=1e-9)
    assert 0 < rows.value("survival", group_level="a", variable_level="6") < 1
    assert rows.is_not_estimable("survival_difference", variable_level="60")
    assert set(rows.results["curve"]["group_level"]) == {"a", "b"}


def _strategies(adsl, adtte, grace):
    variables = [{"column": "day", "label": "Day", "type": "continuous"}, *X]
    return run("clone", adsl, adtte, endpoint="OS", variables=variables, options={**DRAWN, "grace_days": grace}, **ARMS)


def test_patients_who_start_within_grace_are_counted_on_its_last_day_too():
    adsl = patients(arm=["a"] * 6, x=[0, 1, 0, 1, 0, 1], day=[10, 30, 31, None, None, None])
    rows = _strategies(adsl, times([90, 80, 70, 60, 50, 40], [1] * 6), 30)
    assert rows.value("started", group_level="a") == 2


def test_a_strategy_that_nobody_follows_is_not_estimable():
    adsl = patients(arm=["a"] * 4, x=[0, 1, 0, 1], day=[None, None, None, None])
    assert _strategies(adsl, times([90, 80, 70, 60], [1] * 4), 30).is_not_estimable("hr")


def test_e_values_follow_from_a_ratio_computed_before():
    # VanderWeele & Ding: RR = (1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1/HR)), inverted below 1; E = RR + sqrt(RR (RR - 1)).
    common = {"output_id": "s.o", "population": "everybody", "title": "A"}
    plan = [
        {**common, "analysis_id": "ratio", "seq": 1, "kind": "hr_cox", "endpoint": "OS", "options": COX, **ARMS},
        {
            **common,
            "analysis_id": "e",
            "seq": 2,
            "kind": "evalue",
            "options": {"is_common": True, "sources": ["ratio"], "labels": {"ratio": "OS"}},
        },
    ]
    everybody = [{"population": "everybody", "column_name": "usubjid", "operator": "known", "value": None}]
    data = {"adsl": patients(arm=list("abba")), "adtte": times([8, 3, 9, 12], [1] * 4).assign(entry_days=[4, 0, 0, 5])}
    plan[0]["options"] = {**COX, "entry": "entry_days"}
    ard = compute(data, everybody, plan)["ard"].set_index(["analysis_id", "statistic"])["value"]
    hr = 1 / math.sqrt(2)
    rr = (1 - 0.5 ** math.sqrt(1 / hr)) / (1 - 0.5 ** math.sqrt(hr))
    assert ard["e", "evalue"] == pytest.approx(rr + math.sqrt(rr * (rr - 1)), abs=1e-6)
    assert ard["e", "evalue_limit"] == 1  # four patients: the interval holds 1
    with pytest.raises(PlanError, match="no earlier analysis ratio"):
        compute(data, everybody, plan[1:])


def test_a_declared_table_needs_a_cell_a_column():
    options = {"columns": ["Component", "Trial"], "rows": [["Eligibility", "Adults"], ["Outcome"]]}
    with pytest.raises(PlanError, match="every row needs 2 cells"):
        run("declared", patients(x=[1]), options=options)


def test_a_run_draws_as_much_as_its_size_says():
    row = {"analysis_id": "a", "options": {"resamples": 50, "full_resamples": 2000, "seed": 1}}
    assert sized(row, "night") is row
    assert sized(row, "full")["options"]["resamples"] == 2000
    assert sized(row, "none")["options"]["resamples"] == 0
    assert sized({"options": '{"imputations": 5}'}, "none") is None
    assert sized({"options": None}, "none") == {"options": None}


def test_at_night_many_patients_need_fewer_draws():
    """The error of a limit by dice goes with 1 / sqrt(patients * draws): it stays that of 500 patients, as planned."""
    row = {"analysis_id": "a", "options": {"resamples": 100, "full_resamples": 2000}}
    drawn = {n: at_night(row, "night", n)["options"]["resamples"] for n in (93, 500, 501, 1000, 2000, 2500, 100_000)}
    assert drawn == {93: 100, 500: 100, 501: 100, 1000: 50, 2000: 25, 2500: 20, 100_000: 20}
    assert at_night(row, "full", 100_000) is row
    assert at_night({"options": '{"resamples": 0}'}, "night", 100_000) == {"options": '{"resamples": 0}'}
    assert at_night({"options": '{"resamples": 50}'}, "night", 1000) == {"options": '{"resamples": 25}'}


def test_a_night_draws_by_the_population_of_the_analysis():
    draw = np.random.default_rng(5)
    for many, draws in ((40, 60), (1200, 25)):
        adsl = patients(arm=list("ab") * (many // 2), x=list(draw.normal(size=many)))
        days = times(list(draw.integers(1, 300, many)), [1] * many)
        found = run("weighted", adsl, days, endpoint="OS", variables=X, options={**OVERLAP, "resamples": 60}, **ARMS)
        assert found.one("hr_bootstrap")["draws"] == draws
