"""Sensitivity analyses on data where the answer is known."""

import numpy as np
import pandas as pd
import pytest

from cartwright.analysis.methods.cox import cox
from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.sensitivity import (
    balance,
    bootstrap,
    clone_censor_weight,
    e_value,
    effective_sample_size,
    imputation,
    impute,
    landmark_groups,
    optimism,
    pool,
    propensity_weights,
    response_rows,
    standardised_survival,
    tipping_point,
)


def confounded(n=4000, log_hr=0.0, seed=5):
    """Treated are healthier; `log_hr` is the true conditional effect."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    arm = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(int)
    time = rng.exponential(np.exp(0.8 * x - log_hr * arm) * 300)
    censor = rng.uniform(100, 900, n)
    return pd.DataFrame({"x": x, "arm": arm, "duration": np.minimum(time, censor).round() + 1, "event": time <= censor})


@pytest.mark.parametrize(
    ("hr", "limits", "point", "limit"),
    [(0.28, (0.15, 0.51), 4.19, 2.56), (0.46, (0.26, 0.80), 2.80, 1.61), (0.9, (0.6, 1.3), None, 1.0)],
)
def test_e_values_of_the_adjusted_hazard_ratios(hr, limits, point, limit):
    found = e_value(hr, *limits)
    assert found.limit == pytest.approx(limit, abs=0.01)
    if point:
        assert found.point == pytest.approx(point, abs=0.01)


def test_e_value_of_a_risk_ratio():
    assert e_value(3.52, 1.1, 10, kind="risk").point == pytest.approx(6.50, abs=0.01)


@pytest.mark.parametrize("estimand", ["ato", "ate", "att"])
def test_weights_balance_the_confounder_and_remove_the_bias(estimand):
    table = confounded()
    naive = cox(table, "arm").beta[0]
    weighting = propensity_weights(table, "arm", ["x"], estimand)
    after = balance(table, weighting, ["x"]).iloc[0]
    assert after["before"] > 0.5
    assert after["after"] < (1e-6 if estimand == "ato" else 0.1)
    weighted = cox(table.assign(w=weighting.table["weight"].to_numpy()), "arm", weights="w", robust=True)
    assert naive < -0.4
    assert abs(weighted.beta[0]) < 0.12
    assert weighting.effective_treated < (table["arm"] == 1).sum() + 1e-9


def test_effective_sample_size_of_equal_weights_is_their_number():
    assert effective_sample_size(np.full(7, 3.0)) == pytest.approx(7)


def test_standardisation_removes_confounding_and_reports_limits():
    table = confounded(1500)
    result = standardised_survival(table, "arm", ["x"], [200], replicates=40)
    difference = result[result["group"] == "difference"].iloc[0]
    assert difference["ci_low"] < 0 < difference["ci_high"]
    assert abs(difference["survival"]) < 0.06


def test_bootstrap_is_reproducible_and_counts_failures():
    table = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})
    a = bootstrap(table, lambda part: part["x"].mean(), 50, seed=1)
    np.testing.assert_array_equal(a.replicates, bootstrap(table, lambda part: part["x"].mean(), 50, seed=1).replicates)

    def fragile(part):
        if part["x"].min() > 1:
            raise UnusableData("lost")
        return part["x"].mean()

    assert "replicates failed" in bootstrap(table, fragile, 60, seed=1).flag


def test_tipping_point_grows_with_the_advantage():
    table = confounded(150, log_hr=-0.9, seed=2)
    result = tipping_point(table, "arm", most=40)
    assert not result.loc[0, "is_lost"]
    assert result["is_lost"].any()
    assert (result["hr"].diff().dropna() > 0).all()


def test_rubin_equals_the_formula_by_hand():
    found = pool([1.0, 1.2, 0.8], [0.04, 0.05, 0.045])
    between = np.var([1.0, 1.2, 0.8], ddof=1)
    assert found.value == pytest.approx(1.0)
    assert found.se**2 == pytest.approx(0.045 + 4 / 3 * between)
    assert found.df == pytest.approx(2 * (1 + 0.045 / (4 / 3 * between)) ** 2)


def test_imputation_recovers_a_confounder_that_is_missing_at_random():
    table = confounded(900)
    rng = np.random.default_rng(1)
    holes = table.assign(x=table["x"].where(rng.random(len(table)) > 0.4 * table["event"]))
    fits = [cox(copy, ["arm", "x"], firth=False) for copy in impute(holes, ["arm", "x"], "duration", "event", 8, 4)]
    pooled = pool([fit.beta[1] for fit in fits], [fit.covariance[1, 1] for fit in fits])
    full = cox(table, ["arm", "x"], firth=False)
    assert abs(pooled.value - full.beta[1]) < 3 * np.sqrt(full.covariance[1, 1])
    assert pooled.se > np.sqrt(full.covariance[1, 1]) * 0.98


def test_imputed_flags_stay_flags_and_known_values_stay():
    table = confounded(80).assign(flag=lambda t: (t["x"] > 0).astype(float))
    holes = table.assign(flag=table["flag"].mask(table.index % 4 == 0))
    copy = impute(holes, ["arm", "flag"], "duration", "event", 2, 2)[0]
    assert set(copy["flag"]) <= {0.0, 1.0}
    pd.testing.assert_series_equal(copy["flag"][holes["flag"].notna()], holes["flag"].dropna())


def test_the_donors_of_many_are_those_that_comparing_every_pair_finds(monkeypatch):
    """The nearest stand side by side in order of size: at the ends, between, and where only ten are known."""
    generator = np.random.default_rng(5)
    for wanted, known in ((2_000, 1_500), (300, 10)):
        gaps, values = generator.normal(size=wanted) * 2, generator.normal(size=known)
        distances = []
        for all_pairs in (10**9, 0):
            monkeypatch.setattr(imputation, "ALL_PAIRS", all_pairs)
            donors = imputation._nearest(gaps, values)
            distances.append(np.sort(np.abs(values[donors] - gaps[:, None]), axis=1))
        assert np.array_equal(*distances)


def test_the_donors_of_ten_thousand_patients_are_found_at_once():
    import tracemalloc

    tracemalloc.start()
    imputation._nearest(np.linspace(-2, 2, 5_000), np.linspace(-1, 1, 5_000))
    assert tracemalloc.get_traced_memory()[1] < 20e6  # every pair would take 200 MB
    tracemalloc.stop()


def test_noise_predictors_are_seen_through():
    rng = np.random.default_rng(9)
    table = confounded(120).assign(**{f"noise{i}": rng.normal(size=120) for i in range(6)})
    result = optimism(table, ["arm", *(f"noise{i}" for i in range(6))], replicates=30)
    assert result.optimism > 0.01
    assert result.slope < 1


def immortal(n=4000, seed=11):
    """Response comes at a random time if death does not come first, and changes nothing."""
    rng = np.random.default_rng(seed)
    time, response = rng.exponential(200, n).round() + 1, rng.exponential(120, n).round() + 1
    return pd.DataFrame(
        {"id": np.arange(n), "duration": time, "event": True, "response": np.where(response < time, response, np.nan)}
    )


def test_landmark_and_time_dependent_response_remove_immortal_time():
    table = immortal()
    naive = cox(table.assign(responder=table["response"].notna()), "responder").coefficients["hr"][0]
    assert naive < 0.6
    landmark = landmark_groups(table, 60, "duration", "event", "response")
    assert cox(landmark, "has_responded", "landmark_duration").coefficients["hr"][0] == pytest.approx(1, abs=0.12)
    rows = response_rows(table, "id", "duration", "event", "response")
    fit = cox(rows, "has_responded", "stop", entry="start", subject="id")
    assert fit.coefficients["hr"][0] == pytest.approx(1, abs=0.12)
    assert (rows.groupby("id")["stop"].max() == table["duration"]).all()


def test_cloning_removes_the_immortal_time_of_waiting_for_therapy():
    rng = np.random.default_rng(4)
    n = 4000
    frailty = rng.normal(size=n)
    death, start = rng.exponential(100 * np.exp(-0.5 * frailty)), rng.exponential(60 * np.exp(0.3 * frailty))
    censor = rng.uniform(150, 600, n)
    table = pd.DataFrame(
        {
            "id": np.arange(n),
            "frailty": frailty,
            "duration": np.minimum(death, censor).round() + 1,
            "event": death <= censor,
        }
    )
    table["started"] = np.where(start.round() + 1 < table["duration"], start.round() + 1, np.nan)
    naive = cox(table.assign(treated=table["started"] <= 60), "treated").coefficients["hr"][0]
    rows = clone_censor_weight(table, "id", "started", ["frailty"], 60)
    found = cox(rows, "is_started", "stop", entry="start", weights="weight", cluster="id").coefficients.iloc[0]
    assert naive < 0.6
    assert found["hr"] == pytest.approx(1, abs=0.15)
    assert rows["weight"].min() >= 1 - 1e-9
