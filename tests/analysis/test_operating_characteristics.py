"""Intervals cover 95 % and tests keep 5 %, on trials of the study's size; and rows, days and rows of days agree."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import operating_characteristics
from cartwright.analysis.methods.cox import DaySums, cox, cox_by_day
from cartwright.analysis.methods.estimate import UnusableData


@pytest.mark.slow
def test_coverage_size_and_bias_are_as_expected():
    """The full size of `make accept`, small: one seed, so that Monte-Carlo error cannot make it fail now and then."""
    table = operating_characteristics.simulate(replicates=20)
    off = table[~table["holds"]]
    assert off.empty, "\n".join(operating_characteristics.lines(off))


def day_sums_of(table, names):
    """What a database would answer: sums by day at a given beta."""
    x = table[names].to_numpy()
    rows, columns = np.tril_indices(len(names))
    products = np.column_stack([np.ones(len(x)), x, x[:, rows] * x[:, columns]])

    def answer(beta):
        weighted = pd.DataFrame(products * np.exp(x @ beta)[:, None])
        leaving = weighted.groupby(table["duration"]).sum().to_numpy()
        events = (weighted * table["event"].to_numpy()[:, None]).groupby(table["duration"]).sum().to_numpy()
        happened = table["event"].groupby(table["duration"]).sum().to_numpy()
        return DaySums(
            leaving,
            events,
            happened,
            (table[names].mul(table["event"], axis=0)).groupby(table["duration"]).sum().to_numpy(),
        )

    return answer


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_from_sums_by_day_is_cox_from_rows(ties):
    rng = np.random.default_rng(8)
    table = pd.DataFrame(rng.normal(size=(500, 3)), columns=["a", "b", "c"])
    table["duration"] = rng.integers(1, 40, 500)
    table["event"] = (rng.random(500) < 0.6).astype(int)
    names = ["a", "b", "c"]
    by_day, by_rows = cox_by_day(day_sums_of(table, names), names, ties), cox(table, names, ties=ties).coefficients
    np.testing.assert_allclose(by_day["beta"], by_rows["beta"], atol=1e-10)
    np.testing.assert_allclose(by_day["se"], by_rows["se"], rtol=1e-10)


def test_cox_by_day_ends_at_the_same_optimum_wherever_it_starts():
    rng = np.random.default_rng(8)
    table = pd.DataFrame(rng.normal(size=(300, 2)), columns=["a", "b"])
    table["duration"], table["event"] = rng.integers(1, 40, 300), (rng.random(300) < 0.6).astype(int)
    sums = day_sums_of(table, ["a", "b"])
    found, other = cox_by_day(sums, ["a", "b"]), cox_by_day(sums, ["a", "b"], start=np.array([0.5, -0.5]))
    np.testing.assert_allclose(found["beta"], other["beta"], atol=1e-12)
    with pytest.raises(UnusableData, match="2 coefficients"):
        cox_by_day(sums, ["a", "b"], start=np.zeros(3))


def test_sums_by_day_of_the_wrong_width_are_refused():
    wrong = DaySums(np.ones((2, 3)), np.ones((2, 3)), np.ones(2), np.ones((2, 2)))
    with pytest.raises(UnusableData, match="6 columns"):
        cox_by_day(lambda beta: wrong, ["a", "b"])
