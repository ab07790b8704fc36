"""What stands beside the coefficients of a Cox fit: limits, p, counts, tests of all at once, names and doubts."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm

from cartwright.analysis.methods.cox import cox, firth_cox
from cartwright.analysis.methods.estimate import UnusableData

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 80
    table = pd.DataFrame(
        {
            "duration": rng.permutation(n) + 1.0,
            "event": rng.random(n) < 0.7,
            "age": rng.normal(60, 10, n),
            "arm": np.arange(n) % 2,
            "site": rng.choice(["c", "a", "b"], n),
            "w": rng.random(n) + 0.2,
            "centre": np.arange(n) % 20,
        }
    )
    return table.assign(start=table["duration"] * 0.1)


# ---------------------------------------------------------------- one coefficient, by hand
def test_one_flag_by_hand() -> None:
    """At risk are (treated, others) (2, 2), (1, 2), (1, 1), (0, 1), and the first and third to die are treated: with
    r = exp(beta) the likelihood is r / (2 r + 2) x 1 / (r + 2) x r / (r + 1), greatest where r^2 - r - 4 = 0."""
    table = pd.DataFrame({"duration": [1, 2, 3, 4], "event": [1, 1, 1, 1], "x": [1, 0, 1, 0]})
    fit = cox(table, "x", firth=False)
    r = (1 + math.sqrt(17)) / 2
    shares = np.array([2 * r / (2 * r + 2), r / (r + 2), r / (r + 1)])
    se = 1 / math.sqrt((shares * (1 - shares)).sum())
    row = fit.coefficients.iloc[0]
    assert (row["beta"], row["hr"], row["se"]) == pytest.approx((math.log(r), r, se))
    assert fit.log_likelihood == pytest.approx(math.log(r / (2 * r + 2) / (r + 2) * r / (r + 1)))
    assert fit.log_likelihood_null == pytest.approx(math.log(1 / 4 / 3 / 2))
    at_null = np.array([1 / 2, 1 / 3, 1 / 2])
    score = (2 - at_null.sum()) ** 2 / (at_null * (1 - at_null)).sum()
    for test, due, name in (
        (fit.likelihood_ratio, 2 * (fit.log_likelihood - fit.log_likelihood_null), "likelihood ratio"),
        (fit.wald, (math.log(r) / se) ** 2, "wald"),
        (fit.score, score, "score"),
    ):
        assert (test.value, test.statistic, test.df) == pytest.approx((due, due, 1))
        assert test.p == pytest.approx(chi2.sf(due, 1))
        assert (test.method, test.flag) == (name, "")


@pytest.mark.parametrize(("options", "confidence"), [({}, 0.95), ({"confidence": 0.8}, 0.8)])
def test_limits_and_p_are_normal_and_of_the_confidence_asked_for(cohort, options, confidence) -> None:
    fit = cox(cohort, ["age", "arm"], firth=False, **options)
    z = norm.ppf(0.5 + confidence / 2)
    for row, beta, variance in zip(fit.coefficients.to_dict("records"), fit.beta, np.diag(fit.covariance), strict=True):
        assert (row["beta"], row["se"], row["hr"]) == pytest.approx((beta, math.sqrt(variance), math.exp(beta)))
        assert row["ci_low"] == pytest.approx(math.exp(beta - z * row["se"]))
        assert row["ci_high"] == pytest.approx(math.exp(beta + z * row["se"]))
        assert (row["z"], row["p"]) == pytest.approx((beta / row["se"], 2 * norm.sf(abs(beta / row["se"]))))
        assert (row["method"], row["flag"], row["firth_flag"]) == ("cox efron", "", "")
        assert np.isnan([row[name] for name in ("firth_hr", "firth_ci_low", "firth_ci_high", "firth_p")]).all()


def test_terms_say_whom_they_count_and_against_whom(cohort) -> None:
    rows = cox(cohort, ["age", "arm", "site"]).coefficients.set_index("term")
    assert list(rows.index) == ["age", "arm", "site[b]", "site[c]"]
    assert list(rows["variable"]) == ["age", "arm", "site", "site"]
    assert list(rows["level"]) == ["", "", "b", "c"]
    assert list(rows["reference"]) == ["", "", "a", "a"]
    members = {"age": cohort["age"] > 0, "arm": cohort["arm"] == 1, **{f"site[{s}]": cohort["site"] == s for s in "bc"}}
    for term, inside in members.items():
        assert (rows.loc[term, "n"], rows.loc[term, "events"]) == (inside.sum(), cohort["event"][inside].sum())


# ---------------------------------------------------------------- the model's own name and numbers
@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({}, "cox efron"),
        ({"ties": "breslow"}, "cox breslow"),
        ({"strata": "site"}, "cox efron, stratified"),
        ({"weights": "w"}, "cox efron, weighted, robust variance"),
        ({"weights": "w", "robust": False}, "cox efron, weighted"),
        ({"weights": "one"}, "cox efron, weighted"),
        ({"entry": "start"}, "cox efron, left-truncated"),
        ({"robust": True}, "cox efron, robust variance"),
        ({"cluster": "centre"}, "cox efron, robust variance"),
        ({"cluster": "centre", "robust": False}, "cox efron"),
    ],
)
def test_a_fit_names_what_it_was_asked_for(cohort, options, method) -> None:
    fit = cox(cohort.assign(one=1), ["age", "arm"], firth=False, **options)
    assert fit.method == method
    assert set(fit.coefficients["method"]) == {method}
    assert (fit.n, fit.events, fit.missing, fit.converged) == (80, cohort["event"].sum(), 0, True)
    assert (fit.ties, fit.flags) == (options.get("ties", "efron"), ())
    is_robust = "robust" in method
    assert np.allclose(fit.covariance, fit.naive_covariance) is not is_robust


def test_the_robust_variance_is_the_cross_product_of_what_each_cluster_moves(cohort) -> None:
    from cartwright.analysis.methods.cox import residuals

    alone, together = (cox(cohort, ["age", "arm"], firth=False, **o) for o in ({"robust": True}, {"cluster": "centre"}))
    moved = residuals(alone, "dfbeta")[["age", "arm"]].to_numpy()
    np.testing.assert_allclose(alone.covariance, moved.T @ moved)
    sums = pd.DataFrame(moved).groupby(cohort["centre"]).sum().to_numpy()
    np.testing.assert_allclose(together.covariance, sums.T @ sums)


# ---------------------------------------------------------------- doubts
@pytest.mark.parametrize(
    ("events", "flags"), [(10, ()), (9, ("fewer than 5 events per covariate",)), (0, ("no events",))]
)
def test_five_events_a_covariate_are_enough(cohort, events, flags) -> None:
    table = cohort.assign(event=cohort["duration"].rank() <= events)
    fit = cox(table, ["age", "arm"], firth=False)
    assert fit.flags == flags
    assert set(fit.coefficients["flag"]) == {"; ".join(flags)}


def test_without_an_event_or_a_covariate_that_can_be_fitted_nothing_is_tested(cohort) -> None:
    none, constant = cox(cohort.assign(event=0), "age"), cox(cohort.assign(one=1.0), "one")
    for fit in (none, constant):
        row = fit.coefficients.iloc[0]
        assert row[["beta", "se", "ci_low", "ci_high", "z", "p"]].astype(float).isna().all()
    for test, name in (
        (constant.likelihood_ratio, "likelihood ratio"),
        (constant.wald, "wald"),
        (constant.score, "score"),
    ):
        assert (math.isnan(test.value), test.method, test.flag) == (True, name, "not estimable")
    assert (constant.coefficients["flag"][0], constant.flags) == ("constant", ())
    assert (none.wald.flag, math.isnan(none.wald.p)) == ("not estimable", True)
    assert cox(cohort.assign(centre=1), "age", cluster="centre").wald.flag == "no variance"


@pytest.mark.parametrize(("size", "flagged"), [(5.1, True), (5.0, False), (4.9, False)])
def test_a_coefficient_beyond_5_is_separation_on_the_scale_of_one_standard_deviation(size, flagged) -> None:
    from cartwright.analysis.methods.cox.coefficients import _doubts

    for beta, scale in ((size, 1.0), (-size, 1.0), (size / 10, 10.0)):
        assert _doubts(beta, scale, [], ["said before"]) == ["said before", *["separation"] * flagged]
    assert _doubts(0.1, 1.0, ["no events in a level"], []) == ["separation"]
    assert _doubts(0.1, 1.0, [], ["no events in a level"]) == ["no events in a level", "separation"]


def test_firths_estimate_stands_beside_what_is_flagged_and_only_where_it_is_wanted(cohort) -> None:
    table = cohort.assign(event=cohort["event"] & (cohort["arm"] == 0))
    beside, alone = cox(table, ["arm", "age"]).coefficients, cox(table, ["arm", "age"], firth=False).coefficients
    columns = ["firth_hr", "firth_ci_low", "firth_ci_high", "firth_p"]
    assert beside.loc[0, columns].notna().all()
    assert beside["firth_hr"][0] < beside["firth_ci_high"][0]
    assert alone[columns].isna().all(axis=None)
    narrow, due = (call(table, ["arm", "age"], confidence=0.8) for call in (cox, firth_cox))
    limits = narrow.coefficients.loc[0, ["firth_ci_low", "firth_ci_high"]]
    assert tuple(limits) == pytest.approx(tuple(due.loc[0, ["ci_low", "ci_high"]]))
    sound = cox(cohort.assign(one=1.0), ["age", "one"]).coefficients
    assert (list(sound["flag"]), sound[columns].isna().all(axis=None)) == (["", "constant"], True)
    none = cox(cohort.assign(event=0), ["age"]).coefficients
    assert (none["firth_flag"][0], none[columns].isna().all(axis=None)) == ("", True)
    weighed = cox(table.assign(v=2), ["arm", "age"], weights="v").coefficients
    assert weighed[columns].isna().all(axis=None)


def test_a_column_that_says_nothing_among_those_at_risk_is_left_out_by_name() -> None:
    """Only who leaves before the first event differs in x."""
    table = pd.DataFrame(
        {"duration": range(1, 13), "event": [0] + [1] * 11, "x": [1] + [0] * 11, "y": [0, 0, 1, 1] * 3}
    )
    fit = cox(table, ["x", "y"], firth=False)
    assert list(fit.design.is_fitted) == [False, True]
    assert list(fit.coefficients["flag"]) == ["not identified among those at risk", ""]
    assert fit.beta[0] == pytest.approx(cox(table, "y", firth=False).beta[0])


def test_columns_that_are_missing_are_named(cohort) -> None:
    with pytest.raises(UnusableData, match=r"^no column dose, nobody$"):
        cox(cohort, ["age", "dose"], cluster="nobody")
    with pytest.raises(UnusableData, match=r"^covariates named twice: age$"):
        cox(cohort, ["age", "arm", "age"])


def crossing(n: int, value: float) -> pd.DataFrame:
    """One without the flag dies first, then all n with it, then the others. The score of beta is near
    (n - 1) (1 + 1/2 + ... + 1/n) / exp(beta) - 1: a hazard ratio of about 68 for 20 and 510 for 100."""
    x = [0, *[value] * n, *[0] * (n - 1)]
    return pd.DataFrame({"duration": np.arange(2 * n) + 1.0, "event": 1, "x": x})


def test_a_flag_counts_as_it_is_and_a_number_by_its_standard_deviation() -> None:
    few, many, number = (cox(crossing(n, value), "x").coefficients for n, value in ((20, 1), (100, 1), (20, 0.5)))
    assert few["beta"][0] == pytest.approx(math.log(68), abs=0.3)
    assert many["beta"][0] == pytest.approx(math.log(510), abs=0.3)
    assert number["beta"][0] == pytest.approx(2 * few["beta"][0])  # beyond 5, by a quarter a standard deviation
    assert [table["flag"][0] for table in (few, many, number)] == ["", "separation", ""]


def test_firth_s_answers_stand_beside_those_in_doubt_only() -> None:
    sound, doubtful = (cox(crossing(n, 1), "x").coefficients for n in (20, 100))
    assert math.isnan(sound["firth_hr"][0])
    assert doubtful["firth_hr"][0] > 0


def test_a_number_in_large_units_has_its_error_in_these_units() -> None:
    plain, large = (cox(crossing(20, value), "x").coefficients for value in (1, 1e7))
    assert large["beta"][0] == pytest.approx(plain["beta"][0] / 1e7)
    assert large["se"][0] == pytest.approx(plain["se"][0] / 1e7)


def test_doubts_are_listed_one_behind_the_other() -> None:
    table = pd.DataFrame({"duration": [1, 2, 3, 4, 5, 6], "event": [1, 1, 1, 0, 0, 0], "x": list("aaabbb")})
    flag = cox(table, "x").coefficients["flag"][0]
    assert flag == "no events in a level; fewer than 5 events per covariate; not converged; separation"


def test_a_ratio_too_large_for_a_number_is_infinite() -> None:
    from cartwright.analysis.methods.cox.coefficients import _exp

    assert [_exp(beta) for beta in (700.0, 700.5, 800.0)] == [math.exp(700), math.inf, math.inf]
