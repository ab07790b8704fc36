"""What a statistician asks: families of tests, balance in Table 1, the order of levels, and nobody left out."""

import math

import numpy as np
import pandas as pd
import pytest

from cartwright.analysis.methods.compare import adjust, standardised_difference
from cartwright.analysis.methods.sensitivity import clone_censor_weight
from cartwright.analysis.plan.definition import PlanError
from cartwright.analysis.plan.run import compute
from cartwright.analysis.report.layouts import of_output
from cartwright.analysis.report.view import View
from tiny import EVERYBODY, groups, patients, run, times

ARMS = {"group_by": "arm", "group_levels": groups("a", "b")}
ECOG = {"column": "ecog", "label": "ECOG", "type": "categorical", "levels": groups("0", "1", "2")}
X = {"column": "x", "label": "x", "type": "continuous"}


def computed(adsl, adtte, *rows):
    plan = [
        {"output_id": "section.output", "seq": i, "title": row["analysis_id"], "population": "everybody", **row}
        for i, row in enumerate(rows)
    ]
    return compute({"adsl": adsl, "adtte": adtte}, (EVERYBODY,), plan)


# ---------------------------------------------------------------- families
def cohort(n=40, seed=2):
    rng = np.random.default_rng(seed)
    adsl = patients(arm=list("ab") * (n // 2), x=rng.normal(size=n), is_late=rng.random(n) < 0.5)
    days = np.ceil(rng.exponential(np.exp(-0.8 * adsl["x"]) * 100))
    return adsl, times(list(days), [1] * n)


def with_families(*families):
    adsl, adtte = cohort()
    options = {"time": "duration_days", "ties": "efron", "model": "univariable"}
    cox = {
        "kind": "cox",
        "endpoint": "OS",
        "options": options,
        "variables": [X, {"column": "is_late", "label": "Late"}],
    }
    test = {"analysis_id": "arms", "kind": "logrank", "endpoint": "OS", "options": {"time": "duration_days"}, **ARMS}
    family = {"analysis_id": "families", "kind": "multiplicity", "options": {"families": list(families)}}
    # the reader stands first in the plan and runs last all the same
    return computed(adsl, adtte, family, {"analysis_id": "models", **cox}, test)


MODELS = {"analysis": "models", "every": True}
LOG_RANK = {"analysis": "arms", "label": "Arms"}


def of_family(results, statistic):
    rows = results["ard"].query("analysis_id == 'families' and statistic == @statistic")
    return rows["value"].to_numpy(), list(rows["value_txt"])


def test_a_family_is_adjusted_for_its_own_number_of_tests():
    family = {"family": "f", "label": "F", "method": "holm", "tests": [MODELS, LOG_RANK]}
    results = with_families(family)
    raw, labels = of_family(results, "p_raw")
    assert labels == ["x", "Late", "Arms"]
    found = results["ard"].query("statistic == 'p' and analysis_id != 'families'")["value"]
    assert sorted(raw) == pytest.approx(sorted(found))
    assert of_family(results, "p_adjusted")[0] == pytest.approx(adjust(raw, "holm"))
    assert (of_family(results, "p_adjusted")[0] >= raw).all()


def test_two_families_do_not_count_each_others_tests():
    one = {"family": "one", "label": "One", "method": "none", "tests": [LOG_RANK]}
    other = {"family": "other", "label": "Other", "method": "bh", "tests": [MODELS]}
    results = with_families(one, other)
    raw, adjusted = of_family(results, "p_raw")[0], of_family(results, "p_adjusted")[0]
    assert adjusted[0] == raw[0]
    assert adjusted[1:] == pytest.approx(adjust(raw[1:], "bh"))
    outputs = [{"output_id": "section.output", "seq": 1, "kind": "table", "title": "T", "footnote": None}]
    tables = {table.caption: table for table in of_output(View(results, outputs), "section.output")}
    labels = [row.label for row in tables["families"].rows]
    assert labels == ["One (not adjusted)", "Arms", "Other (Benjamini-Hochberg)", "x", "Late"]


def test_a_sequence_stops_at_what_does_not_hold():
    assert adjust([0.01, 0.2, 0.03], "sequence") == pytest.approx([0.01, 0.2, 0.2])
    after_unknown = adjust([0.01, math.nan, 0.03], "sequence")
    assert after_unknown[0] == 0.01
    assert np.isnan(after_unknown[1:]).all()


def test_a_family_that_names_no_p_is_a_fault_of_the_plan():
    with pytest.raises(PlanError, match="no earlier analysis nowhere"):
        with_families({"family": "f", "label": "F", "method": "holm", "tests": [{"analysis": "nowhere", "label": "?"}]})


# ---------------------------------------------------------------- Table 1
def test_table_one_shows_how_far_the_groups_are_apart():
    adsl = patients(arm=list("aaaabbbb"), x=[1.0, 2, 3, None, 3, 4, 5, 6], ecog=list("01120012"))
    rows = run("describe", adsl, variables=[X, ECOG], options={"quantiles": "sas5", "smd": True}, **ARMS)
    gap, spread = 4.5 - 2.0, math.sqrt((1.0 + 5 / 3) / 2)
    assert rows.value("smd", variable="x") == pytest.approx(gap / spread)
    due = standardised_difference(adsl["ecog"], (adsl["arm"] == "a").astype(int)).value
    assert rows.value("smd", variable="ecog") == pytest.approx(due)
    plain = run("describe", adsl, variables=[X], options={"quantiles": "sas5"}, **ARMS)
    assert "smd" not in set(plain.ard["statistic"])


def test_ordered_levels_are_tested_in_the_order_of_the_plan():
    """Levels named so that the alphabet would turn them round: prop.trend.test(c(4, 2, 1), c(5, 4, 6)) in R."""
    levels = [{"level": name, "label": name} for name in ("none", "mild", "bad")]
    ordered = {**ECOG, "column": "state", "levels": levels, "tests": ["trend", "kruskal"]}
    states = ["none"] * 5 + ["mild"] * 4 + ["bad"] * 6
    adsl = patients(arm=list("aaaab" + "aabb" + "abbbbb"), state=states)
    rows = run("describe", adsl, variables=[ordered], options={"quantiles": "sas5"}, **ARMS)
    assert rows.value("p", method="trend") == pytest.approx(0.03559555, abs=1e-8)
    assert rows.value("p", method="kruskal") < 0.1
    strange = patients(arm=list("aabb"), state=["none", "bad", "mild", "worse"])
    assert run("describe", strange, variables=[ordered], options={"quantiles": "sas5"}, **ARMS).is_not_estimable(
        "p", method="trend"
    )


def test_a_trend_over_two_levels_is_a_fault_of_the_plan():
    two = {**ECOG, "levels": groups("0", "1"), "tests": ["trend"]}
    adsl = patients(arm=list("ab"), ecog=list("01"))
    with pytest.raises(PlanError, match="three or more declared levels"):
        run("describe", adsl, variables=[two], options={"quantiles": "sas5"}, **ARMS)


# ---------------------------------------------------------------- weights without leaving anybody out
WEIGHTED = {"time": "duration_days", "ties": "efron", "estimand": "ato", "truncate": 0, "seed": 1, "resamples": 0}


def test_weights_after_imputation_leave_nobody_out():
    adsl, adtte = cohort(80)
    holes = adsl.assign(x=adsl["x"].where(np.arange(80) % 5 > 0))
    options = {**WEIGHTED, "imputations": 8, "cycles": 2}
    complete, imputed = (
        run("weighted", holes, adtte, endpoint="OS", variables=[X], options=chosen, **ARMS)
        for chosen in (WEIGHTED, options)
    )
    assert complete.one("hr")["n"] == 64
    row = imputed.one("hr")
    assert row["n"] == 80
    assert imputed.value("imputed", variable="x") == 16
    assert "rubin's rules, m = 8" in row["method"]
    assert row["draws"] == 8
    assert 0 < row["mcse"] < row["value"]
    assert imputed.value("unknown") == 0
    assert imputed.value("ess", group_level="a") > complete.value("ess", group_level="a")


def test_weights_of_complete_data_are_the_same_with_imputation():
    adsl, adtte = cohort(60)
    plain, imputed = (
        run("weighted", adsl, adtte, endpoint="OS", variables=[X], options=chosen, **ARMS)
        for chosen in (WEIGHTED, {**WEIGHTED, "imputations": 3, "cycles": 1})
    )
    assert imputed.value("hr") == pytest.approx(plain.value("hr"))
    assert imputed.one("hr")["mcse"] == pytest.approx(0, abs=1e-12)


# ---------------------------------------------------------------- clones whose model of starting runs away
def test_clones_are_weighted_by_a_penalised_model_where_a_level_never_starts():
    rng = np.random.default_rng(4)
    n = 120
    table = pd.DataFrame({"id": np.arange(n), "poor": np.arange(n) % 4 == 0, "age": rng.normal(size=n)})
    starts = (rng.random(n) < 0.4) & ~table["poor"]
    table["started"] = np.where(starts, rng.integers(1, 30, n), np.nan)
    table["duration"], table["event"] = np.ceil(rng.exponential(200, n)) + 40, True
    rows = clone_censor_weight(table.astype({"poor": float}), "id", "started", ["poor", "age"], 30)
    assert rows["flag"].iloc[0].startswith("model of starting: penalised (Firth)")
    assert np.isfinite(rows["weight"]).all()
    late = rows[(rows["is_started"] == 1) & (rows["start"] == 30)]
    assert late["weight"].between(1, 20).all()
    followed = (table["duration"] > 30).sum()
    assert late["weight"].sum() == pytest.approx(followed, rel=0.35)  # the starters stand for everybody, poor or not
