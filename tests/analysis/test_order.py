"""Results do not know in which order rows arrive, nor what a patient is called."""

import numpy as np
import pandas as pd
import pytest

from cartwright.analysis.methods.cox import concordance, cox, fine_gray, ph_test
from cartwright.analysis.methods.logistic import logistic
from cartwright.analysis.methods.order import by_content, in_one_order
from cartwright.analysis.methods.sensitivity import (
    bootstrap,
    clone_censor_weight,
    impute,
    optimism,
    propensity_weights,
    response_rows,
    standardised_survival,
)
from cartwright.analysis.methods.survival import (
    cumulative_incidence,
    gray_test,
    kaplan_meier,
    logrank,
    quantile,
    rmst,
    turnbull,
)


def cohort(n=80, seed=11):
    """Whole days, ties, a covariate with gaps, two patients alike in everything."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"arm": rng.integers(0, 2, n), "age": rng.integers(40, 80, n).astype(float)})
    table["flag"] = np.where(rng.random(n) < 0.2, np.nan, rng.integers(0, 2, n))
    hazard = np.exp(0.02 * (table["age"] - 60) - 0.4 * table["arm"]) / 200
    time = np.ceil(rng.exponential(1 / hazard) / 10) * 10
    table["duration"], table["event"] = np.minimum(time, 400), time < 400
    table["cause"] = np.where(table["event"], 1 + (rng.random(n) < 0.3), 0)
    table["started"] = np.where(table["arm"] == 1, rng.integers(1, 60, n), np.nan)
    table.loc[1] = table.loc[0]
    return table


def shuffled(table, seed):
    return table.iloc[np.random.default_rng(seed).permutation(len(table))].reset_index(drop=True)


def curve_numbers(table):
    curve = kaplan_meier(table["duration"], table["event"])
    median = quantile(curve)
    mean = rmst(curve, 200)
    return [*curve.table[["survival", "se"]].to_numpy().ravel(), median.value, median.ci_low, mean.value, mean.se]


def test_numbers(table):
    group = table["arm"]
    return [
        logrank(table["duration"], table["event"], group, table["age"] > 60, rho=1).statistic,
        gray_test(table["duration"], table["cause"], group).statistic,
        *cumulative_incidence(table["duration"], table["cause"]).table["se"],
        turnbull(table["duration"], table["duration"].where(table["event"], np.inf)).survival_at(150),
    ]


def model_numbers(table):
    fit = cox(table, ["arm", "age", "flag"], robust=True, firth=False)
    subdistribution = fine_gray(table, ["arm", "age"])
    odds = logistic(table.assign(dead=table["event"].astype(int)), ["arm", "age"], "dead")
    return [
        *fit.coefficients["beta"],
        *fit.coefficients["se"],
        *ph_test(fit)["statistic"],
        concordance(fit).se,
        *subdistribution.coefficients["se"],
        *odds.coefficients["se"],
    ]


def weight_numbers(table):
    weighting = propensity_weights(table, "arm", ["age"], "ate")
    clones = clone_censor_weight(table.assign(id=range(len(table))), "id", "started", ["age"], 30.0)
    rows = response_rows(table.assign(id=range(len(table))), "id", "duration", "event", "started")
    return [
        weighting.effective_treated,
        *cox(clones, "is_started", "stop", "event", entry="start", weights="weight").beta,
        *cox(rows, "has_responded", "stop", "event", entry="start").beta,
    ]


def drawn_numbers(table):
    def slope(part):
        return cox(part, "arm", firth=False).beta

    drawn = bootstrap(table[["arm", "duration", "event"]], slope, 20, seed=1, strata="arm")
    found = optimism(table[["arm", "age", "duration", "event"]], ["arm", "age"], replicates=10, seed=2)
    adjusted = standardised_survival(
        table[["arm", "age", "duration", "event"]], "arm", "age", [100, 200], replicates=10, seed=3
    )
    copies = impute(
        table[["arm", "age", "flag", "duration", "event"]],
        ["arm", "age", "flag"],
        "duration",
        "event",
        m=3,
        cycles=2,
        seed=4,
    )
    return [
        *drawn.replicates.ravel(),
        found.corrected,
        found.slope,
        *adjusted["ci_low"].dropna(),
        *(copy["flag"].sum() for copy in copies),
    ]


test_numbers.__test__ = False


@pytest.mark.parametrize("numbers", [curve_numbers, test_numbers, model_numbers, weight_numbers, drawn_numbers])
def test_the_order_of_rows_moves_no_number(numbers):
    table = cohort()
    first = np.array(numbers(table), dtype=float)
    assert np.isfinite(first).mean() > 0.9
    for seed in range(5):
        np.testing.assert_allclose(np.array(numbers(shuffled(table, seed)), dtype=float), first, rtol=1e-9, atol=1e-9)


def test_imputed_copies_keep_the_order_they_were_given():
    table = cohort()[["arm", "age", "flag", "duration", "event"]]
    (copy,) = impute(table, ["arm", "age", "flag"], "duration", "event", m=1, seed=4)
    known = table["flag"].notna()
    pd.testing.assert_frame_equal(copy.loc[known], table.loc[known])
    assert copy["flag"].notna().all()


def datasets():
    adsl = cohort(12).assign(usubjid=[f"p{i:02d}" for i in range(12)])
    visits = pd.DataFrame(
        {
            "usubjid": [f"p{i:02d}" for i in range(12) for _ in range(3)],
            "day": list(range(3)) * 12,
            "visit_id": [f"p{i:02d}:{k}" for i in range(12) for k in range(3)],
        }
    )
    return {"adsl": adsl, "visits": visits, "plan": pd.DataFrame({"seq": [2, 1]})}


def test_one_order_whatever_the_rows_and_names_were():
    given = datasets()
    names = dict(
        zip(given["adsl"]["usubjid"], np.random.default_rng(0).permutation(given["adsl"]["usubjid"]), strict=True)
    )
    other = {name: shuffled(table, 5) for name, table in given.items()}
    for name in ("adsl", "visits"):
        other[name]["usubjid"] = other[name]["usubjid"].map(names)
    other["visits"]["visit_id"] = "another"
    one, two = in_one_order(given), in_one_order(other)
    for name in ("adsl", "visits"):
        content = [column for column in given[name] if column not in ("usubjid", "visit_id")]
        pd.testing.assert_frame_equal(one[name][content], two[name][content])
    assert list(one["plan"]["seq"]) == [2, 1]
    assert list(dict.fromkeys(one["visits"]["usubjid"])) == list(one["adsl"]["usubjid"])


def test_a_patient_is_known_by_all_tables_together():
    """Two patients who differ in a second table only have a fixed order all the same."""
    adsl = pd.DataFrame({"usubjid": ["a", "b"], "age": [60, 60]})
    visits = pd.DataFrame({"usubjid": ["a", "b"], "day": [1, 2]})
    one = in_one_order({"adsl": adsl, "visits": visits})
    two = in_one_order({"adsl": adsl.iloc[::-1], "visits": visits.assign(usubjid=["b", "a"])})
    assert list(one["visits"]["day"]) == list(two["visits"]["day"])


def test_content_orders_rows_with_gaps():
    table = pd.DataFrame({"x": [2.0, np.nan, 1.0], "y": [1, 2, 3]})
    assert list(by_content(table)) == [2, 0, 1]
