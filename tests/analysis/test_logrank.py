"""Log-rank tests by hand: observed, expected and covariance time by time, names, trend, and what is not trusted."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.survival import event_counts, logrank, logrank_from_counts, logrank_trend

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

# At 1: one of 4, two of them a. At 2: one of 3, one of them a. At 3: one of 2, one of them a. At 4 b is censored.
TIMES, EVENTS, GROUP = [1, 2, 3, 4], [1, 1, 1, 0], list("abab")
SHARE = np.array([1 / 2, 1 / 3, 1 / 2])
BEFORE = np.array([1, 3 / 4, 1 / 2])  # S(t-) of all four


def by_hand(weight: np.ndarray) -> tuple[float, float, float]:
    """Observed and expected of a, and their variance: one event a time, so the hypergeometric factor is 1."""
    observed = (weight * [1, 0, 1]).sum()
    return observed, (weight * SHARE).sum(), (weight**2 * SHARE * (1 - SHARE)).sum()


@pytest.mark.parametrize(
    ("rho", "gamma", "method"),
    [
        (0, 0, "logrank"),
        (1, 0, "fleming-harrington(1,0)"),
        (0, 1, "fleming-harrington(0,1)"),
        (2, 2, "fleming-harrington(2,2)"),
    ],
)
def test_observed_expected_and_covariance_add_up_over_times(rho: float, gamma: float, method: str) -> None:
    o, e, v = by_hand(BEFORE**rho * (1 - BEFORE) ** gamma)
    counts = event_counts(TIMES, EVENTS, GROUP)
    for test in (logrank(TIMES, EVENTS, GROUP, rho=rho, gamma=gamma), logrank_from_counts(counts, rho, gamma)):
        assert test.groups == ["a", "b"]
        assert (test.observed[0], test.expected[0]) == pytest.approx((o, e))
        np.testing.assert_allclose(test.covariance, [[v, -v], [-v, v]])
        assert (test.statistic, test.df, test.p) == pytest.approx(((o - e) ** 2 / v, 1, chi2.sf((o - e) ** 2 / v, 1)))
        assert (test.method, test.flag) == (method, "")


def test_counts_of_one_day_and_group_in_several_rows_add_up() -> None:
    counts = event_counts(TIMES, EVENTS, GROUP)
    by_site = pd.concat([counts, counts])
    whole = counts.assign(events=2 * counts["events"], censored=2 * counts["censored"])
    found, due = logrank_from_counts(by_site), logrank_from_counts(whole)
    assert (found.statistic, *found.observed) == pytest.approx((due.statistic, *due.observed))


def test_without_being_asked_the_test_weighs_all_times_alike() -> None:
    found = logrank_from_counts(event_counts(TIMES, EVENTS, GROUP))
    assert (found.method, found.statistic) == ("logrank", pytest.approx(logrank(TIMES, EVENTS, GROUP).statistic))


def test_ties_lose_variance_as_the_hypergeometric_does() -> None:
    test = logrank([1, 1, 2, 2], [1, 1, 0, 0], list("abab"))  # 2 of 4: 2 x (4 - 2) / (4 - 1) x 1/4
    assert test.covariance[0, 0] == pytest.approx(1 / 3)


def test_strata_add_up_and_are_named() -> None:
    test = logrank(TIMES * 2, EVENTS * 2, GROUP * 2, [0] * 4 + [1] * 4)
    o, e, v = by_hand(np.ones(3))
    assert (test.observed[0], test.expected[0], test.covariance[0, 0]) == pytest.approx((2 * o, 2 * e, 2 * v))
    assert test.method == "logrank, stratified"
    assert logrank(TIMES, EVENTS, GROUP, [0] * 4).method == "logrank"


def test_the_table_has_a_row_a_group() -> None:
    test = logrank(TIMES, EVENTS, GROUP)
    due = pd.DataFrame({"group": ["a", "b"], "observed": test.observed, "expected": test.expected})
    pd.testing.assert_frame_equal(test.table, due)


def test_a_group_that_is_never_at_risk_with_an_event_is_said() -> None:
    test = logrank([2, 3, 4, 1], [1, 1, 1, 0], list("aabc"))
    assert test.flag == "a group is never at risk with an event"
    assert test.df == 1
    alone = logrank([2, 3, 1], [1, 1, 0], list("aab"))
    assert (alone.flag, math.isnan(alone.p)) == ("a group is never at risk with an event", True)


def test_whole_weights_count_patients() -> None:
    weights = [1, 2, 3, 1]
    found = logrank(TIMES, EVENTS, GROUP, weights=weights)
    one_a_row = logrank(*(np.repeat(column, weights) for column in (TIMES, EVENTS, GROUP)))
    assert (found.method, found.statistic) == ("logrank", pytest.approx(one_a_row.statistic))
    np.testing.assert_allclose(found.covariance, one_a_row.covariance)


def test_groups_that_never_meet_lose_a_degree_of_freedom_and_the_test_says_so() -> None:
    test = logrank([1, 2, 3, 6, 7, 8], [1, 1, 0, 1, 1, 0], list("abacdc"), entry=[0, 0, 0, 5, 5, 5])
    assert (test.df, test.flag) == (2, "singular covariance: 2 of 3 degrees of freedom")


def test_fractional_weights_keep_the_entry_and_the_stratum_of_their_rows() -> None:
    """Weights of one size weigh nothing, also where a row of weight zero stands in front."""
    time, event, group = [9, *TIMES, *TIMES], [1, *EVENTS, *EVENTS], ["a", *GROUP, *GROUP]
    strata, entry = [1, *[0] * 4, *[1] * 4], [0, 0, 1.5, 0, 0, 0, 0, 0, 1]
    weighed = logrank(time, event, group, strata, entry=entry, weights=[0] + [0.5] * 8)
    plain = logrank(*(column[1:] for column in (time, event, group, strata)), entry=entry[1:])
    assert weighed.statistic == pytest.approx(plain.statistic)
    np.testing.assert_allclose(weighed.observed, plain.observed / 2)
    np.testing.assert_allclose(weighed.covariance, plain.covariance / 4)
    assert (weighed.method, weighed.flag) == ("logrank, weighted (xie-liu), stratified", "")


def test_weights_stay_with_their_groups_whatever_the_order_and_the_stratum() -> None:
    weights, strata = [0.5, 1.5, 0.7, 1.2, 2.5, 0.9, 1.1], [0, 0, 0, 0, 1, 1, 1]
    time, event, group = [*TIMES, 1, 2, 3], [*EVENTS, 1, 1, 1], [*GROUP, *"bca"]
    found = logrank(time, event, group, strata, weights=weights)
    turned = logrank(time, event, pd.Categorical(group, list("cba")), strata, weights=weights)
    assert turned.groups == ["c", "b", "a"]
    assert turned.statistic == pytest.approx(found.statistic)
    np.testing.assert_allclose(turned.covariance, found.covariance[::-1, ::-1], atol=1e-12)


def test_a_single_patient_with_the_event_is_one_however_it_is_weighed() -> None:
    assert logrank([1, 2, 3], [1, 0, 0], list("aba"), weights=[2.5, 1, 1]).flag == "a single event"


# ---------------------------------------------------------------- the order of groups
@pytest.mark.parametrize(
    ("group", "groups", "is_ordered"),
    [
        (["low", "high", "mid"], ["high", "low", "mid"], False),  # the alphabet
        ([3, 1, 2], [1, 2, 3], True),
        (["x", "y", "x"], ["x", "y"], True),  # of two, either order is one
        (pd.Categorical(["low", "high", "mid"], ["low", "mid", "high", "none"]), ["low", "mid", "high"], True),
        (pd.Categorical(["a", "b", "c"], ["a", "b", "c"]), ["a", "b", "c"], False),  # sorted: nobody declared it
        (pd.Categorical(["a", "b", "c"], ["a", "b", "c"], ordered=True), ["a", "b", "c"], True),
    ],
)
def test_groups_stand_in_their_order(group, groups: list, is_ordered: bool) -> None:
    test = logrank([1, 2, 3], [1, 1, 1], group)
    assert (test.groups, bool(test.is_ordered)) == (groups, is_ordered)


# ---------------------------------------------------------------- trend
def test_a_trend_weighs_the_differences_by_scores() -> None:
    test = logrank([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], [0, 1, 2, 0, 1, 2], rho=1)
    difference = test.observed - test.expected
    for scores, found in (([0, 1, 2], logrank_trend(test)), ([1, 5, 2], logrank_trend(test, [1, 5, 2]))):
        excess, variance = np.dot(scores, difference), np.dot(scores, test.covariance @ scores)
        assert (found.value, found.se) == pytest.approx((excess, math.sqrt(variance)))
        assert (found.statistic, found.df) == (pytest.approx(excess**2 / variance), 1)
        assert found.p == pytest.approx(2 * norm.sf(abs(excess) / math.sqrt(variance)))
        assert (found.method, found.flag) == ("fleming-harrington(1,0) trend", "")


def test_a_trend_of_two_groups_is_their_test() -> None:
    test = logrank(TIMES, EVENTS, GROUP)
    assert logrank_trend(test).statistic == pytest.approx(test.statistic)


def test_a_trend_without_an_event_is_not_estimable() -> None:
    found = logrank_trend(logrank([1, 2], [0, 0], list("ab")))
    assert (math.isnan(found.p), math.isnan(found.statistic), found.se, found.flag) == (True, True, 0, "no events")


def test_a_trend_needs_an_order_or_scores_for_every_group() -> None:
    test = logrank([1, 2, 3], [1, 1, 1], ["low", "high", "mid"])
    order = r"^a trend needs an order of the groups: ordered categories, numbers or scores$"
    with pytest.raises(UnusableData, match=order):
        logrank_trend(test)
    assert logrank_trend(test, [3, 1, 2]).df == 1
    with pytest.raises(UnusableData, match=r"^3 groups need as many scores, not 2$"):
        logrank_trend(test, [1, 2])


def test_a_test_needs_two_groups() -> None:
    with pytest.raises(UnusableData, match=r"^a log-rank test needs at least two groups with rows$"):
        logrank([1, 2], [1, 1], ["a", "a"])
