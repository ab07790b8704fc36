"""Concordance by hand: of the six pairs of four patients who die one after the other five agree with the score."""

from __future__ import annotations

import math

import pytest
from scipy.stats import norm

from cartwright.analysis.methods.cox.concordance import concordance_of
from cartwright.analysis.methods.estimate import UnusableData

TIMES, EVENTS, RISK = [1, 2, 3, 4], [1, 1, 1, 1], [4, 3, 1, 2]
SE = 1 / 6  # (agreeing pairs - 5/6 of all) of each, over six: +-1/12, four times


def test_limits_are_of_the_confidence_asked_for_and_stay_between_0_and_1() -> None:
    half = concordance_of(TIMES, EVENTS, RISK, confidence=0.5)
    assert (half.value, half.se, half.method) == (
        pytest.approx(5 / 6),
        pytest.approx(SE),
        "harrell c, infinitesimal jackknife",
    )
    assert half.ci_low == pytest.approx(5 / 6 - norm.ppf(0.75) * SE)
    assert half.ci_high == pytest.approx(5 / 6 + norm.ppf(0.75) * SE)
    usual, turned = (concordance_of(TIMES, EVENTS, [sign * risk for risk in RISK]) for sign in (1, -1))
    assert (usual.ci_low, usual.ci_high) == (pytest.approx(5 / 6 - norm.ppf(0.975) * SE), 1)
    assert (turned.value, turned.ci_low) == (pytest.approx(1 / 6), 0)


def test_rows_of_a_cluster_are_left_out_together_and_the_method_says_so() -> None:
    found = concordance_of(TIMES, EVENTS, RISK, cluster=list("aabb"))  # 1/12 twice, and less 1/12 twice
    assert found.se == pytest.approx(math.hypot(1 / 6, 1 / 6))
    assert found.method == "harrell c, infinitesimal jackknife by cluster"


def test_one_pair_is_enough_and_none_is_not() -> None:
    assert concordance_of([1, 2], [1, 1], [2, 1]).value == 1
    none = concordance_of([1, 2], [0, 1], [2, 1])
    assert math.isnan(none.value)
    assert none.flag == "no comparable pairs"


def test_scores_that_differ_by_rounding_are_tied_and_missing_ones_are_named() -> None:
    assert concordance_of([1, 2], [1, 1], [1, 1 + 2e-11]).value == 0.5
    with pytest.raises(UnusableData, match=r"^risk: 1 of 2 values are missing"):
        concordance_of([1, 2], [1, 1], [1, math.nan])
