"""Cox regression from sums by day is that of the rows behind them, and says of itself what that says."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from cartwright.analysis.methods.cox import DaySums, cox, cox_by_day
from cartwright.analysis.methods.estimate import UnusableData

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


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


def test_rows_of_the_table_have_the_confidence_asked_for_and_the_z_test() -> None:
    table = pd.DataFrame({"a": [0.0, 1, 0, 1, 1, 0], "duration": [1, 2, 2, 3, 4, 5], "event": [1, 1, 0, 1, 1, 0]})
    for options, confidence in (({}, 0.95), ({"confidence": 0.9}, 0.9)):
        (row,) = cox_by_day(day_sums_of(table, ["a"]), ["a"], **options).to_dict("records")
        due = cox(table, ["a"]).coefficients.iloc[0]
        half = norm.ppf(0.5 + confidence / 2) * row["se"]
        assert (row["term"], row["hr"]) == ("a", pytest.approx(math.exp(due["beta"])))
        limits = [math.exp(row["beta"] - half), math.exp(row["beta"] + half)]
        assert [row["ci_low"], row["ci_high"]] == pytest.approx(limits)
        assert (row["z"], row["p"]) == pytest.approx((due["beta"] / due["se"], due["p"]))
        assert (row["method"], row["flag"]) == ("cox efron, by day", "")
    assert cox_by_day(day_sums_of(table, ["a"]), ["a"], "breslow")["method"][0] == "cox breslow, by day"


def test_what_runs_off_to_infinity_has_no_error_and_says_so() -> None:
    few = pd.DataFrame({"a": [1.0, 1, 0, 0], "duration": [1, 2, 3, 4], "event": [1, 1, 0, 0]})
    many = pd.DataFrame({"a": [0.0, 1] * 20, "duration": range(1, 41), "event": [1, 0] * 20})
    for table in (few, many):
        row = cox_by_day(day_sums_of(table, ["a"]), ["a"]).iloc[0]
        assert row[["se", "ci_low", "ci_high", "z", "p"]].isna().all()
        assert row["flag"] == "not converged"


def test_whoever_begins_at_the_optimum_asks_for_fewer_passes() -> None:
    table = pd.DataFrame({"a": [0.0, 1, 0, 1, 1, 0], "duration": [1, 2, 2, 3, 4, 5], "event": [1, 1, 0, 1, 1, 0]})
    passes = {}
    for name, start in (("zero", None), ("optimum", cox(table, ["a"]).beta)):
        asked = []
        cox_by_day(lambda beta, asked=asked: asked.append(beta) or day_sums_of(table, ["a"])(beta), ["a"], start=start)
        passes[name] = len(asked)
    assert passes["optimum"] < passes["zero"]


def test_without_an_event_there_is_no_fit() -> None:
    table = pd.DataFrame({"a": [1.0, 0], "duration": [1, 2], "event": [0, 0]})
    with pytest.raises(UnusableData, match=r"^no events$"):
        cox_by_day(day_sums_of(table, ["a"]), ["a"])
