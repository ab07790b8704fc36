"""What must hold for any data: Hypothesis looks for the data where it does not."""

from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cartwright.analysis.methods.compare import adjust, contingency_test, standardised_difference
from cartwright.analysis.methods.cox import cox, likelihood, ph_test, residuals
from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.survival import (
    at_risk,
    cumulative_incidence,
    event_counts,
    kaplan_meier,
    kaplan_meier_from_counts,
    logrank,
    quantile,
    rmst,
)


@st.composite
def cohorts(draw, largest=40):
    n = draw(st.integers(4, largest))
    times = draw(st.lists(st.integers(0, 30), min_size=n, max_size=n))
    events = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    groups = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    x = draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n))
    return pd.DataFrame({"duration": np.array(times, float), "event": events, "group": groups, "x": x})


@given(cohorts())
def test_curve_falls_from_one_and_limits_enclose_it(table):
    rows = kaplan_meier(table["duration"], table["event"]).table
    s = rows["survival"].to_numpy()
    assert (np.diff(s) <= 1e-12).all()
    assert ((s >= 0) & (s <= 1)).all()
    known = rows.dropna(subset=["ci_low"])
    assert (known["ci_low"] <= known["survival"] + 1e-12).all()
    assert (known["ci_high"] >= known["survival"] - 1e-12).all()


@given(cohorts())
def test_without_censoring_the_curve_is_the_empirical_share_alive(table):
    rows = kaplan_meier(table["duration"], np.ones(len(table))).table
    share = [(table["duration"] > t).mean() for t in rows["time"]]
    np.testing.assert_allclose(
        rows.loc[rows["time"] > 0, "survival"], np.array(share)[rows["time"].to_numpy() > 0], atol=1e-12
    )


@given(cohorts())
def test_counts_by_day_give_the_same_curve_and_test_as_rows(table):
    counts = event_counts(table["duration"], table["event"])
    by_rows, by_day = kaplan_meier(table["duration"], table["event"]), kaplan_meier_from_counts(counts)
    np.testing.assert_allclose(by_rows.table["survival"], by_day.table["survival"], atol=1e-12)
    np.testing.assert_allclose(by_rows.table["at_risk"], by_day.table["at_risk"])


@given(cohorts(), st.integers(1, 4))
def test_whole_weights_equal_repeated_rows(table, copies):
    weights = np.resize(np.arange(1, copies + 1), len(table))
    weighted = kaplan_meier(table["duration"], table["event"], weights=weights).table
    repeated = table.loc[table.index.repeat(weights)]
    np.testing.assert_allclose(
        weighted["se"], kaplan_meier(repeated["duration"], repeated["event"]).table["se"], atol=1e-10
    )


@given(cohorts())
def test_number_at_risk_counts_times_not_before(table):
    times = np.arange(0, 32, 3)
    np.testing.assert_array_equal(at_risk(table["duration"], times), [(table["duration"] >= t).sum() for t in times])


@given(cohorts())
def test_median_by_the_sas_rule_is_never_before_half_have_died(table):
    curve = kaplan_meier(table["duration"], table["event"])
    found = quantile(curve)
    if not np.isnan(found.value):
        assert curve.table.loc[curve.table["time"] >= found.value, "survival"].min() < 0.5
    r = quantile(curve, rule="r").value
    assert np.isnan(found.value) or found.value == r


@given(cohorts())
def test_rmst_is_the_mean_when_nobody_is_censored(table):
    tau = table["duration"].max()
    assume(tau > 0)
    found = rmst(kaplan_meier(table["duration"], np.ones(len(table))), tau)
    np.testing.assert_allclose(found.value, table["duration"].mean(), atol=1e-9)
    np.testing.assert_allclose(found.se, table["duration"].std(ddof=0) / np.sqrt(len(table)), atol=1e-9)


@given(cohorts())
def test_expected_events_add_up_and_groups_may_be_swapped(table):
    assume(table["group"].nunique() == 2)
    test = logrank(table["duration"], table["event"], table["group"])
    np.testing.assert_allclose(test.expected.sum(), test.observed.sum(), atol=1e-9)
    swapped = logrank(table["duration"], table["event"], 1 - table["group"])
    np.testing.assert_allclose(test.statistic, swapped.statistic, atol=1e-8)


@given(cohorts(), st.integers(1, 3))
def test_incidences_and_survival_share_out_probability(table, kinds):
    causes = np.where(table["event"], 1 + np.arange(len(table)) % kinds, 0)
    survival = kaplan_meier_from_counts(event_counts(table["duration"], table["event"])).table
    survival = survival.loc[survival["time"].isin(table["duration"]), "survival"].to_numpy()
    total = sum(
        cumulative_incidence(table["duration"], causes, k).table["incidence"].to_numpy() for k in range(1, kinds + 1)
    )
    np.testing.assert_allclose(total + survival, 1, atol=1e-10)


@given(cohorts(), st.floats(0.1, 10), st.sampled_from(["efron", "breslow"]))
def test_cox_does_not_mind_units_of_time_or_covariate(table, unit, ties):
    assume(table["x"].nunique() > 1 and table["event"].sum() > 3)
    fit = cox(table, "x", ties=ties, firth=False)
    assume(fit.converged and fit.design.is_fitted.all() and abs(fit.beta[0]) < 5)
    scaled = cox(table.assign(x=table["x"] * unit, duration=table["duration"] * 7), "x", ties=ties, firth=False)
    np.testing.assert_allclose(scaled.beta * unit, fit.beta, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(scaled.coefficients["z"], fit.coefficients["z"], rtol=1e-6, atol=1e-8)


@given(cohorts(), st.sampled_from(["efron", "breslow"]))
def test_score_and_martingale_residuals_sum_to_zero(table, ties):
    assume(table["x"].nunique() > 1 and table["event"].sum() > 3)
    fit = cox(table, "x", ties=ties, firth=False)
    assume(fit.converged and fit.design.is_fitted.all())
    assert abs(residuals(fit, "martingale")["residual"].sum()) < 1e-6
    assert abs(residuals(fit, "score")["x"].sum()) < 1e-6


@given(cohorts())
def test_splitting_a_follow_up_in_two_rows_changes_nothing(table):
    table = table.assign(duration=table["duration"] + 1, subject=range(len(table)), start=0.0)
    assume(table["x"].nunique() > 1 and table["event"].sum() > 3)
    whole = cox(table, "x", firth=False)
    assume(whole.converged)
    cut = 10.0
    early = table.assign(event=table["event"] & (table["duration"] <= cut), duration=table["duration"].clip(upper=cut))
    late = table[table["duration"] > cut].assign(start=cut)
    split = cox(pd.concat([early, late]), "x", entry="start", subject="subject", firth=False)
    np.testing.assert_allclose(split.beta, whole.beta, atol=1e-7)


@given(cohorts())
def test_two_group_score_test_of_cox_is_the_log_rank_test_without_ties(table):
    table = table.assign(duration=np.arange(len(table)) + 1.0)
    assume(table["group"].nunique() == 2 and table["event"].any())
    test = logrank(table["duration"], table["event"], table["group"])
    assume(test.df == 1)
    np.testing.assert_allclose(cox(table, "group", firth=False).score.value, test.statistic, rtol=1e-7, atol=1e-9)


@given(cohorts())
def test_proportionality_p_values_are_probabilities(table):
    assume(table["x"].nunique() > 1 and table["event"].sum() > 4)
    fit = cox(table, ["x"], firth=False)
    assume(fit.converged and fit.design.is_fitted.all())
    p = ph_test(fit, "identity")["p"].dropna()
    assert p.between(0, 1).all()


def test_a_covariate_that_nobody_at_risk_differs_in_has_no_test_of_proportionality():
    """The one patient with another value leaves before the first event: nothing is fitted, and that is said."""
    fit = cox(
        pd.DataFrame({"duration": [0, 1, 2, 3, 4, 5], "event": [False] + [True] * 5, "x": [1] + [0] * 5}),
        ["x"],
        firth=False,
    )
    assert fit.converged
    assert not fit.design.is_fitted.any()
    with pytest.raises(UnusableData, match="a fitted covariate"):
        ph_test(fit, "identity")


@given(cohorts(), st.booleans())
def test_sums_over_risk_sets_are_the_same_for_few_rows_and_for_many(table, truncated):
    table = table.assign(duration=table["duration"] + 1, entry=table["duration"] // 2)
    assume(table["event"].any())

    def sums() -> likelihood.Sums:
        fit = cox(table, ["x", "group"], firth=False, entry="entry" if truncated else None)
        return fit.risk_sets.sums(np.linspace(0.1, 0.2, fit.risk_sets.x.shape[0]))

    few = sums()
    with patch.object(likelihood, "SMALL", 0):
        many = sums()
    for name, value in vars(few).items():
        np.testing.assert_allclose(value, getattr(many, name), atol=1e-12, err_msg=name)


@given(st.lists(st.integers(0, 12), min_size=4, max_size=4))
def test_exact_tests_agree_on_direction_and_order(counts):
    table = np.reshape(counts, (2, 2))
    fisher, midp = contingency_test(table, "fisher"), contingency_test(table, "midp")
    if not np.isnan(fisher.p):
        assert 0 < fisher.p <= 1
        assert midp.p <= fisher.p + 1e-12
        assert abs(contingency_test(table.T, "midp").p - midp.p) < 1e-9


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_never_falls_and_holm_is_stricter_than_bh(p):
    holm, bh = adjust(p, "holm"), adjust(p, "bh")
    assert (holm >= np.array(p) - 1e-12).all()
    assert (holm >= bh - 1e-12).all()
    assert (holm <= 1).all()


@given(cohorts())
def test_standardised_difference_is_symmetric(table):
    assume(table["group"].nunique() == 2)
    a = standardised_difference(table["x"], table["group"]).value
    b = standardised_difference(table["x"], 1 - table["group"]).value
    np.testing.assert_allclose(a, b, atol=1e-12, equal_nan=True)
