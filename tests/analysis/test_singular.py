"""Tests whose covariance is singular have its rank as degrees of freedom, and say so."""

import numpy as np
import pandas as pd
import pytest

from cartwright.analysis.methods.cox import cox, ph_test
from cartwright.analysis.methods.quadratic import quadratic
from cartwright.analysis.methods.survival import gray_test, logrank

# Groups A, B in the first stratum, C, D in the second: A against B and C against D, two comparisons, not three.
TIMES, GROUPS, STRATA = [1, 2, 3, 4, 1, 2, 3, 4], list("ABABCDCD"), [1] * 4 + [2] * 4


def test_log_rank_of_groups_nested_in_strata_by_hand():
    """A against B on 1 2 3 4: expected of A 1/2 + 1/3 + 1/2 = 4/3, variance 1/4 + 2/9 + 1/4 = 13/18, so that each
    stratum gives (2/3)^2 / (13/18) = 8/13."""
    test = logrank(TIMES, [1] * 8, GROUPS, STRATA)
    assert test.statistic == pytest.approx(16 / 13)
    assert test.df == 2
    assert test.p == pytest.approx(np.exp(-8 / 13))
    assert round(test.p, 3) == 0.540
    assert test.flag == "singular covariance: 2 of 3 degrees of freedom"


def test_nested_groups_are_the_sum_of_their_strata():
    rng = np.random.default_rng(3)
    time, group = rng.integers(1, 30, 120), np.tile(list("ABC"), 40)
    event, stratum = rng.random(120) < 0.8, np.repeat([1, 2], 60)
    nested = np.char.add(group, stratum.astype(str))
    parts = [logrank(time[stratum == s], event[stratum == s], group[stratum == s]) for s in (1, 2)]
    whole = logrank(time, event, nested, stratum)
    assert whole.df == sum(part.df for part in parts) == 4
    assert whole.statistic == pytest.approx(sum(part.statistic for part in parts))
    cause = np.where(event, 1 + (rng.random(120) < 0.3), 0)
    grays = [gray_test(time[stratum == s], cause[stratum == s], group[stratum == s]) for s in (1, 2)]
    both = gray_test(time, cause, nested, strata=stratum)
    assert both.df == 4
    assert both.statistic == pytest.approx(sum(part.statistic for part in grays))
    assert both.flag == "singular covariance: 4 of 5 degrees of freedom"


@pytest.mark.parametrize("test", ["logrank", "gray"])
def test_a_group_gone_before_the_first_event_counts_for_no_degree_of_freedom(test):
    time, event = [1, 1, 5, 6, 7, 8, 9, 10], [0, 0, 1, 1, 0, 1, 1, 1]
    for names in ("CCABABAB", "AACBCBCB"):  # last or first in the order of the groups
        found, two = (
            (logrank(t, e, g) if test == "logrank" else gray_test(t, e, g))
            for t, e, g in ((time, event, list(names)), (time[2:], event[2:], list(names[2:])))
        )
        assert found.df == two.df == 1
        assert found.statistic == pytest.approx(two.statistic)
        assert found.flag


@pytest.fixture
def cohort():
    rng = np.random.default_rng(5)
    n = 60
    table = pd.DataFrame({name: rng.normal(size=n) for name in "abcd"})
    return table.assign(duration=rng.permutation(n) + 1.0, event=True)


def test_fewer_clusters_than_coefficients_give_no_wald_test(cohort):
    fit = cox(cohort.assign(site=np.arange(60) % 3), list("abcd"), cluster="site")
    assert np.isnan(fit.wald.statistic)
    assert np.isnan(fit.wald.p)
    assert fit.wald.df == 2  # three clusters whose scores sum to zero
    assert fit.wald.flag == "singular covariance: 2 of 4 degrees of freedom"
    assert fit.coefficients["flag"].str.contains("robust variance of 4 coefficients from 3 clusters").all()


def test_a_single_cluster_has_no_variance(cohort):
    fit = cox(cohort.assign(site=1), list("ab"), cluster="site")
    assert fit.coefficients[["se", "ci_low", "ci_high", "p"]].isna().all(axis=None)
    assert fit.coefficients["flag"].str.contains("from 1 cluster").all()
    assert np.isnan(fit.wald.p)


def test_enough_clusters_are_not_flagged(cohort):
    fit = cox(cohort.assign(site=np.arange(60) % 20), list("abcd"), cluster="site")
    assert fit.wald.df == 4
    assert not fit.wald.flag


def test_covariates_aliased_among_those_at_risk_are_left_out_of_all_tests(cohort):
    """Two columns that differ only in rows which leave before anybody has an event."""
    table = cohort.assign(twin=cohort["a"])
    early = table["duration"] <= 5
    table.loc[early, "twin"] = 3.0
    table.loc[early, "event"] = False
    fit, alone = cox(table, ["a", "b", "twin"]), cox(table, ["a", "b"])
    assert list(fit.coefficients["flag"]) == ["", "", "not identified among those at risk"]
    for name in ("likelihood_ratio", "wald", "score"):
        found, due = getattr(fit, name), getattr(alone, name)
        assert (found.df, found.statistic) == (2, pytest.approx(due.statistic)), name
    np.testing.assert_allclose(fit.beta, alone.beta)


def test_a_covariate_that_tells_at_one_event_time_only_has_no_course_over_time(cohort):
    """d is 1 in two: one dies first, on the day of somebody in whom d is 0; the other leaves on the next day."""
    table = cohort.sort_values("duration").reset_index(drop=True).assign(d=0.0)
    table.loc[[0, 2], "d"] = 1.0
    table.loc[1, "duration"] = table.loc[0, "duration"]
    table.loc[2, "event"] = False
    fit = cox(table, list("abcd"), firth=False)
    assert fit.converged
    rows, alone = ph_test(fit).set_index("variable"), ph_test(cox(table, list("abc"))).set_index("variable")
    assert rows.loc["GLOBAL", "df"] == 3
    assert rows.loc["GLOBAL", "flag"] == "singular covariance: 3 of 4 degrees of freedom"
    assert rows.loc["GLOBAL", "p"] == pytest.approx(alone.loc["GLOBAL", "p"], abs=0.1)
    assert np.isnan(rows.loc["d", "p"])
    assert rows.loc["d", "flag"] == "too few event times"


def test_a_vector_outside_the_space_has_no_statistic():
    v = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert quadratic(np.array([2.0, 2.0]), v) == (pytest.approx(4.0), 1)
    statistic, rank = quadratic(np.array([1.0, -1.0]), v)
    assert np.isnan(statistic)
    assert rank == 1
    assert quadratic(np.zeros(2), np.zeros((2, 2)))[1] == 0
