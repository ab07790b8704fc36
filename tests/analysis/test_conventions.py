"""Conventions that decide a number without being seen: order of categories, late entry, clusters, weights, rounding."""

import numpy as np
import pandas as pd
import pytest

from cartwright.analysis.methods.compare import sample_test, trend_test
from cartwright.analysis.methods.cox import concordance, cox
from cartwright.analysis.methods.cox.concordance import concordance_of
from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.logistic import logistic
from cartwright.analysis.methods.survival import (
    at_risk,
    cumulative_incidence,
    gray_test,
    incidence_at,
    kaplan_meier,
    logrank,
    logrank_from_counts,
    logrank_trend,
    survival_at,
    turnbull,
)

NOISE = 1 + np.array([0, 1, 2, 0, 2, 1, 0, 1]) * 2e-15


@pytest.fixture
def cohort():
    rng = np.random.default_rng(12)
    n = 90
    table = pd.DataFrame({"x": rng.normal(size=n), "arm": np.arange(n) % 2, "site": np.arange(n) // 3})
    time = np.ceil(rng.exponential(np.exp(-0.5 * table["x"]) * 100))
    return table.assign(
        duration=np.minimum(time, 200),
        event=time < 200,
        dose=pd.Categorical(np.array(["low", "mid", "high"])[np.arange(n) % 3], ["low", "mid", "high"], ordered=True),
    )


# ---------------------------------------------------------------- ordered categories
def test_a_trend_follows_the_order_of_the_categories(cohort):
    columns = cohort["duration"], cohort["event"]
    test = logrank(*columns, cohort["dose"])
    assert test.groups == ["low", "mid", "high"]
    numbered = logrank_trend(logrank(*columns, cohort["dose"].cat.codes))
    assert logrank_trend(test).statistic == pytest.approx(numbered.statistic)
    alphabet = logrank_trend(logrank(*columns, cohort["dose"].astype(str)), [1, 2, 0][::1])
    assert alphabet.statistic != pytest.approx(numbered.statistic)


def test_words_without_an_order_have_no_trend(cohort):
    test = logrank(cohort["duration"], cohort["event"], cohort["dose"].astype(str))
    with pytest.raises(UnusableData, match="order of the groups"):
        logrank_trend(test)
    scores = {"high": 2, "low": 0, "mid": 1}
    assert logrank_trend(test, [scores[group] for group in test.groups]).p > 0
    two = logrank(cohort["duration"], cohort["event"], np.where(cohort["arm"] == 1, "b", "a"))
    assert logrank_trend(two).statistic == pytest.approx(two.statistic)  # two groups are in order either way


def test_counts_by_day_keep_the_order_of_their_categories():
    counts = pd.DataFrame(
        {
            "group": pd.Categorical(["low", "high", "low", "high"], ["low", "high"], ordered=True),
            "time": [1.0, 1.0, 2.0, 2.0],
            "events": [1.0, 0.0, 1.0, 1.0],
            "censored": [0.0, 0.0, 1.0, 0.0],
        }
    )
    assert logrank_from_counts(counts).groups == ["low", "high"]


def test_cochran_armitage_by_hand():
    """Levels 0, 1 with 1 of 4 and 3 of 4: the chi-square of the two by two table, 8 (1 1 - 3 3)^2 / 4^4 = 2."""
    assert trend_test([[1, 3], [3, 1]]).statistic == pytest.approx(2.0)
    assert np.isnan(trend_test([[5, 0], [3, 0]]).p)


# ---------------------------------------------------------------- late entry
def test_numbers_at_risk_leave_out_who_enters_later():
    entry, time = [0, 0, 5, 8], [3, 10, 12, 12]
    curve = kaplan_meier(time, [1, 1, 1, 0], entry)
    asked = [0, 1, 3, 4, 6, 8, 9, 10, 11]
    found = survival_at(curve, asked)["at_risk"]
    assert list(found) == [2, 2, 2, 1, 2, 2, 3, 3, 2]
    assert list(found) == list(at_risk(time, asked, entry))
    assert curve.table["at_risk"].iloc[0] == 2


def test_numbers_at_risk_without_late_entry_and_with_weights():
    curve = kaplan_meier([1, 2, 3], [1, 0, 1], weights=[2, 1, 3])
    assert list(survival_at(curve, [0, 1, 1.5, 2, 3, 4])["at_risk"]) == [6, 6, 4, 4, 3, 0]


# ---------------------------------------------------------------- clusters
def test_repeating_each_patient_in_a_cluster_leaves_the_error_of_concordance(cohort):
    once = concordance_of(cohort["duration"], cohort["event"], cohort["x"])
    twice = pd.concat([cohort, cohort])
    alone = concordance_of(twice["duration"], twice["event"], twice["x"])
    clustered = concordance_of(
        twice["duration"], twice["event"], twice["x"], cluster=np.tile(np.arange(len(cohort)), 2)
    )
    assert clustered.value == pytest.approx(once.value)
    assert clustered.se == pytest.approx(once.se)
    assert alone.se == pytest.approx(once.se / np.sqrt(2))


def test_concordance_of_a_clustered_fit_uses_its_clusters(cohort):
    clustered, plain = (concordance(cox(cohort, ["x"], cluster=cluster)) for cluster in ("site", None))
    assert clustered.value == plain.value
    assert clustered.se != pytest.approx(plain.se, rel=1e-3)
    assert "by cluster" in clustered.method


# ---------------------------------------------------------------- weights
def test_fractional_weights_give_the_robust_variance(cohort):
    table = cohort.assign(w=1 + (np.arange(90) % 3) / 2, count=1 + np.arange(90) % 3)
    by_default = cox(table, ["x", "arm"], weights="w", firth=False)
    robust = cox(table, ["x", "arm"], weights="w", robust=True, firth=False)
    np.testing.assert_array_equal(by_default.coefficients["se"], robust.coefficients["se"])
    assert "robust variance" in by_default.method
    repeated = table.loc[table.index.repeat(table["count"])]
    counted = cox(table, ["x", "arm"], weights="count", ties="breslow", firth=False)
    np.testing.assert_allclose(
        counted.coefficients["se"], cox(repeated, ["x", "arm"], ties="breslow", firth=False).coefficients["se"]
    )


def xie_liu(time, event, first, w):
    """Formula of Xie & Liu (2005), section 2.2, patient by patient."""
    u = v = 0.0
    for t in np.unique(time[event]):
        risk, dies = time >= t, (time == t) & event
        y, d = risk.sum(), dies.sum()
        share = w[risk & first].sum() / w[risk].sum()
        u += w[dies & first].sum() - w[dies].sum() * share
        if y > 1:
            inside = np.where(first[risk], (1 - share) ** 2, share**2) * w[risk] ** 2
            v += d * (y - d) / (y * (y - 1)) * inside.sum()
    return u * u / v


def test_the_weighted_log_rank_test_is_that_of_xie_and_liu(cohort):
    w = 0.2 + np.random.default_rng(1).random(90)
    columns = cohort["duration"].to_numpy(), cohort["event"].to_numpy(), cohort["arm"].to_numpy()
    due = xie_liu(columns[0], columns[1], columns[2] == 1, w)
    for scale in (1, 0.01, 100):  # weights may add up to anything
        test = logrank(*columns, weights=w * scale)
        assert test.statistic == pytest.approx(due)
        assert test.df == 1
        assert test.flag == ""
    assert "xie-liu" in test.method
    assert logrank(*columns, weights=np.full(90, 0.5)).statistic == pytest.approx(logrank(*columns).statistic)


@pytest.mark.slow
def test_weighted_log_rank_holds_its_level_where_the_naive_one_does_not():
    rng = np.random.default_rng(7)
    rejected = 0
    for _ in range(300):
        time, arm, w = rng.exponential(size=60), np.arange(60) % 2, np.where(rng.random(60) < 0.2, 4.5, 0.5)
        rejected += logrank(time, np.ones(60), arm, weights=w).p < 0.05
    assert 0.02 < rejected / 300 < 0.09


# ---------------------------------------------------------------- times that differ by rounding
def test_rounding_does_not_pull_a_tie_apart():
    time = np.array([3, 3, 3, 5, 5, 7, 7, 7]) / (365 / 12)
    noisy, event, group = time * NOISE, [1, 1, 0, 1, 1, 0, 1, 1], [0, 1, 0, 1, 0, 1, 0, 1]
    assert len(np.unique(noisy)) > len(np.unique(time))
    one, two = (kaplan_meier(t, event).table for t in (time, noisy))
    np.testing.assert_allclose(two[["survival", "at_risk", "se"]], one[["survival", "at_risk", "se"]], atol=1e-12)
    assert logrank(noisy, event, group).statistic == pytest.approx(logrank(time, event, group).statistic)
    cause = [1, 2, 0, 1, 1, 0, 2, 1]
    assert gray_test(noisy, cause, group).statistic == pytest.approx(gray_test(time, cause, group).statistic)
    np.testing.assert_allclose(
        cumulative_incidence(noisy, cause).table["se"], cumulative_incidence(time, cause).table["se"]
    )
    fits = [cox(pd.DataFrame({"x": group, "duration": t, "event": event}), ["x"], firth=False) for t in (time, noisy)]
    assert fits[0].beta == pytest.approx(fits[1].beta)
    assert len(turnbull(noisy, noisy).table) == len(turnbull(time, time).table)


def test_a_landmark_that_misses_an_event_by_rounding_counts_it():
    curve = kaplan_meier([100, 365, 400], [1, 1, 0])
    for landmark in (365 * (1 - 1e-15), 365 * (1 + 1e-15)):
        row = survival_at(curve, landmark).iloc[0]
        assert row["survival"] == pytest.approx(1 / 3)
        assert row["at_risk"] == 2
        assert at_risk([100, 365, 400], landmark)[0] == 2
    incidence = cumulative_incidence([100, 365, 400], [1, 1, 0])
    assert incidence_at(incidence, 365 * (1 - 1e-15)).value == pytest.approx(2 / 3)


def test_an_interval_of_rounding_length_is_none():
    with pytest.raises(UnusableData, match="do not enter before"):
        kaplan_meier([0.3, 2.0], [1, 1], entry=[0.1 + 0.2 - 5e-17, 0.0])


def test_whole_days_and_true_differences_stay_apart():
    assert len(kaplan_meier([1, 2, 3], [1, 1, 1]).table) == 4
    assert len(kaplan_meier([1, 1.001, 1.002], [1, 1, 1]).table) == 4


# ---------------------------------------------------------------- small groups, runaway fits, flat curves
def test_a_pooled_t_compares_one_value_with_many():
    """R: t.test(5, c(1, 2, 3), var.equal = TRUE): t = 3 / (1 sqrt(1 + 1/3)) = 2.598, 2 df."""
    found = sample_test([[5.0], [1.0, 2.0, 3.0]], "t")
    assert found.statistic == pytest.approx(2.598076, abs=1e-6)
    assert found.df == 2
    assert found.p == pytest.approx(0.1216899, abs=1e-6)
    assert np.isnan(sample_test([[5.0], [1.0, 2.0, 3.0]], "welch").p)
    assert np.isnan(sample_test([[5.0], [1.0]], "t").p)


def test_a_fit_that_runs_away_is_not_estimable_rather_than_0(cohort):
    table = cohort.assign(event=cohort["event"] & (cohort["arm"] == 0))
    row = cox(table, ["arm", "x"]).coefficients.iloc[0]
    assert np.isnan(row["hr"])
    assert "not converged" in row["flag"]
    assert np.isfinite(row["firth_hr"])
    odds = logistic(table.assign(y=table["arm"]), ["arm", "x"], "y").coefficients.iloc[0]
    assert np.isnan(odds["odds_ratio"])
    assert odds["flag"]
    assert np.isfinite(odds["firth_odds_ratio"])


def test_the_median_of_a_flat_interval_curve_lies_in_the_middle_of_the_step():
    """Half of the mass in (0, 10], half in (20, 30]: S rests on one half from the one to the other."""
    median = turnbull([0, 0, 20, 20], [10, 10, 30, 30]).quantile()
    assert (median.value, median.ci_low, median.ci_high) == (20, 10, 20)
    assert median.method == "turnbull, support interval"
    assert np.isnan(turnbull([0, 0, 20, 20], [10, 10, np.inf, np.inf]).quantile().value)
    exact = turnbull([1.0, 2, 3, 4], [1.0, 2, 3, 4]).quantile()
    assert exact.value == 2.5


@pytest.mark.parametrize(
    ("left", "right", "p"),
    [
        ([1, 2, 3, 3], [1, 2, np.inf, np.inf], 0.5),  # one half from 2 on, and nobody knows until when
        ([1, 2], [1, 2], 1.0),  # nobody is left, and there is no step after
    ],
)
def test_an_interval_curve_that_rests_and_has_no_next_step_reaches_no_quantile(left, right, p):
    median = turnbull(left, right).quantile(p)
    assert np.isnan(median.value)
    assert (median.method, median.flag) == ("turnbull, support interval", "not reached")
