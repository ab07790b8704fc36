"""Competing risks by hand: shares, limits, Gray's test with what it says of itself; interval-censored curves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2, norm

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.survival import (
    cumulative_incidence,
    gray_test,
    incidence_at,
    interval,
    kaplan_meier,
    logrank,
    turnbull,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

TIMES, CAUSES = [1, 2, 3, 4], [1, 2, 1, 0]  # S: 3/4, 1/2, 1/4; F1: 1/4 at 1, 1/2 x 1/2 more at 3; F2: 3/4 x 1/3 at 2


def limits(share: float, se: float, confidence: float) -> tuple[float, float]:
    """On the log(-log) scale."""
    shift = math.exp(norm.ppf(0.5 + confidence / 2) * se / (share * -math.log(share)))
    return share**shift, share ** (1 / shift)


@pytest.mark.parametrize(
    ("cause", "shares", "own", "other"),
    [
        (1, [1 / 4, 1 / 4, 1 / 2, 1 / 2], [1, 0, 1, 0], [0, 1, 0, 0]),
        (2, [0, 1 / 4, 1 / 4, 1 / 4], [0, 1, 0, 0], [1, 0, 1, 0]),
    ],
)
def test_an_incidence_is_the_share_that_had_this_cause(cause: int, shares: list, own: list, other: list) -> None:
    found = cumulative_incidence(TIMES, CAUSES, cause, confidence=0.9)
    table = found.table
    assert list(table["incidence"]) == pytest.approx(shares)
    due = {"time": TIMES, "at_risk": [4, 3, 2, 1], "events": own, "competing": other, "censored": [0, 0, 0, 1]}
    assert {name: list(table[name]) for name in due} == due
    # nobody is censored before 4: the share of four who had it, F (1 - F) / n
    assert list(table["se"]) == pytest.approx([math.sqrt(f * (1 - f) / 4) for f in shares])
    for share, se, low, high in table[["incidence", "se", "ci_low", "ci_high"]].to_numpy():
        assert (low, high) == pytest.approx(limits(share, se, 0.9) if share else (math.nan, math.nan), nan_ok=True)
    assert (found.n, found.events, found.method) == (4, sum(own), "aalen-johansen, log(-log) limits")
    assert found.flag == ("" if sum(own) > 1 else "a single event")


def test_it_is_of_cause_1_with_limits_of_95_percent_where_nothing_else_is_asked() -> None:
    row = cumulative_incidence(TIMES, CAUSES).table.iloc[2]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(limits(0.5, 0.25, 0.95))


def test_an_incidence_is_read_at_the_last_time_before() -> None:
    found = cumulative_incidence(TIMES, CAUSES)
    for asked, place in ((1, 0), (2.9, 1), (3, 2), (4, 3)):
        row, read = found.table.iloc[place], incidence_at(found, asked)
        assert (read.value, read.se, read.ci_low, read.ci_high) == tuple(row[["incidence", "se", "ci_low", "ci_high"]])
        assert (read.method, read.flag) == (found.method, "")
    start = incidence_at(cumulative_incidence(TIMES, CAUSES, 2), 1.5)
    assert (start.value, start.se, start.flag) == (0, 0, "a single event")
    assert start.method == found.method
    assert incidence_at(found, 0.5).value == 0


def test_an_incidence_is_unknown_after_a_last_censoring_and_stays_after_a_last_event() -> None:
    unknown = incidence_at(cumulative_incidence(TIMES, CAUSES), 4.1)
    assert (math.isnan(unknown.value), unknown.flag) == (True, "beyond last follow-up")
    assert unknown.method == "aalen-johansen, log(-log) limits"
    for last in (1, 2):
        assert incidence_at(cumulative_incidence(TIMES, [1, 2, 1, last]), 9).value == (0.75 if last == 1 else 0.5)


@pytest.mark.filterwarnings("error")
def test_where_all_had_it_the_incidence_is_1() -> None:
    found = incidence_at(cumulative_incidence([1, 2, 2], [1, 1, 1]), 2)
    assert (found.value, found.se) == (1, pytest.approx(0, abs=1e-12))


def test_many_patients_are_summed_part_by_part() -> None:
    """Nobody is censored, so the error is that of a share; 9 million cells of patients by times are two parts."""
    n = 3000
    table = cumulative_incidence(np.arange(n) + 1, 1 + np.arange(n) % 2).table
    share = np.ceil(np.arange(1, n + 1) / 2) / n
    np.testing.assert_allclose(table["incidence"], share)
    np.testing.assert_allclose(table["se"], np.sqrt(share * (1 - share) / n))


@pytest.mark.parametrize("causes", [[1, -1], [1, 0.5]])
def test_causes_are_whole_numbers_from_0(causes: list[float]) -> None:
    for method in (cumulative_incidence, lambda t, c: gray_test(t, c, [0, 1])):
        with pytest.raises(UnusableData, match=r"^causes must be 0 \(censored\), 1, 2, \.\.\.$"):
            method([1, 2], causes)
        with pytest.raises(UnusableData, match=r"^causes: 1 of 2 values are missing or infinite$"):
            method([1, 2], [1, math.nan])


# ---------------------------------------------------------------- Gray's test
GROUP = list("aabb")


def test_grays_test_has_the_p_of_its_statistic_and_names_itself() -> None:
    time, cause, group = [1, 2, 3, 4, 5, 6], [1, 1, 2, 1, 0, 1], list("ababab")
    for strata, method in ((None, "gray"), ([0] * 6, "gray, stratified")):
        found = gray_test(time, cause, group, strata=strata)
        assert (found.df, found.p) == (1, pytest.approx(chi2.sf(found.statistic, 1)))
        assert (math.isnan(found.value), found.method, found.flag) == (True, method, "")
    assert gray_test(time, cause, group, 2).flag == "a single event"


def test_without_a_competing_cause_the_excess_of_gray_is_that_of_the_log_rank_test() -> None:
    from cartwright.analysis.methods.survival.gray import _gray_stratum

    time, event, label = np.array([1, 2, 2, 3, 4, 5.0]), np.array([1, 1, 0, 1, 0, 1]), np.array([0, 1, 0, 0, 1, 1])
    score, _ = _gray_stratum(time, event, label, 2, 1)
    test = logrank(time, event, label)
    np.testing.assert_allclose(score, test.observed - test.expected)


def test_gray_without_an_event_of_its_cause_has_nothing_to_compare() -> None:
    found = gray_test(TIMES, [2, 0, 2, 0], GROUP)
    assert (math.isnan(found.value), math.isnan(found.p)) == (True, True)
    assert (found.method, found.flag) == ("gray", "no events to compare")


def test_gray_needs_two_groups_and_a_label_for_every_row() -> None:
    with pytest.raises(UnusableData, match=r"^Gray's test needs at least two groups with rows$"):
        gray_test(TIMES, CAUSES, ["a"] * 4)
    with pytest.raises(UnusableData, match=r"^group must be one column of 4 rows$"):
        gray_test(TIMES, CAUSES, ["a", "b"])
    with pytest.raises(UnusableData, match=r"^strata: 1 of 4 values are missing$"):
        gray_test(TIMES, CAUSES, GROUP, strata=[1, 1, None, 1])


# ---------------------------------------------------------------- interval-censored
def test_of_exact_times_and_right_censoring_it_is_kaplan_and_meiers_curve() -> None:
    left, right = [1, 2, 3, 4, 5], [1, np.inf, 3, np.inf, 5]
    curve, due = turnbull(left, right), kaplan_meier([1, 2, 3, 4, 5], [1, 0, 1, 0, 1])
    assert (curve.n, curve.method, curve.flag) == (5, "turnbull", "")
    assert [curve.survival_at(t) for t in (0.5, 1, 2, 3, 4, 5)] == pytest.approx(
        [1, 0.8, 0.8, 8 / 15, 8 / 15, 0], abs=1e-8
    )
    assert due.table["survival"].iloc[3] == pytest.approx(8 / 15)
    np.testing.assert_array_equal(curve.table["left"], curve.table["right"])


def test_mass_lies_where_a_left_end_is_followed_by_a_right_end() -> None:
    """(0, 2], (1, 3], (4, 5]: the first two share (1, 2]; mass 2/3 there and 1/3 in (4, 5]."""
    table = turnbull([0, 1, 4], [2, 3, 5]).table
    assert list(table.itertuples(index=False, name=None)) == [
        (1, 2, pytest.approx(2 / 3)),
        (4, 5, pytest.approx(1 / 3)),
    ]


def test_an_exact_time_is_not_inside_an_interval_that_opens_there() -> None:
    """1 exactly, and (1, 2]: the second cannot have been at 1."""
    table = turnbull([1, 1], [1, 2]).table
    assert list(table.itertuples(index=False, name=None)) == [(1, 1, pytest.approx(0.5)), (1, 2, pytest.approx(0.5))]


def test_a_quantile_is_the_interval_in_which_the_curve_crosses() -> None:
    curve = turnbull([0, 1, 4], [2, 3, 5])
    for p, low, high in ((0.5, 1, 2), (0.6, 1, 2), (0.7, 4, 5)):
        found = curve.quantile(p)
        assert (found.value, found.ci_low, found.ci_high) == (high, low, high)
        assert (found.method, found.flag) == ("turnbull, support interval", "")
    unknown = turnbull([0, 1, 1], [1, np.inf, np.inf]).quantile()
    assert (math.isnan(unknown.value), unknown.method, unknown.flag) == (True, "turnbull", "not reached")


def test_a_quantile_on_a_step_that_never_ends_is_not_reached() -> None:
    found = turnbull([0, 0, 20, 20], [10, 10, np.inf, np.inf]).quantile()
    assert (math.isnan(found.value), found.method, found.flag) == (True, "turnbull, support interval", "not reached")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([-1, 1], [2, 2]),
        ([3, 1], [2, 2]),
        ([math.nan, 1], [2, 2]),
        ([1, 1], [2, math.nan]),
        ([math.inf, 1], [math.inf, 2]),
    ],
)
def test_an_interval_has_an_order_and_both_ends(left: list, right: list) -> None:
    with pytest.raises(UnusableData, match=r"^intervals need 0 <= left <= right without missing values$"):
        turnbull(left, right)


@pytest.mark.parametrize(("left", "right"), [([], []), ([1, 2], [3])])
def test_the_ends_are_columns_of_one_length(left: list, right: list) -> None:
    with pytest.raises(UnusableData, match=r"^left and right must be columns of one length$"):
        turnbull(left, right)


def test_a_search_that_does_not_end_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interval, "MOST_STEPS", 1)
    assert turnbull([0, 1, 2, 1], [2, 3, 5, 1.5]).flag == "not converged"
