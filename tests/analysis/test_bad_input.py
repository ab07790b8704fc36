"""Impossible input raises an error that names the column; what cannot be estimated comes back flagged, never silent."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cartwright.analysis.methods.compare import (
    contingency_test,
    proportion,
    proportion_difference,
    sample_test,
    standardised_difference,
    summarise,
)
from cartwright.analysis.methods.cox import concordance, cox, ph_test, profile_limits
from cartwright.analysis.methods.cox.hazard import predicted_survival
from cartwright.analysis.methods.estimate import Estimate, UnusableData
from cartwright.analysis.methods.logistic import logistic
from cartwright.analysis.methods.sensitivity import clone_censor_weight, impute, propensity_weights
from cartwright.analysis.methods.survival import (
    cumulative_incidence,
    gray_test,
    hazard_ratio_mantel_haenszel,
    hazard_ratio_oe,
    incidence_at,
    kaplan_meier,
    kaplan_meier_from_counts,
    logrank,
    logrank_from_counts,
    logrank_trend,
    quantile,
    rmst,
    survival_at,
    turnbull,
)


@pytest.fixture
def table():
    rng = np.random.default_rng(3)
    n = 60
    return pd.DataFrame(
        {
            "duration": rng.exponential(200, n).round() + 1,
            "event": rng.random(n) < 0.7,
            "age": rng.normal(60, 10, n),
            "arm": np.repeat([0, 1], n // 2),
            "site": rng.choice(["a", "b", "c"], n),
            "subject": np.arange(n),
        }
    )


@pytest.mark.parametrize(
    ("durations", "events", "message"),
    [
        ([1, -2, 3], [1, 1, 0], "negative"),
        ([1, np.nan, 3], [1, 1, 0], "missing"),
        ([1, 2], [1, 2], "0 or 1"),
        ([], [], "no rows"),
        ([1, 2], [1], "rows"),
        (["a", 2], [1, 1], "numbers"),
        ([1, np.inf], [1, 0], "infinite"),
    ],
)
def test_curves_refuse_impossible_times_and_events(durations, events, message):
    with pytest.raises(UnusableData, match=message):
        kaplan_meier(durations, events)


def test_entry_must_come_before_time():
    with pytest.raises(UnusableData, match="enter before"):
        kaplan_meier([3, 4], [1, 1], entry=[0, 4])


@pytest.mark.parametrize(
    ("weights", "message"), [([0, 0], "all are zero"), ([1, -1], "negative"), ([1, None], "missing")]
)
def test_weights_must_be_usable(weights, message):
    with pytest.raises(UnusableData, match=message):
        kaplan_meier([1, 2], [1, 1], weights=weights)


def test_weight_zero_equals_absence():
    with_zero = kaplan_meier([1, 2, 3, 9], [1, 1, 0, 1], weights=[1, 1, 1, 0])
    pd.testing.assert_frame_equal(with_zero.table, kaplan_meier([1, 2, 3], [1, 1, 0]).table)


def test_curve_without_events_is_flagged_and_its_median_not_estimable():
    curve = kaplan_meier([3, 5, 8], [0, 0, 0])
    assert curve.flag == "no events"
    assert quantile(curve).text() == "NE"


def test_landmark_and_rmst_beyond_follow_up_are_not_estimable():
    curve = kaplan_meier([3, 5, 8], [1, 0, 0])
    row = survival_at(curve, 20).iloc[0]
    assert np.isnan(row["survival"])
    assert row["flag"] == "beyond last follow-up"
    assert rmst(curve, 20).flag == "follow-up ends before tau"


def test_landmark_after_the_curve_reached_zero_is_zero():
    assert survival_at(kaplan_meier([3, 5, 8], [1, 1, 1]), 20)["survival"][0] == 0


def test_left_truncated_curve_with_an_empty_risk_set_is_flagged():
    assert "empties" in kaplan_meier([2, 10, 12], [1, 1, 0], entry=[0, 5, 5]).flag


def test_log_rank_needs_two_groups_and_flags_no_events():
    with pytest.raises(UnusableData, match="two groups"):
        logrank([1, 2], [1, 1], ["a", "a"])
    test = logrank([1, 2, 3], [0, 0, 0], ["a", "b", "b"])
    assert np.isnan(test.p)
    assert test.flag == "no events"
    assert np.isnan(hazard_ratio_oe(test, "a", "b").value)


def test_rows_without_a_group_or_stratum_are_refused_rather_than_dropped():
    time, event = [1, 2, 3, 4], [1, 1, 0, 1]
    with pytest.raises(UnusableData, match="group: 1 of 4 values are missing"):
        logrank(time, event, ["a", "b", None, "a"])
    with pytest.raises(UnusableData, match="stratum: 1 of 4"):
        logrank(time, event, ["a", "b", "b", "a"], [1.0, 1.0, np.nan, 1.0])
    with pytest.raises(UnusableData, match="group: 2 of 4"):
        gray_test(time, [1, 2, 0, 1], [0.0, 1.0, np.nan, np.nan])


@pytest.mark.parametrize("bad", [np.nan, -1.0])
def test_counts_by_day_must_be_counts(bad):
    counts = pd.DataFrame({"group": ["a", "b"], "time": [1.0, 2.0], "events": [1.0, bad], "censored": [0.0, 1.0]})
    for method in (kaplan_meier_from_counts, logrank_from_counts):
        with pytest.raises(UnusableData, match="non-negative"):
            method(counts)


def test_what_rests_on_a_single_event_says_so():
    time, event, group = [3, 5, 8, 13], [0, 1, 0, 0], ["a", "a", "b", "b"]
    curve, test = kaplan_meier(time, event), logrank(time, event, group)
    incidence = cumulative_incidence(time, event)
    found = (
        curve,
        quantile(curve),
        rmst(curve, 6),
        test,
        logrank_trend(test),
        incidence,
        incidence_at(incidence, 6),
        hazard_ratio_mantel_haenszel(test, "a", "b"),
        gray_test(time, event, group),
        kaplan_meier(time, event, weights=[1, 2.5, 1, 1]),
    )
    assert {result.flag for result in found} == {"a single event"}


def test_cox_refuses_duplicated_subjects(table):
    table.loc[5, "subject"] = 4
    with pytest.raises(UnusableData, match="more than one row"):
        cox(table, ["age"], subject="subject")


def test_cox_refuses_overlapping_intervals(table):
    rows = pd.DataFrame({"id": [1, 1, 2], "start": [0, 5, 0], "stop": [6, 9, 7], "event": [0, 1, 1], "x": [0, 1, 0]})
    with pytest.raises(UnusableData, match="overlap"):
        cox(rows, "x", "stop", entry="start", subject="id")


def test_cox_refuses_an_all_missing_covariate(table):
    with pytest.raises(UnusableData, match="all values are missing in empty"):
        cox(table.assign(empty=np.nan), ["age", "empty"])


def test_cox_counts_incomplete_rows(table):
    table.loc[:4, "age"] = np.nan
    fit = cox(table, ["age", "arm"])
    assert (fit.n, fit.missing) == (55, 5)


def test_constant_and_collinear_covariates_are_flagged_and_the_rest_fitted(table):
    fit = cox(table.assign(one=1.0, twice=lambda t: 2 * t["age"]), ["age", "one", "twice", "arm"])
    flags = fit.coefficients.set_index("term")["flag"]
    assert flags.to_dict() == {"age": "", "one": "constant", "twice": "collinear", "arm": ""}
    alone = cox(table, ["age", "arm"]).coefficients.set_index("term")["beta"]
    np.testing.assert_allclose(fit.coefficients.set_index("term").loc[["age", "arm"], "beta"], alone, rtol=1e-10)


def test_logistic_regression_flags_constant_and_collinear_covariates_as_cox_does(table):
    wide = table.assign(one=1.0, twice=lambda t: 2 * t["age"], yes=table["event"].astype(int))
    covariates = ["age", "one", "twice", "arm"]
    found = logistic(wide, covariates, "yes").coefficients.set_index("term")
    assert found["flag"].to_dict() == cox(wide, covariates).coefficients.set_index("term")["flag"].to_dict()
    assert found.loc[["one", "twice"], ["beta", "se", "p"]].isna().all(axis=None)
    alone = logistic(wide, ["age", "arm"], "yes").coefficients.set_index("term")["beta"]
    np.testing.assert_allclose(found.loc[["age", "arm"], "beta"], alone, rtol=1e-10)


def test_separation_is_flagged_with_a_finite_firth_estimate_beside(table):
    table["event"] &= table["arm"] == 0
    row = cox(table, ["arm", "age"]).coefficients.iloc[0]
    assert "no events in a level" in row["flag"]
    assert "separation" in row["flag"]
    assert 0 < row["firth_hr"] < 1
    assert np.isfinite([row["firth_ci_high"], row["firth_p"]]).all()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_fit_on_its_way_to_infinity_has_no_variance(table):
    table["event"] &= table["arm"] == 0
    fit = cox(table, ["arm", "age"], robust=True, firth=False)
    assert fit.coefficients[["se", "ci_low", "ci_high", "p"]].isna().all(axis=None)
    assert fit.coefficients["flag"].str.contains("not converged").all()
    answer = logistic(table.assign(y=table["arm"], w=1.0), ["arm", "age"], "y", weights="w").coefficients
    assert answer[["se", "ci_low", "ci_high", "p"]].isna().all(axis=None)
    profile = profile_limits(fit)
    assert profile["flag"].str.contains("open interval; not converged").all()
    assert "not converged" in concordance(fit).flag


def test_cox_without_events_or_with_one_gives_flagged_rows(table):
    none = cox(table.assign(event=0), ["age"])
    assert none.flags == ("no events",)
    assert np.isnan(none.coefficients["hr"]).all()
    one = cox(table.assign(event=np.arange(len(table)) == 7), ["age", "arm"])
    assert "fewer than 5 events per covariate" in one.coefficients["flag"][0]


def test_few_events_per_covariate_is_flagged(table):
    few = table.assign(event=lambda t: t["event"] & (np.arange(len(t)) < 12))
    assert any("fewer than 5 events" in flag for flag in cox(few, ["age", "arm", "site"]).flags)


def test_all_subjects_at_one_time_leave_nothing_to_order(table):
    fit = cox(table.assign(duration=7.0), ["age"])
    assert np.isfinite(fit.coefficients["beta"]).all()
    assert concordance(fit).value == pytest.approx(concordance(fit).value, nan_ok=True)
    assert ph_test(fit)["flag"].ne("").all()


def test_log_time_needs_positive_event_times(table):
    table.loc[0, ["duration", "event"]] = [0, True]
    with pytest.raises(UnusableData, match="above 0"):
        ph_test(cox(table, ["age"]), "log")


def test_logistic_flags_separation_and_refuses_other_outcomes(table):
    row = logistic(table.assign(y=lambda t: t["arm"]), ["arm", "age"], "y").coefficients.iloc[0]
    assert "separation" in row["flag"]
    assert np.isfinite(row["firth_odds_ratio"])
    with pytest.raises(UnusableData, match="0 or 1"):
        logistic(table, ["arm"], "age")
    assert logistic(table.assign(y=0), ["age"], "y").flags == ("outcome never varies",)


def test_logistic_counts_zero_weights_as_absent_and_not_as_missing(table):
    weights = pd.Series(1.0, table.index).mask(table.index < 3, 0.0)
    assert logistic(table.assign(w=weights), ["age"], "arm", weights="w").missing == 0
    with pytest.raises(UnusableData, match="positive weight"):
        logistic(table.assign(w=0.0), ["age"], "arm", weights="w")


def test_infinite_covariates_are_refused(table):
    table.loc[3, "age"] = np.inf
    calls = (
        lambda: cox(table, "age"),
        lambda: logistic(table, "age", "arm"),
        lambda: propensity_weights(table, "arm", ["age"]),
        lambda: standardised_difference(table["age"], table["arm"]),
        lambda: sample_test([table["age"], [1.0, 2.0]], "welch"),
        lambda: impute(table.assign(x=table["arm"].where(table.index > 9)), ["x", "age"], "duration", "event", 2),
    )
    for call in calls:
        with pytest.raises(UnusableData, match="finite"):
            call()


def test_standardised_differences_need_flags_and_weights():
    with pytest.raises(UnusableData, match="0 or 1"):
        standardised_difference([1.0, 2.0, 4.0], [1, 2, 2])
    with pytest.raises(UnusableData, match="negative"):
        standardised_difference([1.0, 2.0, 4.0], [1, 0, 0], [1, -1, 1])


def test_weights_do_not_exist_where_covariates_separate_the_groups(table):
    with pytest.raises(UnusableData, match="separate"):
        propensity_weights(table.assign(x=table["arm"]), "arm", ["x", "age"])
    started = table.assign(started=np.where(table["arm"] == 1, 5.0, np.nan), duration=table["duration"] + 30)
    with pytest.raises(UnusableData, match="separate"):
        clone_censor_weight(started, "subject", "started", ["arm"], 20)


def test_weights_from_few_starters_are_flagged(table):
    table = table.assign(started=np.where(np.arange(60) % 15 == 0, 5.0, np.nan), duration=table["duration"] + 30)
    rows = clone_censor_weight(table, "subject", "started", ["age"], 20, largest_weight=10)
    assert set(rows["flag"]) == {
        "model of starting: fewer than 5 events per covariate; " + f"{(rows['weight'] == 10).sum()} weights cut at 10"
    }


@pytest.mark.parametrize("call", [cox, logistic])
def test_models_of_no_rows_say_so(table, call):
    with pytest.raises(UnusableData, match="no rows"):
        call(table.head(0), ["age"], "event")


def test_group_comparisons_with_nothing_to_compare_say_so():
    assert contingency_test([[3, 4], [0, 0]]).flag == "nothing to compare"
    assert contingency_test([[3, 0], [4, 0]], "fisher").flag == "nothing to compare"
    assert sample_test([[1.0], []]).flag == "too few values in a group"
    assert sample_test([[2.0, 2.0], [2.0, 2.0]], "t").flag == "no variation"
    assert proportion(0, 0).flag == "no subjects"
    assert proportion_difference(0, 0, 1, 2).flag == "no subjects in a group"
    assert summarise([None, np.nan]).n == 0
    assert standardised_difference([1.0, 2.0], [1, 1]).flag == "a group is empty"


@pytest.mark.parametrize("bad", [[[1, -2], [3, 4]], [[1.5, 2], [3, 4]], [1, 2, 3]])
def test_contingency_tables_hold_whole_counts(bad):
    with pytest.raises(UnusableData):
        contingency_test(bad)


@pytest.mark.parametrize(("left", "right"), [([5, 3], [4, 6]), ([-1, 3], [4, 6]), ([np.inf, 3], [np.inf, 6]), ([], [])])
def test_interval_censoring_refuses_impossible_intervals(left, right):
    with pytest.raises(UnusableData):
        turnbull(left, right)


@pytest.mark.parametrize(
    ("call", "choices"),
    [
        (lambda: kaplan_meier([1], [1], conf_type="arcsin"), "conf_type"),
        (lambda: quantile(kaplan_meier([1], [1]), rule="stata"), "rule"),
        (lambda: contingency_test([[1, 2], [3, 4]], "barnard"), "test"),
        (lambda: sample_test([[1], [2]], "sign"), "test"),
        (lambda: proportion(1, 2, "wald"), "method"),
    ],
)
def test_unknown_methods_are_refused_by_name(call, choices):
    with pytest.raises(ValueError, match=choices):
        call()


def test_not_estimable_prints_as_ne():
    assert Estimate(4.04, 2.1, float("nan")).text() == "4.04 (2.10-NE)"
    assert Estimate(float("nan")).text() == "NE"


def test_nothing_is_predicted_from_an_infinite_coefficient(table):
    fit = cox(table, "arm")
    with pytest.raises(UnusableData, match="infinity"):
        predicted_survival(replace(fit, beta=np.array([2000.0])), table, [100])
