"""What is drawn at random tells how far the dice could have moved it: the error told is the spread over seeds."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cartwright.analysis.methods.compare import contingency_test
from cartwright.analysis.methods.cox import cox
from cartwright.analysis.methods.estimate import Drawn, UnusableData
from cartwright.analysis.methods.sensitivity import bootstrap, impute, optimism, pool, standardised_survival
from cartwright.analysis.report.wording import decimals, monte_carlo, p_value

SEEDS = range(40)


def cohort(n=120, seed=8):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"arm": np.arange(n) % 2, "x": rng.normal(size=n)})
    time = rng.exponential(np.exp(-0.5 * table["x"] + 0.5 * table["arm"]) * 200).round() + 1
    return table.assign(duration=np.minimum(time, 600.0), event=time < 600)


def agrees(told, values):
    """The mean of the errors told lies within the sampling error of the spread seen over the seeds."""
    seen = np.std(values, ddof=1)
    return math.sqrt(np.mean(np.square(told))) == pytest.approx(seen, rel=0.45)


@pytest.mark.slow
def test_normal_limits_tell_their_error():
    table = cohort()
    low, errors = [], []
    for seed in SEEDS:
        drawn = bootstrap(table, lambda part: cox(part, "arm", firth=False).beta, 30, seed=seed)
        limits = drawn.normal_limits(np.array([0.0]))
        low.append(limits[0][0])
        errors.append(limits[2][0])
    assert agrees(errors, low)


@pytest.mark.slow
def test_optimism_tells_its_error():
    found = [optimism(cohort(), ["arm", "x"], replicates=15, seed=seed) for seed in SEEDS]
    assert agrees([one.drawn.value for one in found], [one.corrected for one in found])
    assert agrees([one.slope_drawn.value for one in found], [one.slope for one in found])


@pytest.mark.slow
def test_standardised_limits_tell_their_error_and_stay_between_0_and_1():
    found = [standardised_survival(cohort(), "arm", "x", [0, 50, 300], replicates=15, seed=seed) for seed in SEEDS]
    for row in (1, 2, 4, 5, 7, 8):  # survival of both groups and their difference at 50 and 300 days
        lines = [one.iloc[row] for one in found]
        assert agrees([line["low_error"] for line in lines], [line["ci_low"] for line in lines]), row
        assert agrees([line["high_error"] for line in lines], [line["ci_high"] for line in lines]), row
    start = found[0].iloc[0]
    assert (start["survival"], start["ci_low"], start["ci_high"], start["low_error"]) == (1, 1, 1, 0)
    shares = found[0].iloc[:6]
    assert (shares["ci_low"].between(0, 1) & shares["ci_high"].between(0, 1)).all()


def test_limits_are_not_taken_from_the_replicates_that_happen_to_reach_a_time():
    table = cohort(30)
    table.loc[table["duration"].nlargest(4).index[1:], "duration"] = 590.0
    table["event"] &= table["duration"] < 590
    late = table["duration"].max() - 0.5
    rows = standardised_survival(table, "arm", "x", [50, late], replicates=40, seed=1)
    reached = rows[rows["time"] == late]
    assert reached["flag"].str.contains("of 40 replicates end earlier").all()
    assert rows.loc[rows["time"] == 50, "flag"].eq("").all()


@pytest.mark.slow
def test_pooled_estimates_tell_their_error():
    table = cohort()
    table["x"] = table["x"].where(np.random.default_rng(2).random(len(table)) > 0.4)
    found = []
    for seed in SEEDS:
        copies = impute(table, ["arm", "x"], "duration", "event", m=8, cycles=2, seed=seed)
        rows = [cox(copy, ["arm", "x"], firth=False).coefficients.iloc[1] for copy in copies]
        found.append(pool([row["beta"] for row in rows], [row["se"] ** 2 for row in rows], 80))
    assert agrees([one.drawn.value for one in found], [one.value for one in found])
    assert agrees([one.drawn.ci_low for one in found], [one.ci_low for one in found])
    assert all(one.drawn.draws == 8 and one.drawn.failed == 0 for one in found)


def test_the_jackknife_of_a_mean_is_its_standard_error():
    q = np.array([0.1, 0.5, 0.2, 0.9])
    assert pool(q, np.ones(4)).drawn.value == pytest.approx(q.std(ddof=1) / 2)


def test_a_simulated_p_has_a_binomial_error():
    table = np.random.default_rng(0).integers(8, 14, (5, 6))
    found = contingency_test(table, "fisher")
    assert "simulated" in found.method
    assert found.drawn.p == pytest.approx(math.sqrt(found.p * (1 - found.p) / found.drawn.draws))


def test_failures_are_counted_with_the_draws():
    calls = iter(range(20))

    def sometimes(part):
        if next(calls) % 5 == 0:
            raise UnusableData("no answer")
        return np.array([1.0])

    drawn = bootstrap(cohort(), sometimes, 20)
    assert (drawn.draws, drawn.failed) == (20, 4)
    row = SimpleNamespace(draws=20, failed=4, mcse=0.0, ci_low_mcse=0.023, ci_high_mcse=0.11)
    assert monte_carlo(row) == "20 draws (4 failed), Monte-Carlo error 0.1"


@pytest.mark.parametrize(("error", "digits"), [(0.023, 2), (0.0099, 2), (0.11, 1), (1.7, 0), (0.0, 2), (None, 2)])
def test_no_decimal_beyond_the_place_of_the_error(error, digits):
    assert decimals(2, error) == digits


@pytest.mark.parametrize(
    ("p", "error", "said"),
    [
        (0.0234, None, "0.023"),
        (0.0234, 0.004, "0.023"),
        (0.0234, 0.02, "0.02"),
        (0.0034, 0.02, "<0.01"),
        (0.4321, 0.2, "0.4"),
        (0.00001, 0.000002, "<0.0001"),
    ],
)
def test_p_values_do_not_claim_more_than_their_draws(p, error, said):
    assert p_value(p, error) == said


def test_errors_of_a_ratio_follow_its_logarithm():
    drawn = Drawn(10, 1, 0.1, 0.2, 0.3, 0.04).exp(0.5, 1.0, 2.0)
    assert (drawn.value, drawn.ci_low, drawn.ci_high, drawn.p) == pytest.approx((0.1, 0.1, 0.6, 0.04))
    assert drawn.of_p == Drawn(10, 1, 0.04)
