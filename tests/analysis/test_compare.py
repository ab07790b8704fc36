"""Comparisons without time, by hand: statistics, limits of the confidence asked for, names, and why there is no p."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2, norm

from cartwright.analysis.methods.compare import (
    adjust,
    contingency_test,
    kappa,
    odds_ratio,
    paired_test,
    proportion,
    proportion_difference,
    sample_test,
    standardised_difference,
    summarise,
    trend_test,
)
from cartwright.analysis.methods.estimate import UnusableData

NAN = math.nan
Z90, Z95 = norm.ppf(0.95), norm.ppf(0.975)


def facts(found) -> tuple:
    """What stands beside the numbers."""
    return found.method, found.flag


# ---------------------------------------------------------------- contingency tables
COUNTS = [[10, 20], [30, 40]]  # margins 30, 70 and 40, 60; ad - bc = -200


@pytest.mark.parametrize(("test", "gap"), [("pearson", 200), ("yates", 200 - 50)])
def test_chi_square_of_a_fourfold_table(test: str, gap: int) -> None:
    statistic = 100 * gap**2 / (30 * 70 * 40 * 60)
    for table in (COUNTS, [[10, 20, 0], [0, 0, 0], [30, 40, 0]]):  # empty rows and columns are left out
        found = contingency_test(table, test)
        assert (found.statistic, found.df, found.p) == pytest.approx((statistic, 1, chi2.sf(statistic, 1)))
        assert (math.isnan(found.value), *facts(found)) == (True, test, "")


def test_without_being_asked_the_correction_is_made() -> None:
    assert facts(contingency_test(COUNTS)) == ("yates", "")


def test_a_larger_table_has_more_degrees_of_freedom_and_no_correction() -> None:
    table = [[10, 20, 30], [30, 20, 10]]  # expected 20 everywhere: 4 x 100 / 20
    found = contingency_test(table, "pearson")
    assert (found.statistic, found.df) == (pytest.approx(20), 2)
    found = contingency_test(table, "yates")
    assert (math.isnan(found.value), math.isnan(found.p)) == (True, True)
    assert facts(found) == ("yates", "continuity correction is for 2 x 2 tables")


def test_an_expected_count_below_5_is_told_and_5_is_not() -> None:
    assert facts(contingency_test([[5, 5], [5, 5]], "pearson")) == ("pearson", "")
    assert facts(contingency_test([[4, 5], [5, 5]], "pearson")) == ("pearson", "smallest expected count 4.3")


def test_the_lady_tasting_tea() -> None:
    """Of 70 ways 1, 16, 36, 16, 1 have 0 to 4 right; three right (Fisher 1935)."""
    for test, ways in (("fisher", 1 + 16 + 16 + 1), ("midp", 1 + 16 / 2 + 16 / 2 + 1)):
        found = contingency_test([[3, 1], [1, 3]], test)
        assert found.p == pytest.approx(ways / 70)
        assert (math.isnan(found.value), math.isnan(found.statistic), *facts(found)) == (True, True, test, "")


@pytest.mark.parametrize("turned", [False, True])
def test_freeman_and_halton_list_every_table_with_the_margins(turned: bool) -> None:
    """[[2, 0, 0], [0, 1, 1]]: 2 of 4 in the first row; it takes (2, 0, 0), (1, 1, 0), (1, 0, 1) or (0, 1, 1) of the
    columns in 1, 2, 2 and 1 of 6 ways."""
    table = np.array([[2, 0, 0], [0, 1, 1]])
    table = table.T if turned else table
    assert contingency_test(table, "fisher").p == pytest.approx(2 / 6)
    assert contingency_test(table, "midp").p == pytest.approx(2 / 6 - 2 / 12)


def test_a_single_row_compares_nothing() -> None:
    found = contingency_test([[3, 4]])
    assert (math.isnan(found.value), math.isnan(found.p), *facts(found)) == (True, True, "yates", "nothing to compare")


def test_an_odds_ratio_has_woolfs_limits() -> None:
    se = math.sqrt(1 / 10 + 1 / 20 + 1 / 30 + 1 / 40)
    for options, z in (({}, Z95), ({"confidence": 0.9}, Z90)):
        found = odds_ratio(COUNTS, **options)
        assert (found.value, found.se) == pytest.approx((400 / 600, se))
        assert (found.ci_low, found.ci_high) == pytest.approx((2 / 3 * math.exp(-z * se), 2 / 3 * math.exp(z * se)))
        assert facts(found) == ("odds ratio, woolf limits", "")
    empty = odds_ratio([[0, 3], [2, 4]])
    assert (empty.value, empty.flag) == (pytest.approx(0.5 * 4.5 / (3.5 * 2.5)), "zero cell: 1/2 added to each")
    with pytest.raises(UnusableData, match=r"^an odds ratio needs a 2 x 2 table$"):
        odds_ratio([[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(
    "bad",
    [[1, 2], [[1, NAN], [2, 3]], [[1, None], [2, 3]], [[1, math.inf], [2, 3]], [[-1, 1], [2, 3]], [[0.5, 1], [2, 3]]],
)
def test_a_table_holds_whole_counts(bad) -> None:
    with pytest.raises(UnusableData, match=r"^a contingency table holds whole, non-negative counts in two dimensions$"):
        contingency_test(bad)


# ---------------------------------------------------------------- proportions
def wilson(count: int, n: int, z: float) -> tuple[float, float]:
    middle = (count + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(count * (n - count) / n + z * z / 4)
    return middle - half, middle + half


@pytest.mark.parametrize(("options", "z"), [({}, Z95), ({"confidence": 0.9}, Z90)])
def test_wilson_and_newcombe_by_their_formulas(options: dict, z: float) -> None:
    found = proportion(7, 20, "wilson", **options)
    assert (found.value, found.ci_low, found.ci_high) == pytest.approx((0.35, *wilson(7, 20, z)))
    assert facts(found) == ("wilson", "")
    (a, low_a, high_a), (b, low_b, high_b) = (0.35, *wilson(7, 20, z)), (0.2, *wilson(3, 15, z))
    found = proportion_difference(7, 20, 3, 15, **options)
    low, high = math.hypot(a - low_a, high_b - b), math.hypot(high_a - a, b - low_b)
    assert (found.value, found.ci_low, found.ci_high) == pytest.approx((a - b, a - b - low, a - b + high))
    assert facts(found) == ("newcombe", "")


def test_clopper_and_pearson_end_at_0_and_1() -> None:
    """None of n: the upper limit p has (1 - p)^n = 0.025."""
    none, all_ = proportion(0, 10), proportion(10, 10, confidence=0.9)
    assert (none.value, none.ci_low, none.ci_high) == (0, 0, pytest.approx(1 - 0.025**0.1))
    assert (all_.value, all_.ci_low, all_.ci_high) == (1, pytest.approx(0.05**0.1), 1)
    assert facts(none) == ("clopper_pearson", "")


def test_wilsons_limits_end_at_0_and_1_whatever_the_rounding() -> None:
    assert proportion(0, 7, "wilson").ci_low == 0 < proportion(1, 7, "wilson").ci_low
    assert proportion(10, 10, "wilson").ci_high == 1


def test_nobody_has_no_proportion() -> None:
    for found, due in (
        (proportion(0, 0), ("clopper_pearson", "no subjects")),
        (proportion_difference(0, 0, 1, 2), ("newcombe", "no subjects in a group")),
        (proportion_difference(1, 2, 0, 0), ("newcombe", "no subjects in a group")),
    ):
        assert (math.isnan(found.value), *facts(found)) == (True, *due)


@pytest.mark.parametrize("pair", [(-1, 2), (3, 2), (0.5, 2), (1, 2.5)])
def test_counts_are_whole_and_within_n(pair: tuple) -> None:
    with pytest.raises(UnusableData, match=rf"^counts must be whole with 0 <= count <= n, not {pair[0]} of {pair[1]}$"):
        proportion(*pair)
    for pairs in ((*pair, 1, 2), (1, 2, *pair)):
        with pytest.raises(UnusableData, match=r"^counts must be whole"):
            proportion_difference(*pairs)


# ---------------------------------------------------------------- trend, samples, pairs
def test_a_trend_by_hand() -> None:
    """Cochran 1954: [sum x (r - n R / N)]^2 / [R / N (1 - R / N) sum n (x - m)^2], m the mean score."""
    table, size, first = np.array([[1, 9], [3, 7], [6, 4]]), 10.0, np.array([1, 3, 6])
    for scores, found in (([0, 1, 2], trend_test(table)), ([0, 1, 4], trend_test(table, [0, 1, 4]))):
        x = np.array(scores) - np.mean(scores)
        statistic = (x @ (first - size / 3)) ** 2 / (1 / 3 * 2 / 3 * size * (x @ x))
        assert (found.statistic, found.df, found.p) == pytest.approx((statistic, 1, chi2.sf(statistic, 1)))
        assert (math.isnan(found.value), *facts(found)) == (True, "trend", "")
    for empty in ([[0, 3], [0, 4]], [[1, 3], [0, 0]], [[0, 0], [0, 0]]):
        assert (math.isnan(trend_test(empty).value), *facts(trend_test(empty))) == (True, "trend", "nothing to compare")
    with pytest.raises(UnusableData, match=r"^3 levels need as many scores$"):
        trend_test(table, [0, 1])
    for bad in ([1, 2], [[1, 2, 3], [4, 5, 6]]):
        with pytest.raises(UnusableData, match=r"^a trend over levels is tested between two groups$"):
            trend_test(bad)


def test_rank_sums_by_hand() -> None:
    """1, 2, 3 against 4, 5, 6: U = 0, mean 4.5, variance 3 x 3 x 7 / 12; correction of 1/2."""
    found = sample_test([[1, 2, NAN, 3], [4, 5, 6]])
    assert found.statistic == 0
    assert found.p == pytest.approx(2 * norm.sf((4.5 - 0.5) / math.sqrt(3 * 3 * 7 / 12)))
    assert (math.isnan(found.df), math.isnan(found.value), *facts(found)) == (True, True, "ranksum", "")


def test_kruskal_by_hand() -> None:
    """Ranks 1, 2 | 3, 4 | 5, 6: H = 12 / (6 x 7) (9 / 2 + 49 / 2 + 121 / 2) - 3 x 7."""
    found, statistic = sample_test([[1, 2], [3, 4], [5, 6]], "kruskal"), 12 / 42 * 179 / 2 - 21
    assert (found.statistic, found.df, found.p) == pytest.approx((statistic, 2, chi2.sf(statistic, 2)))
    assert facts(found) == ("kruskal", "")


def test_welch_by_hand() -> None:
    """Means 2 and 6, variances 1 and 4 of three each: t = -4 / sqrt(5 / 3), (5 / 3)^2 / ((1 / 9 + 16 / 9) / 2) df."""
    found = sample_test([[1, 2, 3], [4, 6, 8]], "welch")
    assert (found.statistic, found.df) == pytest.approx((-4 / math.sqrt(5 / 3), (25 / 9) / (17 / 18)))
    pooled = sample_test([[1, 2, 3], [4, 6, 8]], "t")
    assert (pooled.statistic, pooled.df) == pytest.approx((-4 / math.sqrt(5 / 3), 4))


@pytest.mark.parametrize(
    ("samples", "test", "flag"),
    [
        ([[1.0], []], "ranksum", "too few values in a group"),
        ([[1.0], [2.0]], "ranksum", ""),
        ([[1.0], [2.0, 3.0, 4.0]], "welch", "too few values in a group"),
        ([[1.0, 2.0], [2.0, 3.0]], "welch", ""),
        ([[1.0], [2.0]], "t", "too few values in a group"),
        ([[5.0], [1.0, 3.0]], "t", ""),
        ([[1.0, None], [2.0]], "ranksum", ""),
        ([[1.0]], "kruskal", "too few values in a group"),
        ([[2.0, 2.0], [2.0]], "ranksum", "no variation"),
        ([[1.0, 1.0], [2.0, 2.0]], "t", "no variation"),
        ([[1.0, 1.0], [2.0, 2.0]], "welch", "no variation"),
        ([[1.0, 1.0], [2.0, 2.0]], "ranksum", ""),
    ],
)
def test_how_many_values_and_how_different_a_test_needs(samples, test: str, flag: str) -> None:
    found = sample_test(samples, test)
    assert (facts(found), math.isnan(found.p), math.isnan(found.value)) == ((test, flag), bool(flag), True)


def test_samples_are_two_and_finite() -> None:
    with pytest.raises(ValueError, match=r"^welch compares two samples, not 3$"):
        sample_test([[1, 2], [1, 2], [1, 2]], "welch")
    with pytest.raises(UnusableData, match=r"^values must be finite$"):
        sample_test([[1, 2], [1, math.inf]])


def test_signed_ranks_by_hand() -> None:
    """Differences -1, 2, 3, 4: W- = 1 of 10; mean 5, variance 4 x 5 x 9 / 24; correction of 1/2; (6, 6) is left out."""
    found = paired_test([1, 4, 6, 8, 6], [2, 2, 3, 4, 6])
    assert found.statistic == 1
    assert found.p == pytest.approx(2 * norm.sf((5 - 1 - 0.5) / math.sqrt(4 * 5 * 9 / 24)))
    assert (math.isnan(found.value), *facts(found)) == (True, "signedrank", "")
    counted = paired_test([1, 1, 1, 0, 1], [0, 0, 0, 1, 1], "mcnemar")
    assert (counted.statistic, counted.p) == (3, pytest.approx(2 * (1 + 4) / 16))
    assert (math.isnan(counted.value), *facts(counted)) == (True, "mcnemar", "")
    for first, second in (([1, 4, 6, 8, None], [2, 2, 3, 4, 6]), ([1, 4, 6, 8, 6], [2, 2, 3, 4, None])):
        assert paired_test(first, second).p == found.p  # None is a value that is missing
    with pytest.raises(ValueError, match=r"^paired values must come in equal numbers$"):
        paired_test([1, 2], [1])


# ---------------------------------------------------------------- agreement, balance, multiplicity, summaries
RATINGS = [[20, 5], [10, 15]]  # agree 35 of 50; by chance (25 x 30 + 25 x 20) / 50^2 = 1/2: kappa 0.4


def test_kappa_of_two_levels_is_the_same_by_every_weight_and_has_its_own_limits() -> None:
    """Fleiss, Cohen & Everitt 1969: n var = (A + B - C) / (1 - pe)^2 with the shares of the table."""
    p, row, column = np.array(RATINGS) / 50, np.array([0.5, 0.5]), np.array([0.6, 0.4])
    k = 0.4
    a = sum(p[i, i] * (1 - (row[i] + column[i]) * (1 - k)) ** 2 for i in (0, 1))
    b = (1 - k) ** 2 * sum(p[i, j] * (column[i] + row[j]) ** 2 for i, j in ((0, 1), (1, 0)))
    se = math.sqrt((a + b - (k - 0.5 * (1 - k)) ** 2) / (50 * 0.25))
    for weights, method in (
        ("none", "kappa"),
        ("linear", "kappa, linear weights"),
        ("quadratic", "kappa, quadratic weights"),
    ):
        found = kappa(RATINGS, weights)
        assert (found.value, found.se) == pytest.approx((k, se))
        assert (found.ci_low, found.ci_high) == pytest.approx((k - Z95 * se, k + Z95 * se))
        assert facts(found) == (method, "")
    assert kappa(RATINGS).method == "kappa, quadratic weights"


@pytest.mark.parametrize(
    ("table", "value", "flag"),
    [
        ([[0, 0], [0, 0]], NAN, "nobody is rated twice"),
        ([[5, 0], [0, 0]], NAN, "a single level"),
        ([[5, 3], [0, 0]], 0, ""),  # the first rating gives everybody one level: agreement is that of chance, 5 of 8
        ([[3, 0], [0, 4]], 1, "complete agreement: no limits"),
    ],
)
def test_what_kappa_needs(table, value: float, flag: str) -> None:
    found = kappa(table, "none")
    assert found.value == pytest.approx(value, nan_ok=True)
    assert (math.isnan(found.ci_low), *facts(found)) == (bool(flag), "kappa", flag)


def test_no_agreement_is_more_than_complete() -> None:
    found = kappa([[20, 1], [0, 20]], "none")
    assert found.value + Z95 * found.se > 1 == found.ci_high


def test_weights_of_kappa_count_steps_between_the_levels() -> None:
    """Observed and expected mean distance of [[2, 0, 1], [0, 3, 0], [1, 0, 3]]: 4 / 10; of its margins 3, 3, 4."""
    table = [[2, 0, 1], [0, 3, 0], [1, 0, 3]]
    steps = 2 * (3 * 3 + 3 * 4 + 2 * 3 * 4) / 100
    assert kappa(table, "linear").value == pytest.approx(1 - 0.4 / steps)
    squares = 2 * (3 * 3 + 3 * 4 + 4 * 3 * 4) / 100
    assert kappa(table, "quadratic").value == pytest.approx(1 - 0.8 / squares)


def test_a_standardised_difference_by_hand() -> None:
    arm = [1, 1, 1, 0, 0, 0]
    found = standardised_difference([1, 2, 3, 2, 4, 6], arm)  # means 2 and 4, variances 1 and 4
    assert (found.value, *facts(found)) == (pytest.approx(2 / math.sqrt(2.5)), "standardised difference", "")
    assert standardised_difference([1, 0, 0, 1, 1, 0], arm).value == pytest.approx((1 / 3) / math.sqrt(2 / 9))
    for weights, value in (([1, 1, 1, 1, 1, 1], 2), ([1, 1, 1, 1, 1, 0], 1)):
        found = standardised_difference([1, 2, 3, 2, 4, 6], arm, weights)
        assert (found.value, found.method) == (
            pytest.approx(value / math.sqrt(2.5)),
            "standardised difference, weighted",
        )
    own = standardised_difference([1, 2, 3, 2, 4, 6], arm, [1, 1, 1, 1, 1, 0], pooled_unweighted=False)
    assert own.value == pytest.approx(1 / math.sqrt((1 + 2) / 2))
    # 1 and 3 with weights 1 and 2: mean 7/3, variance 8/3 over 3 - 5/3; 2 and 4 alike: mean 3, variance 2
    uneven = standardised_difference([1, 3, 2, 4], [1, 1, 0, 0], [1, 2, 1, 1], pooled_unweighted=False)
    assert uneven.value == pytest.approx((2 / 3) / math.sqrt(2))
    assert facts(standardised_difference([1, 2, 3], [1, 1, 0], [0, 0, 1]))[1] == "a group is empty"
    assert standardised_difference([1, None, 2, 3, 2, 4, 6], [1, 1, 1, 1, 0, 0, 0]).value == pytest.approx(
        2 / math.sqrt(2.5)
    )


@pytest.mark.parametrize(
    ("values", "arm", "value", "flag"),
    [
        ([1, 2], [1, 1], NAN, "a group is empty"),
        ([3, 3, 3, 3], [1, 1, 0, 0], 0, "no variation"),
        ([3, 3, 4, 4], [1, 1, 0, 0], NAN, "no variation"),
        (["a", "a", "a", "a"], [1, 1, 0, 0], 0, "no variation"),
    ],
)
def test_where_nothing_varies_a_difference_is_none_or_not_known(values, arm, value: float, flag: str) -> None:
    found = standardised_difference(values, arm)
    assert found.value == pytest.approx(value, nan_ok=True)
    assert facts(found) == ("standardised difference", flag)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1, 2], [1, 2]), r"is_treated must be 0 or 1 \(False or True\)"),
        (([1, 2], [1, 0], [1, -1]), "weights: 1 value is negative"),
        (([1, 2, 3], [1, 0]), "values, is_treated and weights differ in length"),
        (([1, 2], [1, 0], [1]), "values, is_treated and weights differ in length"),
        (([1, math.inf], [1, 0]), "values must be finite"),
        (([1, 2], [NAN, 0]), "is_treated: 1 of 2 values are missing or infinite"),
        (([1, 2], [1, 0], [1, NAN]), "weights: 1 of 2 values are missing or infinite"),
    ],
)
def test_what_a_standardised_difference_refuses(arguments, words: str) -> None:
    with pytest.raises(UnusableData, match=f"^{words}$"):
        standardised_difference(*arguments)


def test_p_values_are_adjusted_for_those_that_are_known() -> None:
    p = [0.01, NAN, 0.04, 0.03]
    assert adjust(p) == pytest.approx([0.03, NAN, 0.06, 0.06], nan_ok=True)  # x 3, x 1, x 2, never falling
    assert adjust(p, "bh") == pytest.approx([0.03, NAN, 0.04, 0.04], nan_ok=True)  # x 3/1, x 3/3, x 3/2 capped
    assert adjust([0.01, 0.2, 0.03], "sequence") == pytest.approx([0.01, 0.2, 0.2])
    assert adjust([0.6, 0.7]) == pytest.approx([1, 1])
    assert np.isnan(adjust([NAN, NAN])).all()
    assert list(adjust([0, 1])) == [0, 1]
    for method, reached in (("holm", True), ("bh", True), ("sequence", False)):
        found = adjust([0.01, None, 0.03], method)  # None is a p that nobody knows
        assert (found.dtype, list(np.isnan(found))) == (float, [False, True, not reached])
    for bad in (-0.1, 1.1):
        with pytest.raises(ValueError, match=r"^p-values must lie between 0 and 1$"):
            adjust([0.5, bad])


def test_a_summary_by_hand() -> None:
    found = summarise([4, 1, NAN, 3, 2])
    assert (found.n, found.missing, found.mean, found.sd) == (4, 1, 2.5, pytest.approx(math.sqrt(5 / 3)))
    assert (found.q1, found.median, found.q3, found.minimum, found.maximum) == (1.5, 2.5, 3.5, 1, 4)
    assert found.method == "quantiles sas5"
    by_r = summarise([1, 2, 3, 4], "r7")
    assert (by_r.q1, by_r.median, by_r.q3, by_r.method) == (1.75, 2.5, 3.25, "quantiles r7")
    assert math.isnan(summarise([5]).sd)
    assert summarise([1, 3]).sd == pytest.approx(math.sqrt(2))
    nothing = summarise([NAN, NAN])
    assert (nothing.n, nothing.missing, nothing.method) == (0, 2, "quantiles sas5")
    assert np.isnan(
        [nothing.mean, nothing.sd, nothing.median, nothing.q1, nothing.q3, nothing.minimum, nothing.maximum]
    ).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: contingency_test(COUNTS, "g"), "test must be one of yates, pearson, fisher, midp, not 'g'"),
        (lambda: proportion(1, 2, "wald"), "method must be one of clopper_pearson, wilson, not 'wald'"),
        (lambda: sample_test([[1], [2]], "sign"), "test must be one of ranksum, welch, t, kruskal, not 'sign'"),
        (lambda: paired_test([1], [2], "sign"), "test must be one of signedrank, mcnemar, not 'sign'"),
        (lambda: kappa(RATINGS, "cubic"), "weights must be one of none, linear, quadratic, not 'cubic'"),
        (lambda: adjust([0.1], "sidak"), "method must be one of holm, bh, sequence, not 'sidak'"),
        (lambda: summarise([1], "r5"), "definition must be one of sas5, r7, not 'r5'"),
    ],
)
def test_an_unknown_way_is_refused_with_those_there_are(call, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}$"):
        call()
