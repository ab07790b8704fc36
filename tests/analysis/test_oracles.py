"""Two independent Python libraries on the same public data: lifelines where it is right, surpyval where it reaches."""

import numpy as np
import pytest

import ours
from cartwright.analysis.methods.cox import cox
from cartwright.analysis.methods.survival import gray_test, kaplan_meier, logrank, rmst_difference


@pytest.fixture(scope="module")
def sets():
    return ours.data_sets()


@pytest.mark.parametrize("name", ["lung", "veteran", "gbsg", "pbc", "colon"])
def test_lifelines_agrees_on_efron_cox_and_log_rank(sets, name):
    from lifelines import CoxPHFitter
    from lifelines.statistics import multivariate_logrank_test

    table = sets[name].dropna(subset=ours.COVARIATES[name])
    columns = [*ours.COVARIATES[name], "time", "status"]
    theirs = CoxPHFitter().fit(table[columns], "time", "status", fit_options={"precision": 1e-14})
    fit = cox(table, ours.COVARIATES[name], "time", "status")
    np.testing.assert_allclose(fit.beta, theirs.params_, atol=1e-8)
    np.testing.assert_allclose(fit.coefficients["se"], theirs.standard_errors_, rtol=1e-7)
    test = multivariate_logrank_test(table["time"], table["group"], table["status"])
    assert logrank(table["time"], table["status"], table["group"]).statistic == pytest.approx(test.test_statistic)


@pytest.mark.parametrize("name", ["lung", "veteran", "ovarian", "pbc"])
def test_surpyval_agrees_on_cox(sets, name):
    import surpyval

    table = sets[name].dropna(subset=ours.COVARIATES[name])
    x = table[ours.COVARIATES[name]].to_numpy(float)
    theirs = surpyval.CoxPH.fit(x=table["time"].to_numpy(float), Z=x, c=1 - table["status"].to_numpy(int))
    fit = cox(table, ours.COVARIATES[name], "time", "status")
    np.testing.assert_allclose(fit.beta, theirs.params, atol=1e-6)


def test_surpyval_agrees_on_gray_and_stratified_log_rank(sets):
    import surpyval

    table = sets["mgus2"]
    progressed = table["pstat"] == 1
    time = table["ptime"].where(progressed, table["time"]).to_numpy(float)
    cause = np.where(progressed, 1, 2 * table["status"])
    labels = np.array([None if c == 0 else int(c) for c in cause], dtype=object)
    theirs = surpyval.gray_test(time, labels, table["group"].to_numpy(), 1)
    assert gray_test(time, cause, table["group"]).statistic == pytest.approx(theirs.statistic, rel=1e-8)
    veteran = sets["veteran"]
    theirs = surpyval.logrank(veteran["time"], veteran["group"], c=1 - veteran["status"], strata=veteran["stratum"])
    test = logrank(veteran["time"], veteran["status"], veteran["group"], veteran["stratum"])
    assert test.statistic == pytest.approx(theirs.statistic, rel=1e-8)


def test_surpyval_agrees_on_the_rmst_difference(sets):
    import surpyval

    a, b = (part for _, part in sets["lung"].groupby("group"))
    theirs = surpyval.rmst_diff(*(surpyval.KaplanMeier.fit(p["time"], c=1 - p["status"]) for p in (a, b)), tau=365)
    found = rmst_difference(*(kaplan_meier(p["time"], p["status"]) for p in (a, b)), 365)
    assert found.value == pytest.approx(theirs["difference"])
    assert found.se == pytest.approx(theirs["se"])
