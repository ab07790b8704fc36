"""Hazard ratios read off a log-rank test: their formulas, what they take over from the test, and why there is none."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.survival import hazard_ratio_mantel_haenszel, hazard_ratio_oe, logrank

Z = norm.ppf(0.95)  # of 90 % limits
TEST = logrank([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 1], list("abaabb"))
UNSEEN = logrank([1, 2, 3, 4], [1, 0, 1, 0], list("abab"))  # nobody of b had the event
NOTHING = logrank([1, 2], [0, 0], list("ab"))
RATIOS = [hazard_ratio_oe, hazard_ratio_mantel_haenszel]


def test_observed_over_expected_has_the_limits_of_peto() -> None:
    (oa, ob), (ea, eb) = TEST.observed, TEST.expected
    found, log_ratio, se = hazard_ratio_oe(TEST, "a", "b", 0.9), math.log(oa / ea * eb / ob), math.sqrt(1 / ea + 1 / eb)
    assert (found.value, found.se) == pytest.approx((math.exp(log_ratio), se))
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(np.exp(log_ratio + np.array([-Z, Z]) * se)))
    assert found.method == "o/e hazard ratio, p log-rank"


def test_mantel_haenszel_is_the_excess_by_its_variance() -> None:
    excess, variance = TEST.observed[1] - TEST.expected[1], TEST.covariance[1, 1]
    found, se = hazard_ratio_mantel_haenszel(TEST, "b", "a", 0.9), 1 / math.sqrt(variance)
    assert (found.value, found.se) == pytest.approx((math.exp(excess / variance), se))
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(np.exp(excess / variance + np.array([-Z, Z]) * se)))
    assert found.method == "mantel-haenszel hazard ratio, p log-rank"


@pytest.mark.parametrize("ratio", RATIOS)
def test_p_statistic_degrees_and_flag_are_the_tests_and_limits_are_of_95_percent(ratio) -> None:
    found = ratio(replace(TEST, flag="said by the test"), "a", "b")
    assert (found.p, found.statistic, found.df, found.flag) == (TEST.p, TEST.statistic, TEST.df, "said by the test")
    assert math.log(found.ci_high / found.value) == pytest.approx(norm.ppf(0.975) * found.se)
    assert ratio(TEST, "b", "a").value == pytest.approx(1 / found.value)


def test_one_event_where_one_was_expected_is_a_ratio_of_1() -> None:
    assert hazard_ratio_oe(logrank([1, 1], [1, 1], list("ab")), "a", "b").value == 1


@pytest.mark.parametrize("pair", ["ab", "ba"])
def test_without_an_event_in_a_group_the_ratio_is_unknown_and_the_test_stays(pair: str) -> None:
    found = hazard_ratio_oe(UNSEEN, *pair)
    assert math.isnan(found.value)
    assert (found.method, found.flag) == ("o/e hazard ratio, p log-rank", "no events in a group")
    assert (found.p, found.statistic, found.df) == (UNSEEN.p, UNSEEN.statistic, UNSEEN.df)


def test_without_an_event_at_all_there_is_nothing_to_compare() -> None:
    found = hazard_ratio_mantel_haenszel(NOTHING, "a", "b")
    assert math.isnan(found.value)
    assert (found.method, found.flag) == ("mantel-haenszel hazard ratio, p log-rank", "no events to compare")


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("named", [("a", "c"), ("a", "a")], ids=str)
def test_the_two_groups_of_the_test_are_named(ratio, named: tuple[str, str]) -> None:
    with pytest.raises(UnusableData, match=r"^a hazard ratio from a log-rank test needs exactly the two groups named$"):
        ratio(TEST, *named)
    with pytest.raises(UnusableData, match=r"^a hazard ratio from a log-rank test needs exactly the two groups named$"):
        ratio(logrank([1, 2, 3], [1, 1, 1], list("abc")), "a", "b")
