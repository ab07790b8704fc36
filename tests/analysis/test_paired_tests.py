"""Paired tests and agreement against R, hand calculation and scikit-learn's formula."""

import math

import pytest

from cartwright.analysis.methods.compare import kappa, paired_test

NAN = math.nan
# Nine patients of Hollander & Wolfe (1973), as in the R help of wilcox.test; one without a pair, one without a change.
BEFORE = (1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30, NAN, 4)
AFTER = (0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29, 2, 4)


def test_signed_rank_is_that_of_r():
    # R: wilcox.test(x, y, paired = TRUE, exact = FALSE)
    assert paired_test(BEFORE, AFTER).p == pytest.approx(0.04401098401)


def test_signed_rank_with_ties_is_that_of_r():
    tied = (2, 1, 5, 3, 9, 4, 3, 3, 2, 1)
    assert paired_test(range(1, 11), tied).p == pytest.approx(0.1519708583)


def test_mcnemar_is_the_binomial_test_of_the_pairs_that_differ():
    first = [1] * 10 + [1] * 12 + [0] * 3 + [0] * 9
    second = [1] * 10 + [0] * 12 + [1] * 3 + [0] * 9
    assert paired_test(first, second, "mcnemar").p == pytest.approx(0.03515625)  # R: binom.test(3, 15)


@pytest.mark.parametrize(
    ("first", "second", "flag"),
    [
        ((1, NAN), (NAN, 2), "no pair is known"),
        ((1, 2), (1, 2), "no pair differs"),
        ((), (), "no pair is known"),
    ],
)
@pytest.mark.parametrize("test", ["signedrank", "mcnemar"])
def test_pairs_that_tell_nothing_are_not_estimable(first, second, flag, test):
    found = paired_test(first, second, test)
    assert math.isnan(found.value)
    assert math.isnan(found.p)
    assert (found.method, found.flag) == (test, flag)


# 200 patients: 88 + 40 + 12 = 140 agree; chance agreement (120 x 100 + 60 x 60 + 20 x 40) / 200^2 = 0.41
RATINGS = ((88, 14, 18), (10, 40, 10), (2, 6, 12))


def test_kappa_by_hand():
    found = kappa(RATINGS, "none")
    assert found.value == pytest.approx((0.70 - 0.41) / (1 - 0.41))
    assert found.ci_low < found.value < found.ci_high


def test_quadratic_weights_by_hand():
    # disagreement, squared distance: observed (14 + 10 + 10 + 6 + 4 x (18 + 2)) / 200 = 0.6
    # expected (120 x 60 + 60 x 100 + 60 x 40 + 20 x 60 + 4 x (120 x 40 + 20 x 100)) / 200^2 = 1.1
    assert kappa(RATINGS, "quadratic").value == pytest.approx(1 - 0.6 / 1.1)


def test_kappa_without_anything_to_agree_on():
    assert kappa([[0, 0], [0, 0]]).flag == "nobody is rated twice"
    assert kappa([[5, 0], [0, 0]]).flag == "a single level"
    complete = kappa([[5, 0], [0, 3]])
    assert complete.value == 1
    assert math.isnan(complete.ci_low)
    assert complete.flag
