"""Restricted means by hand: value, standard error, limits, the test of a difference, and why there is none."""

from __future__ import annotations

import math

import pytest
from scipy.stats import norm

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.survival import kaplan_meier, rmst, rmst_difference

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

Z = norm.ppf(0.975)
SLOW = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1])  # to 3: 1 + 3/4 + 1/2; variance 1.25^2 / 12 + 0.5^2 / 6
QUICK = kaplan_meier([1, 1, 2, 3], [1, 1, 1, 1])  # to 3: 1 + 1/2 + 1/4; variance 0.75^2 / 4 + 0.25^2 / 2
CENSORED = kaplan_meier([1, 2], [1, 0])
LATE = kaplan_meier([5, 6], [1, 1])


def test_the_area_to_the_horizon_has_greenwoods_variance() -> None:
    found = rmst(SLOW, 3)
    se = math.sqrt(1.25**2 / 12 + 0.5**2 / 6)
    assert (found.value, found.se) == pytest.approx((2.25, se))
    assert (found.ci_low, found.ci_high) == pytest.approx((2.25 - Z * se, 2.25 + Z * se))
    assert (found.method, found.flag) == ("rmst to 3, greenwood variance", "")


@pytest.mark.filterwarnings("error")
def test_after_the_last_death_the_area_grows_no_more() -> None:
    found = rmst(kaplan_meier([1, 2], [1, 1]), 5)
    assert (found.value, found.se, found.flag) == (pytest.approx(1.5), pytest.approx(math.sqrt(0.5**2 / 2)), "")


def test_follow_up_that_ends_on_the_horizon_is_enough_and_before_it_is_not() -> None:
    assert rmst(CENSORED, 2).value == pytest.approx(1.5)
    found = rmst(CENSORED, 2.1)
    assert math.isnan(found.value)
    assert (found.method, found.flag) == ("rmst to 2.1, greenwood variance", "follow-up ends before tau")


def test_a_horizon_is_after_the_start() -> None:
    with pytest.raises(UnusableData, match="tau must be positive"):
        rmst(SLOW, 0)
    assert (rmst(SLOW, 0.5).value, rmst(SLOW, 1).value) == (0.5, 1)


def test_a_difference_has_the_variances_of_both_and_a_z_test() -> None:
    found = rmst_difference(SLOW, QUICK, 3)
    se = math.sqrt(1.25**2 / 12 + 0.5**2 / 6 + 0.75**2 / 4 + 0.25**2 / 2)
    assert (found.value, found.se, found.statistic) == pytest.approx((0.5, se, 0.5 / se))
    assert (found.ci_low, found.ci_high) == pytest.approx((0.5 - Z * se, 0.5 + Z * se))
    assert found.p == pytest.approx(2 * norm.sf(0.5 / se))
    assert (found.method, found.flag) == ("rmst difference to 3, z test", "")


@pytest.mark.parametrize("pair", [(SLOW, CENSORED), (CENSORED, SLOW)], ids=["second", "first"])
def test_a_difference_from_nothing_known_is_not_estimable(pair) -> None:
    found = rmst_difference(*pair, 3)
    assert math.isnan(found.value)
    assert found.flag == "follow-up ends before tau"


def test_where_nobody_died_before_the_horizon_there_is_no_test() -> None:
    found = rmst_difference(LATE, LATE, 3)
    assert (found.value, found.se, found.flag) == (0, 0, "no variation")
    assert math.isnan(found.p)
    assert math.isnan(found.statistic)
