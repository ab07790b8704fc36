"""What a comparison says beside its p: which method it was, and in words why there is no answer."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest

from cartwright.analysis.methods.compare import (
    adjust,
    contingency,
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
FIRST, SECOND = (1.0, 2, 4, 7), (3.0, 5, 8, 9, 9)
TABLE = ((8, 2), (3, 7))


@pytest.mark.parametrize(
    ("ask", "method", "flag"),
    [
        (lambda: paired_test((1, 2, 4), (2, 2, 7)), "signedrank", ""),
        (lambda: paired_test((1, 0, 1), (0, 0, 1), "mcnemar"), "mcnemar", ""),
        (lambda: sample_test((FIRST, SECOND)), "ranksum", ""),
        (lambda: sample_test((FIRST, SECOND), "welch"), "welch", ""),
        (lambda: sample_test((FIRST, SECOND), "t"), "t", ""),
        (lambda: sample_test((FIRST, SECOND, (1, 1, 2)), "kruskal"), "kruskal", ""),
        (lambda: contingency_test(((20, 12), (11, 17)), "yates"), "yates", ""),
        (lambda: contingency_test(((20, 12), (11, 17)), "pearson"), "pearson", ""),
        (lambda: contingency_test(TABLE, "fisher"), "fisher", ""),
        (lambda: contingency_test(TABLE, "midp"), "midp", ""),
        (lambda: contingency_test(((8, 2), (3, 5)), "pearson"), "pearson", "smallest expected count 3.1"),
    ],
)
def test_a_test_names_itself_and_has_a_p_but_no_estimate(ask, method, flag):
    found = ask()
    assert (found.method, found.flag) == (method, flag)
    assert 0 < found.p <= 1
    assert math.isnan(found.value)


@pytest.mark.parametrize(
    ("ask", "method", "flag"),
    [
        (lambda: kappa(np.zeros((2, 2)), "none"), "kappa", "nobody is rated twice"),
        (lambda: kappa(((5, 0), (0, 0))), "kappa, quadratic weights", "a single level"),
        (lambda: sample_test((FIRST, ())), "ranksum", "too few values in a group"),
        (lambda: sample_test((FIRST, (3,)), "welch"), "welch", "too few values in a group"),
        (lambda: sample_test(((2, 2), (2, 2, 2))), "ranksum", "no variation"),
        (lambda: sample_test(((2, 2), (3, 3)), "t"), "t", "no variation"),
        (lambda: contingency_test(((3, 4),)), "yates", "nothing to compare"),
        (lambda: contingency_test(((3, 4, 1), (2, 2, 2))), "yates", "continuity correction is for 2 x 2 tables"),
        (lambda: trend_test(((0, 0), (3, 4))), "trend", "nothing to compare"),
        (lambda: proportion(0, 0), "clopper_pearson", "no subjects"),
        (lambda: proportion(0, 0, "wilson"), "wilson", "no subjects"),
        (lambda: proportion_difference(1, 2, 0, 0), "newcombe", "no subjects in a group"),
        (lambda: standardised_difference((1, 2), (1, 1)), "standardised difference", "a group is empty"),
        (
            lambda: standardised_difference((1, 2), (1, 0), (0, 1)),
            "standardised difference, weighted",
            "a group is empty",
        ),
        (lambda: standardised_difference((1, 1, 2, 2), (1, 1, 0, 0)), "standardised difference", "no variation"),
    ],
)
def test_without_an_answer_the_reason_is_told(ask, method, flag):
    found = ask()
    assert (found.method, found.flag) == (method, flag)
    assert math.isnan(found.p)
    assert math.isnan(found.value)


def test_a_second_level_of_either_rating_makes_two():
    """The first rating gives everybody the first level: agreement is that of chance, 5 of 8."""
    found = kappa(((5, 3), (0, 0)), "none")
    assert (found.value, found.flag) == (pytest.approx(0), "")


def test_no_agreement_is_more_than_complete():
    found = kappa(((20, 1), (0, 20)), "none")
    assert found.value + 1.959964 * found.se > 1 == found.ci_high


def test_a_measurement_that_is_none_has_no_pair():
    assert paired_test((1, 2, 4, None, 3), (2, 2, 7, 5, None)).p == paired_test((1, 2, 4), (2, 2, 7)).p


def test_two_ratings_that_agree_in_everybody_have_no_limits():
    found = kappa(((3, 0), (0, 4)), "linear")
    assert (found.value, found.method, found.flag) == (1, "kappa, linear weights", "complete agreement: no limits")
    assert math.isnan(found.ci_low)


def test_a_category_that_everybody_has_does_not_differ():
    found = standardised_difference(("a", "a", "a"), (1, 0, 0))
    assert (found.value, found.method, found.flag) == (0, "standardised difference", "no variation")


def test_an_odds_ratio_names_its_limits_and_has_their_standard_error():
    """By hand: 8 x 7 / (2 x 3); the variance of its logarithm is the sum of the reciprocals."""
    found = odds_ratio(TABLE)
    assert (found.method, found.flag) == ("odds ratio, woolf limits", "")
    assert found.value == pytest.approx(56 / 6)
    assert found.se == pytest.approx(math.sqrt(1 / 8 + 1 / 2 + 1 / 3 + 1 / 7))
    assert math.log(found.ci_high / found.ci_low) == pytest.approx(2 * 1.9599640 * found.se, abs=1e-6)


@pytest.mark.parametrize(("method", "confidence"), [("clopper_pearson", 0.95), ("wilson", 0.9)])
def test_a_proportion_names_the_method_of_its_limits(method, confidence):
    found = proportion(3, 10, method, confidence)
    assert (found.value, found.method, found.flag) == (0.3, method, "")
    assert found.ci_low < 0.3 < found.ci_high


def test_a_difference_of_proportions_has_newcombes_limits():
    found = proportion_difference(8, 10, 3, 10)
    assert (found.value, found.method) == (pytest.approx(0.5), "newcombe")


@pytest.mark.parametrize(
    ("treated", "weights", "named"), [((0, NAN), (1, 1), "is_treated"), ((0, 1), (1, NAN), "weights")]
)
def test_what_is_missing_of_a_balance_is_named(treated, weights, named):
    with pytest.raises(UnusableData, match=f"^{named}"):
        standardised_difference((1, 2), treated, weights)


def test_a_group_without_weight_is_empty():
    found = standardised_difference((1, 2, 3), (1, 1, 0), (0, 0, 1))
    assert (found.flag, math.isnan(found.value)) == ("a group is empty", True)


def test_the_spread_of_weighted_groups_by_hand():
    """Treated 1 and 3 with weights 1 and 2: mean 7/3, variance 8/3 over 3 - 5/3; others 2 and 4: mean 3, variance 2."""
    found = standardised_difference((1, 3, 2, 4), (1, 1, 0, 0), (1, 2, 1, 1), pooled_unweighted=False)
    assert found.value == pytest.approx((2 / 3) / math.sqrt(2))


def test_whole_numbers_of_which_some_are_missing_are_compared():
    values = pd.Series([1, 3, 2, 4, None], dtype="Int64")
    assert standardised_difference(values, (1, 1, 0, 0, 0)).value == pytest.approx(1 / math.sqrt(2))


NINE, TWELVE = ((3, 0, 2), (1, 4, 2), (2, 1, 5)), ((4, 2, 0, 3), (0, 1, 2, 1), (1, 5, 2, 1))


@pytest.mark.parametrize("table", [NINE, TWELVE])
@pytest.mark.parametrize("test", ["fisher", "midp"])
def test_exact_tests_of_larger_tables_count_every_table_with_these_margins(table, test):
    """By listing them: cell by cell, and those whose margins are not the observed ones are thrown away."""
    seen = np.array(table)
    rows, columns = seen.sum(axis=1), seen.sum(axis=0)
    fillings = [
        [row for row in product(range(max(columns) + 1), repeat=len(columns)) if sum(row) == total] for total in rows
    ]
    tables = [one for one in product(*fillings) if (np.sum(one, axis=0) == columns).all()]
    weights = np.array([math.prod(1 / math.factorial(cell) for row in one for cell in row) for one in tables])
    own = math.prod(1 / math.factorial(cell) for row in table for cell in row)
    is_same = np.isclose(weights, own)
    due = weights[(weights < own) | is_same].sum() - (0.5 * weights[is_same].sum() if test == "midp" else 0)
    assert contingency_test(table, test).p == pytest.approx(due / weights.sum())


def test_fishers_test_of_larger_tables_is_that_of_r():
    """fisher.test(matrix(c(3,1,2,0,4,1,2,2,5),3)) and fisher.test(matrix(c(4,0,1,2,1,5,0,2,2,3,1,1),3))"""
    assert contingency_test(NINE, "fisher").p == pytest.approx(0.179918378834785, rel=1e-12)
    assert contingency_test(TWELVE, "fisher").p == pytest.approx(0.152698694494358, rel=1e-12)


def test_as_many_tables_as_may_be_listed_are_listed(monkeypatch):
    """Two of four and two of four: the first cell can be 0, 1 or 2."""
    table = ((2, 0), (0, 2))
    monkeypatch.setattr(contingency, "MOST_TABLES", 3)
    assert contingency_test(table, "midp").method == "midp"
    monkeypatch.setattr(contingency, "MOST_TABLES", 2)
    assert contingency_test(table, "midp").method == "midp, simulated"


def test_a_count_that_is_none_is_no_count():
    with pytest.raises(UnusableData, match="whole, non-negative counts"):
        contingency_test(((1, None), (2, 3)))


@pytest.mark.parametrize("method", ["holm", "bh", "sequence"])
def test_a_p_that_nobody_knows_stays_a_missing_number(method):
    found = adjust([0.01, None, 0.03], method)
    assert found.dtype == float
    assert np.isnan(found).tolist() == [False, True, method == "sequence"]
    assert adjust([0.01, NAN, 0.03], method)[0] == found[0]


def test_a_value_that_is_none_is_missing():
    assert sample_test(((1, 2, None, 4), (3, 5, 8))).p == sample_test(((1, 2, 4), (3, 5, 8))).p


def test_a_pooled_variance_needs_two_values_of_one_group():
    """5 against 1 and 3: difference 3, variance 2 x (1 + 1/2), so t = sqrt(3) with one degree of freedom: p = 1/3."""
    found = sample_test(((5,), (1, 3)), "t")
    assert (found.df, found.flag) == (1, "")
    assert found.statistic == pytest.approx(math.sqrt(3))
    assert found.p == pytest.approx(1 / 3)


def test_two_values_have_a_standard_deviation():
    assert summarise((1, 3)).sd == pytest.approx(math.sqrt(2))
