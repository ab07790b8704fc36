"""Curves by hand: Greenwood's variance, the limits of each kind, numbers at risk, and what a curve says of itself."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.survival import (
    at_risk,
    kaplan_meier,
    kaplan_meier_from_counts,
    reverse_kaplan_meier,
    survival_at,
    survival_difference,
)
from cartwright.analysis.methods.survival.curve import limits

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

Z = norm.ppf(0.95)  # of 90 % limits
TIMES, EVENTS = [1, 2, 3, 4], [1, 0, 1, 0]
LOG_SE = (math.sqrt(1 / 12), math.sqrt(1 / 12 + 1 / 2))  # 1/(4 x 3), then 1/(2 x 1) more
SURVIVAL = (0.75, 0.375)
LIMITS = {
    "plain": lambda s, se: (max(s * (1 - Z * se), 0), min(s * (1 + Z * se), 1)),
    "log": lambda s, se: (s * math.exp(-Z * se), min(s * math.exp(Z * se), 1)),
    "log-log": lambda s, se: tuple(s ** math.exp(sign * Z * se / -math.log(s)) for sign in (1, -1)),
}


def values(curve) -> list[tuple]:
    columns = ["time", "at_risk", "events", "censored", "survival"]
    return list(curve.table[columns].itertuples(index=False, name=None))


def test_a_curve_steps_at_events_among_those_still_at_risk() -> None:
    curve = kaplan_meier(TIMES, EVENTS)
    assert values(curve) == [
        (0, 4, 0, 0, 1),
        (1, 4, 1, 0, 0.75),
        (2, 3, 0, 1, 0.75),
        (3, 2, 1, 0, 0.375),
        (4, 1, 0, 1, 0.375),
    ]
    assert (curve.n, curve.events, curve.last_time, curve.flag) == (4, 2, 4, "")
    assert (curve.conf_type, curve.confidence) == ("log-log", 0.95)
    assert curve.entries is None


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("from_counts", [False, True])
def test_limits_of_each_kind_have_greenwoods_variance_and_the_confidence_asked_for(
    kind: str, from_counts: bool
) -> None:
    counts = pd.DataFrame({"time": TIMES, "events": EVENTS, "censored": [0, 1, 0, 1]})
    curve = (
        kaplan_meier_from_counts(counts, kind, 0.9)
        if from_counts
        else kaplan_meier(TIMES, EVENTS, conf_type=kind, confidence=0.9)
    )
    table = curve.table.set_index("time")
    for time, s, log_se in zip((1, 3), SURVIVAL, LOG_SE, strict=True):
        assert table.loc[time, "se"] == pytest.approx(s * log_se)
        assert tuple(table.loc[time, ["ci_low", "ci_high"]]) == pytest.approx(LIMITS[kind](s, log_se))
    assert tuple(table.loc[0, ["survival", "se", "ci_low", "ci_high"]]) == (1, 0, 1, 1)
    assert curve.method == f"kaplan-meier, greenwood, {kind} limits"
    assert (curve.conf_type, curve.confidence) == (kind, 0.9)


def test_counts_by_day_may_come_in_any_order_and_say_that_nobody_entered_late() -> None:
    counts = pd.DataFrame({"time": TIMES, "events": EVENTS, "censored": [0, 1, 0, 1], "entered": 0})
    curve = kaplan_meier_from_counts(counts[::-1])
    assert values(curve) == values(kaplan_meier(TIMES, EVENTS))
    assert [curve.at_risk(t) for t in (0, 2, 4)] == [4, 3, 1]
    assert curve.entries is None


def test_counts_of_a_single_event_say_so() -> None:
    counts = pd.DataFrame({"time": [1, 2], "events": [1, 0], "censored": [0, 3]})
    assert kaplan_meier_from_counts(counts).flag == "a single event"
    assert kaplan_meier_from_counts(counts.assign(events=0)).flag == "no events"


def test_limits_are_of_95_percent_where_nothing_else_is_asked() -> None:
    for curve in (kaplan_meier(TIMES, EVENTS, conf_type="log"), reverse_kaplan_meier([1, 2], [0, 1], "log")):
        row = curve.table.iloc[1]
        log_se = row["se"] / row["survival"]
        assert row["ci_low"] == pytest.approx(row["survival"] * math.exp(-norm.ppf(0.975) * log_se))
        assert curve.confidence == 0.95


@pytest.mark.parametrize("kind", LIMITS)
def test_limits_that_reach_neither_0_nor_1_are_cut_at_neither(kind: str) -> None:
    """Ten patients without censoring: S(5) = 1/2, and log S has the variance (1 - S) / (10 S) = 1/10."""
    row = kaplan_meier(range(1, 11), [1] * 10, conf_type=kind, confidence=0.9).table.iloc[5]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(LIMITS[kind](0.5, math.sqrt(0.1)))
    assert 0 < row["ci_low"] < row["ci_high"] < 1


def test_a_kind_of_limits_is_one_of_three() -> None:
    with pytest.raises(ValueError, match=r"^conf_type must be one of log-log, log, plain, not 'logit'$"):
        kaplan_meier(TIMES, EVENTS, conf_type="logit")


def test_limits_are_unknown_where_nobody_is_left_and_by_log_log_where_nobody_died() -> None:
    by_log_log, plain = (kaplan_meier([1, 2], [0, 1], conf_type=kind).table for kind in ("log-log", "plain"))
    assert by_log_log.loc[1:, ["ci_low", "ci_high"]].isna().all(axis=None)
    assert tuple(plain.loc[1, ["ci_low", "ci_high"]]) == (1, 1)
    assert plain.loc[2, ["se", "ci_low", "ci_high"]].isna().all()


@pytest.mark.parametrize("kind", LIMITS)
def test_no_limits_are_made_of_0_and_by_log_log_of_1_whatever_the_error(kind: str) -> None:
    low, high = limits(np.array([0.0, 1.0]), np.array([0.5, 0.5]), kind, 0.9)
    assert np.isnan([low, high]).tolist() == [[True, kind == "log-log"]] * 2


def test_an_error_is_0_before_the_first_event_and_unknown_at_0_also_up_to_rounding() -> None:
    assert list(kaplan_meier([1, 2, 3], [0, 1, 0]).table["se"][:2]) == [0, 0]
    weights = [0.1, 0.2, 0.3]  # 0.6 less the first two is not 0.3
    last = kaplan_meier([1, 2, 3], [1, 1, 1], entry=[0, 0, 0], weights=weights, robust=False).table.iloc[-1]
    assert last["survival"] == 0
    assert last[["se", "ci_low", "ci_high"]].isna().all()


def test_a_share_of_one_in_a_billion_is_not_0() -> None:
    assert kaplan_meier([1, 2], [1, 0], weights=[1e9, 1]).table["survival"][1] == pytest.approx(1e-9, rel=1e-6)


def test_a_table_has_the_columns_it_promises_and_rows_numbered_from_0() -> None:
    table = kaplan_meier(TIMES, EVENTS).table
    assert list(table) == ["time", "at_risk", "events", "censored", "survival", "se", "ci_low", "ci_high"]
    assert list(table.index) == [0, 1, 2, 3, 4]


def test_a_time_of_zero_is_the_curve_s_first_row() -> None:
    curve = kaplan_meier([0, 1, 2], [1, 0, 1])
    assert values(curve)[0] == (0, 3, 1, 0, pytest.approx(2 / 3))
    assert survival_at(curve, 0)["survival"][0] == pytest.approx(2 / 3)


def test_potential_follow_up_turns_events_round_with_the_limits_asked_for() -> None:
    curve = reverse_kaplan_meier([1, 2, 3, 4], [0, 1, 0, 1], "plain", 0.9)
    due = kaplan_meier(TIMES, EVENTS, conf_type="plain", confidence=0.9)
    pd.testing.assert_frame_equal(curve.table, due.table)
    assert (curve.method, curve.confidence) == (due.method, 0.9)


# ---------------------------------------------------------------- left truncation
def test_who_enters_late_is_at_risk_from_the_next_moment_on() -> None:
    entry, time = [0, 0, 2, 2], [1, 4, 4, 2.5]
    curve = kaplan_meier(time, [1, 1, 0, 1], entry, weights=[1, 1, 2, 1])
    counts = pd.DataFrame(
        {"time": [0, 1, 2, 2.5, 4], "events": [0, 1, 0, 1, 1], "censored": [0, 0, 0, 0, 2], "entered": [2, 0, 3, 0, 0]}
    )
    due = [(0, 2, 0, 0, 1), (1, 2, 1, 0, 0.5), (2.5, 4, 1, 0, 0.375), (4, 3, 1, 2, 0.25)]
    for found in (curve, kaplan_meier_from_counts(counts)):
        assert values(found) == [pytest.approx(row) for row in due]
        assert found.n == 5
        assert [found.at_risk(t) for t in (0, 1, 2, 2.25, 3, 4, 5)] == [2, 2, 1, 4, 3, 3, 0]


def test_the_number_at_risk_of_a_short_time_counts_who_has_entered_by_then() -> None:
    curve = kaplan_meier([2, 3], [1, 1], entry=[0, 0.5])
    assert [curve.at_risk(t) for t in (0, 0.5, 0.75)] == [1, 1, 2]
    assert list(curve.table["at_risk"]) == [1, 2, 1]


def test_a_risk_set_that_empties_before_the_last_time_is_flagged_and_one_that_ends_with_it_is_not() -> None:
    assert kaplan_meier([2, 10, 12], [1, 1, 0], entry=[0, 5, 5]).flag == "risk set empties before the last time"
    assert kaplan_meier([1, 2, 12], [1, 1, 0], entry=[0, 0, 5]).flag == "risk set empties before the last time"
    assert kaplan_meier([1, 2], [1, 1]).flag == ""


def test_numbers_at_risk_are_whole_without_weights_and_sums_with_them() -> None:
    plain, weighed = at_risk(TIMES, [0, 1, 1.5, 4, 4.5]), at_risk(TIMES, [2, 4], weights=[1, 0.5, 1, 2])
    assert list(plain) == [4, 4, 3, 1, 0]
    assert plain.dtype.kind == "i"
    assert list(weighed) == [3.5, 2]
    assert list(at_risk([3, 4], [0, 1, 2, 3], entry=[0, 1])) == [1, 1, 2, 2]


# ---------------------------------------------------------------- read at a time
def test_a_landmark_reads_the_last_step_with_all_that_stands_there() -> None:
    curve = kaplan_meier(TIMES, EVENTS, conf_type="plain")
    found = survival_at(curve, [0.5, 3, 3.5, 4])
    assert list(found["time"]) == [0.5, 3, 3.5, 4]
    assert list(found["survival"]) == [1, 0.375, 0.375, 0.375]
    assert list(found["at_risk"]) == [4, 2, 1, 1]
    for column in ("se", "ci_low", "ci_high"):
        assert list(found[column][1:]) == [curve.table[column][3]] * 3
    assert tuple(found.loc[0, ["se", "ci_low", "ci_high"]]) == (0, 1, 1)
    assert set(found["method"]) == {curve.method}
    assert set(found["flag"]) == {""}


def test_a_landmark_beyond_a_censored_end_is_unknown_in_every_column() -> None:
    row = survival_at(kaplan_meier(TIMES, EVENTS), 4.1).iloc[0]
    assert row[["survival", "se", "ci_low", "ci_high"]].isna().all()
    assert (row["at_risk"], row["flag"]) == (0, "beyond last follow-up")


def test_a_landmark_is_not_before_the_start() -> None:
    with pytest.raises(UnusableData, match=r"^landmark times must not be negative$"):
        survival_at(kaplan_meier(TIMES, EVENTS), [1, -0.1])


def test_a_landmark_is_a_time_of_the_curve_up_to_rounding_and_no_further() -> None:
    curve = kaplan_meier([100, 200, 300], [1, 1, 0])  # mean of 0, 100, 200, 300: 150 x 1.5e-8
    assert survival_at(curve, 100 - 2.2e-6)["survival"][0] == pytest.approx(2 / 3)
    assert survival_at(curve, 100 - 2.3e-6)["survival"][0] == 1


def test_rounding_of_times_below_1_is_that_of_1() -> None:
    curve = kaplan_meier([0.1, 0.2, 0.3], [1, 1, 0])
    assert survival_at(curve, 0.1 - 1.4e-8)["survival"][0] == pytest.approx(2 / 3)
    assert survival_at(curve, 0.1 - 1.6e-8)["survival"][0] == 1


def test_a_difference_has_both_variances_the_confidence_of_its_curves_and_a_z_test() -> None:
    a, b = kaplan_meier(TIMES, EVENTS, confidence=0.9), kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0], confidence=0.9)
    found = survival_difference(a, b, 3)
    value = 0.375 - 0.5
    se = math.hypot(0.375 * LOG_SE[1], 0.5 * math.sqrt(1 / 12 + 1 / 6))
    assert (found.value, found.se, found.statistic) == pytest.approx((value, se, value / se))
    assert (found.ci_low, found.ci_high) == pytest.approx((value - Z * se, value + Z * se))
    assert found.p == pytest.approx(2 * norm.sf(abs(value / se)))
    assert (found.method, found.flag) == ("kaplan-meier difference, plain limits", "")


def test_a_difference_says_why_it_cannot_be_trusted() -> None:
    short, sound = kaplan_meier([1, 2], [1, 0]), kaplan_meier(TIMES, EVENTS)
    for pair in ((short, sound), (sound, short)):
        assert survival_difference(*pair, 3).flag == "beyond last follow-up"
    found = survival_difference(sound, sound, 0.5)
    assert (found.value, found.flag, math.isnan(found.p)) == (0, "no variation", True)


# ---------------------------------------------------------------- robust variance
def test_the_jackknife_is_asked_for_by_weights_that_count_nobody_or_by_name() -> None:
    robust = kaplan_meier(TIMES, EVENTS, weights=[1, 0.5, 1, 1])
    assert robust.method == "kaplan-meier, robust, log-log limits"
    assert kaplan_meier(TIMES, EVENTS, weights=[1, 2, 1, 1]).method == "kaplan-meier, greenwood, log-log limits"
    named = kaplan_meier(TIMES, EVENTS, robust=True)
    assert named.method == "kaplan-meier, robust, log-log limits"


def test_the_jackknife_of_a_curve_without_censoring_is_that_of_a_share() -> None:
    """S(t) is then the mean of 1(T > t), whose infinitesimal jackknife variance is S (1 - S) / n (Efron 1982)."""
    table = kaplan_meier([1, 2, 3, 4, 5], [1] * 5, robust=True).table
    s = table["survival"].to_numpy()[1:-1]
    np.testing.assert_allclose(table["se"].to_numpy()[1:-1], np.sqrt(s * (1 - s) / 5))


@pytest.mark.parametrize(
    ("weights", "robust", "squares"), [([1, 2, 1], None, 12), ([1, 2, 1], True, 14), ([0.5, 1, 0.5], None, 14)]
)
def test_a_patient_of_twice_the_weight_is_two_to_greenwood_and_one_to_the_jackknife(weights, robust, squares) -> None:
    """At 1, S = 3/4. Greenwood: S (1 - S) / 4 = 12/256. Jackknife: weights x (1(T > 1) - S), squared, over the square
    of their sum: (9 + 4 + 1) / 16 / 16 = 14/256."""
    curve = kaplan_meier([1, 2, 3], [1, 1, 1], weights=weights, robust=robust)
    assert curve.table["se"][1] == pytest.approx(math.sqrt(squares) / 16)


def test_a_censoring_moves_the_jackknife_no_more_than_the_curve() -> None:
    table = kaplan_meier(TIMES, EVENTS, robust=True).table
    assert list(table["se"][1:3]) == pytest.approx([math.sqrt(0.75 * 0.25 / 4)] * 2)
