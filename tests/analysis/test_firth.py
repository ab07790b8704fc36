"""Firth's estimates: an independent library, any order of the rows, and a reason wherever there is no answer."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest

import ours
from cartwright.analysis.methods import penalised
from cartwright.analysis.methods.cox import cox, firth_cox
from cartwright.analysis.methods.cox.design import build
from cartwright.analysis.methods.cox.firth import firth_estimates
from cartwright.analysis.methods.logistic import FIRTH_COLUMNS, logistic

NUMBERS = ["beta", "se", "ci_low", "ci_high", "p"]


def small_cohort(n=54, seed=3):
    """Few events, many ties, flags of which one is nearly separated, and a number of another size: what a small study
    gives its models."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            name: rng.random(n) < share
            for name, share in (("ipi", 0.5), ("ecog", 0.2), ("refractory", 0.55), ("bridging", 0.93))
        }
    ).astype(float)
    table["dose"] = rng.lognormal(1, 0.7, n).round(2)
    hazard = np.exp(0.9 * table["ipi"] + 1.2 * table["ecog"] - 0.2 * table["dose"]) / 150
    time = rng.exponential(1 / hazard)
    return table.assign(time=np.minimum(np.ceil(time / 7) * 7, 300), is_event=(time < 300) & (table["bridging"] == 1))


COVARIATES = ["ipi", "ecog", "refractory", "bridging", "dose"]


@pytest.fixture(scope="module")
def cohort():
    return small_cohort()


def test_two_hundred_orders_of_the_rows_give_one_answer(cohort):
    first = firth_cox(cohort, COVARIATES, "time", "is_event")[NUMBERS].to_numpy()
    assert np.isfinite(first).all()
    rng = np.random.default_rng(1)
    for _ in range(200):
        mixed = cohort.iloc[rng.permutation(len(cohort))]
        np.testing.assert_allclose(
            firth_cox(mixed, COVARIATES, "time", "is_event")[NUMBERS], first, rtol=1e-9, atol=1e-9
        )


def test_logistic_answers_do_not_mind_the_order_either(cohort):
    first = logistic(cohort, COVARIATES, "is_event").coefficients
    assert first["flag"].ne("").all()
    assert np.isfinite(first[FIRTH_COLUMNS[:-1]].to_numpy(float)).all()
    rng = np.random.default_rng(2)
    for _ in range(50):
        mixed = logistic(cohort.iloc[rng.permutation(len(cohort))], COVARIATES, "is_event").coefficients
        np.testing.assert_allclose(
            mixed[FIRTH_COLUMNS[:-1]].to_numpy(float), first[FIRTH_COLUMNS[:-1]].to_numpy(float), rtol=1e-9
        )


@pytest.mark.parametrize("name", ["lung", "veteran", "ovarian", "kidney"])
def test_firthmodels_agrees(name):
    from firthmodels import FirthCoxPH, FirthLogisticRegression

    table = ours.data_sets()[name].dropna(subset=ours.COVARIATES[name])
    x = table[ours.COVARIATES[name]].to_numpy(float)
    scale = x.std(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = FirthCoxPH(backend="numpy", max_iter=200).fit(
            (x - x.mean(axis=0)) / scale, (table["status"].to_numpy(bool), table["time"].to_numpy(float))
        )
        early = (table["time"] < table["time"].median()).to_numpy(int)
        odds = FirthLogisticRegression(backend="numpy", max_iter=200).fit((x - x.mean(axis=0)) / scale, early)
    found = firth_cox(table, ours.COVARIATES[name], "time", "status")
    np.testing.assert_allclose(found["beta"] * scale, theirs.coef_, atol=2e-4)
    np.testing.assert_allclose(found["se"] * scale, theirs.bse_, atol=2e-4)
    design = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / scale])
    from cartwright.analysis.methods.logistic import _PenalisedLikelihood

    own = penalised.coefficients(
        _PenalisedLikelihood(design, early).at, design.shape[1], range(1, design.shape[1]), 0.95
    )
    np.testing.assert_allclose([one.beta for one in own], odds.coef_, atol=2e-4)


def test_few_rows_and_many_take_the_same_sums(cohort, monkeypatch):
    few = firth_cox(cohort, COVARIATES, "time", "is_event")[NUMBERS]
    monkeypatch.setattr("cartwright.analysis.methods.cox.likelihood.SMALL", 0)
    np.testing.assert_allclose(firth_cox(cohort, COVARIATES, "time", "is_event")[NUMBERS], few, rtol=1e-9)


def test_strata_and_left_truncation_have_an_estimate_too(cohort):
    late = cohort.assign(entry=np.where(np.arange(len(cohort)) % 3 == 0, 3.0, 0.0), site=np.arange(len(cohort)) % 2)
    rows = cox(late, COVARIATES, "time", "is_event", entry="entry", strata="site").coefficients
    assert "separation" in rows.set_index("term").loc["bridging", "flag"]
    assert np.isfinite(rows["firth_p"].to_numpy(float)).all()


def test_the_profile_at_a_limit_has_fallen_by_the_quantile(cohort):
    """The definition of the limits, checked with another optimiser."""
    from scipy.optimize import minimize

    from cartwright.analysis.methods.cox.firth import _Likelihood
    from cartwright.analysis.methods.cox.likelihood import RiskSets

    design = build(cohort, ["ipi", "bridging"], "time", "is_event")
    scale = design.x.std(axis=0)
    at = _Likelihood(RiskSets(design.x / scale, design.time, design.event, None, design.weight, design.stratum)).at
    top = penalised.maximise(at, np.zeros(2)).value
    row = firth_estimates(design).iloc[1]
    for limit in (row["ci_low"], row["ci_high"]):
        held = math.log(limit) * scale[1]
        best = minimize(
            lambda b, held=held: -at(np.array([b[0], held]))[0],
            [0.0],
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-12},
        )
        assert 2 * (top + best.fun) == pytest.approx(3.8414588, abs=1e-6)


def test_what_has_no_answer_says_why():
    def singular(beta):
        return -math.inf, np.full(2, math.nan), np.zeros((2, 2))

    for one in penalised.coefficients(singular, 2, range(2), 0.95):
        assert math.isnan(one.beta)
        assert one.flag == "firth fit: the information is singular"


def test_a_likelihood_without_end_has_an_infinite_limit_and_says_so():
    def shallow(beta):  # falls by no more than a half on either side
        b = float(beta[0])
        return -0.5 * b**2 / (1 + b**2), np.array([-b / (1 + b**2) ** 2]), np.array([[1.0]])

    (one,) = penalised.coefficients(shallow, 1, range(1), 0.95)
    assert (one.low, one.high) == (-math.inf, math.inf)
    assert (
        one.flag == "firth lower limit: the likelihood stays flat without end; "
        "firth upper limit: the likelihood stays flat without end"
    )


@pytest.mark.filterwarnings("error")
def test_a_coefficient_at_which_nobody_is_left_at_risk_has_no_likelihood_and_no_warning(cohort):
    from cartwright.analysis.methods.cox.firth import _Likelihood
    from cartwright.analysis.methods.cox.likelihood import RiskSets

    design = build(cohort, ["ipi", "dose"], "time", "is_event")
    sets = RiskSets(design.x, design.time, design.event, None, design.weight, design.stratum)
    value, score, _ = _Likelihood(sets).at(np.array([0.0, 1e3]))  # exp underflows at all late times
    assert value == -math.inf
    assert np.isnan(score).all()


@pytest.mark.filterwarnings("error")
def test_a_ratio_beyond_the_largest_number_is_infinite_without_a_warning(cohort):
    """The covariate in units of a ten-thousandth has ten thousand times the coefficient, and the p it had."""
    usual, tiny = (
        firth_cox(table, ["ipi"], "time", "is_event").iloc[0]
        for table in (cohort, cohort.assign(ipi=cohort["ipi"] / 1e4))
    )
    assert tiny["beta"] == pytest.approx(1e4 * usual["beta"])
    assert tiny["p"] == pytest.approx(usual["p"])
    assert tiny["hr"] == tiny["ci_high"] == math.inf


@pytest.mark.parametrize("small", [0, 10**9])
def test_sums_over_those_at_risk_are_those_of_the_definition(small, monkeypatch):
    """At risk: of the stratum, entered before the time, not gone before it. Rows 5 and 7 are at risk at no event."""
    from cartwright.analysis.methods.cox.likelihood import RiskSets

    monkeypatch.setattr("cartwright.analysis.methods.cox.likelihood.SMALL", small)
    time = np.array([2.0, 4, 4, 6, 3, 1, 5, 7])
    entry = np.array([0.0, 1, 3, 0, 0, 0, 2, 6])
    event = np.array([1, 1, 0, 0, 1, 0, 1, 0], dtype=bool)
    stratum = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    values = np.array([[1.0, 2, 4, 8, 16, 32, 64, 128], [1.0, 3, 9, 27, 81, 243, 729, 2187]])
    sets = RiskSets(np.zeros((8, 1)), time, event, entry, np.ones(8), stratum)
    due = [[1 + 2 + 8, 1 + 3 + 27], [2 + 4 + 8, 3 + 9 + 27], [16 + 64, 81 + 729], [64, 729]]
    np.testing.assert_array_equal(sets.at_risk_sums(values[:, sets.order]), due)


def test_a_fit_that_does_not_settle_is_told_in_the_table(cohort, monkeypatch):
    monkeypatch.setattr(penalised, "MOST_STEPS", 0)
    found = firth_cox(cohort, COVARIATES, "time", "is_event")
    assert found["flag"].tolist() == ["firth fit: not converged in 0 steps"] * len(COVARIATES)
    assert found["hr"].isna().all()
