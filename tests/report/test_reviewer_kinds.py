"""What a reviewer would ask about time, missing values and models: each kind on data with a known answer.

Hazard ratios by hand: with two deaths the partial likelihood is a product of two fractions, its maximum a square root.
"""

import csv
import gzip
import math

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar

from cartwright.analysis.figures import draw
from cartwright.analysis.methods.cox.proportionality import smoothed
from cartwright.analysis.plan.definition import PlanError
from cartwright.analysis.report.layouts import of_output
from cartwright.analysis.report.view import View
from tiny import groups, patients, run, times

EFRON = {"time": "duration_days", "ties": "efron"}
TEN_DAYS = {**EFRON, "month_days": "10"}  # a month of ten days keeps the arithmetic in the head
BY_GROUP = {"endpoint": "OS", "group_by": "group_code", "group_levels": groups("a", "b")}
ROOT_TWO = (patients(group_code=["a", "b", "b"]), times([200, 100, 300], [1, 1, 0]))
RESPONSE = [{"dataset": "adrs", "paramcd": "RSP", "column": "ady", "label": "Response", "type": "continuous"}]
BY_RESPONSE = {
    "endpoint": "OS",
    "group_by": "is_responder",
    "group_levels": groups("true", "false"),
    "variables": RESPONSE,
}


@pytest.fixture(scope="module")
def reference(pytestconfig):
    """Values of R by data set, method, item and key; and the data sets."""
    home = pytestconfig.rootpath / "tests" / "reference"
    with gzip.open(home / "golden.csv.gz", "rt", encoding="utf-8") as file:
        golden = {tuple(row[:4]): float(row[4]) for row in csv.reader(file) if row[4] not in ("value", "NA")}
    return golden, lambda name: pd.read_csv(home / "data" / f"{name}.csv")


def responses(**study_day):
    return {"adrs": pd.DataFrame({"usubjid": list(study_day), "paramcd": "RSP", "ady": list(study_day.values())})}


# ---------------------------------------------------------------- response as it becomes known
def test_landmark_counts_only_who_is_followed_and_has_responded_by_then():
    # p0 responded on day 20; p2 responds after the landmark: not yet; p3 is dead by then.
    # Deaths p1 (day 100; at risk h, 1, 1) and p0 (200; h, 1): h / ((h + 2)(h + 1)) is largest at the root of 2
    found = run(
        "hr_landmark",
        patients(is_responder=[True, False, True, False]),
        times([200, 100, 300, 10], [1, 1, 0, 1]),
        datasets=responses(p0=21, p2=51),
        options={**EFRON, "day": 30},
        **BY_RESPONSE,
    )
    assert found.value("hr") == pytest.approx(math.sqrt(2))
    assert found.value("left_out") == 1
    assert (found.value("n", group_level="true"), found.value("n", group_level="false")) == (1, 2)


def test_response_counts_from_its_day_on():
    # p2 responds on day 150: not yet at the death of day 100 (at risk h, 1, 1, 1), responded by day 200 (h, h, 1)
    found = run(
        "hr_time_dependent",
        patients(is_responder=[True, False, True, False]),
        times([200, 100, 300, 300], [1, 1, 0, 0]),
        datasets=responses(p0=21, p2=151),
        options=EFRON,
        **BY_RESPONSE,
    )
    assert found.value("hr") == pytest.approx(math.sqrt(1.5))
    assert found.one("hr")["n"] == 4


def test_simon_makuch_moves_a_responder_to_the_other_curve():
    found = run(
        "simon_makuch",
        patients(is_responder=[True, False, True, False]),
        times([200, 100, 300, 10], [1, 1, 0, 1]),
        datasets=responses(p0=21, p2=51),
        options={**TEN_DAYS, "conf_type": "log-log", "rule": "sas", "day": 30, "at_risk_months": 5},
        **BY_RESPONSE,
    )
    at_risk = found.results["at_risk"].pivot(index="time_months", columns="group_level", values="at_risk")
    # time from day 30: p0 is there from the start, p2 changes on day 20, p1 dies on day 70, p0 on day 170
    assert at_risk["true"].tolist() == [1, 2, 2, 2, 1, 1]
    assert at_risk["false"].tolist() == [2, 1, 0, 0, 0, 0]


def test_response_on_a_landmark_needs_plain_days():
    with pytest.raises(PlanError, match="time: duration_days"):
        run(
            "hr_landmark",
            *ROOT_TWO,
            datasets=responses(p0=21),
            options={**EFRON, "time": "aval", "day": 30},
            **{**BY_RESPONSE, "group_by": "group_code"},
        )


# ---------------------------------------------------------------- restricted means, tipping point
def test_restricted_mean_is_the_area_and_its_difference_has_the_greenwood_error():
    # to day 20: a lives 10 days whole and 10 half, b all 20; variance of a: 5^2 * 1 / (2 * 1), of b none
    found = run(
        "rmst",
        patients(group_code=["a", "a", "b", "b"]),
        times([10, 30, 20, 40], [1, 1, 1, 1]),
        options={**TEN_DAYS, "tau_months": [2]},
        **BY_GROUP,
    )
    row = found.one("rmst_difference")
    assert found.value("rmst", group_level="a") == pytest.approx(1.5)
    assert found.value("rmst", group_level="b") == pytest.approx(2)
    assert row["value"] == pytest.approx(-0.5)
    assert row["ci_high"] == pytest.approx((-5 + 1.959964 * math.sqrt(12.5)) / 10, rel=1e-6)


def test_a_horizon_beyond_follow_up_is_not_estimable():
    found = run(
        "rmst",
        patients(group_code=["a", "a", "b", "b"]),
        times([10, 30, 20, 40], [1, 0, 1, 1]),
        options={**TEN_DAYS, "tau_months": [5]},
        **BY_GROUP,
    )
    assert found.is_not_estimable("rmst", group_level="a")
    assert found.is_not_estimable("rmst_difference")


def test_tipping_point_is_the_first_number_of_deaths_that_loses_significance():
    arms, days = ["a"] * 10 + ["b"] * 10, [*range(75, 275, 20), *range(20, 120, 10)]
    tipped = run(
        "tipping",
        patients(group_code=arms),
        times(days, [1] * 20),
        options={**EFRON, "death_day": 1, "most": 15, "alpha": 0.05},
        **BY_GROUP,
    )

    def by_hand(added):
        with_deaths = patients(group_code=[*arms, *["a"] * added]), times([*days, *[1] * added], [1] * (20 + added))
        return run("hr_cox", *with_deaths, options=EFRON, **BY_GROUP).value("p")

    k = int(tipped.value("tipping_point"))
    assert by_hand(k - 1) < 0.05 <= by_hand(k)
    assert tipped.one("tipping_point")["n"] == 10


# ---------------------------------------------------------------- proportional hazards
def veteran(reference):
    table = reference[1]("veteran")
    adsl = patients(**{name: table[name].tolist() for name in ("trt", "karno", "age", "diagtime")})
    covariates = [{"column": name, "label": name, "type": "continuous"} for name in ("trt", "karno", "age", "diagtime")]
    return adsl, times(table["time"].tolist(), table["status"].tolist()), covariates


def test_ph_tests_are_those_of_cox_zph(reference):
    adsl, adtte, covariates = veteran(reference)
    found = run(
        "ph",
        adsl,
        adtte,
        endpoint="OS",
        variables=covariates,
        options={**EFRON, "month_days": "365/12", "transforms": ["km"]},
    )
    for name in ("trt", "karno", "age", "diagtime", "GLOBAL"):
        wanted = reference[0]["veteran", "ph test km", "statistic", name]
        assert found.value("chi_square", variable=name) == pytest.approx(wanted, rel=1e-8)


def test_scaled_residuals_scatter_around_the_coefficient(reference):
    # Schoenfeld residuals add up to 0, so the scaled ones have the coefficient as their mean
    adsl, adtte, covariates = veteran(reference)
    found = run(
        "ph",
        adsl,
        adtte,
        endpoint="OS",
        variables=covariates,
        options={**EFRON, "month_days": "365/12", "transforms": ["km"]},
    )
    points = found.results["point"].groupby(["variable", "group_level"])["y"].mean()
    for name in ("trt", "karno", "age", "diagtime"):
        assert points[name, "residual"] == pytest.approx(points[name, "fitted"], abs=1e-6)


def test_the_smooth_of_a_straight_line_is_that_line():
    x = np.array([0.0, 1, 2, 5, 5, 9, 14])
    assert smoothed(x, 3 - 2 * x) == pytest.approx(3 - 2 * x)


def test_log_minus_log_of_a_half_at_each_group():
    found = run(
        "ph",
        patients(group_code=["a", "a", "b", "b"], x=[1, 0, 1, 0]),
        times([10, 20, 30, 40], [1, 1, 1, 1]),
        variables=[{"column": "x", "label": "X", "type": "continuous"}],
        options={**TEN_DAYS, "transforms": ["km"]},
        **BY_GROUP,
    )
    points = found.results["point"].query("variable == 'log_minus_log'")
    assert points[["group_level", "x"]].to_numpy().tolist() == [["a", 1], ["b", 3]]
    assert points["y"].tolist() == pytest.approx([math.log(math.log(2))] * 2)


# ---------------------------------------------------------------- competing events
CAUSES = [
    {"level": "progression", "label": "Progression", "codes": ["imaging_pd", "clinical_pd"]},
    {"level": "death", "label": "Death", "codes": ["death"]},
]
COMPETING = {**TEN_DAYS, "landmarks_months": [0.2], "causes": CAUSES}
SHOWN = {**COMPETING, "figure": "cumulative_incidence"}


def with_codes(adtte, codes):
    return adtte.assign(evntcd=codes)


def test_ratios_of_competing_events_keep_or_drop_who_had_the_other_event():
    # Progressions: a on day 1, b on day 3; deaths: a on days 2 and 5, b on day 4.
    # Fine-Gray keeps the death of day 2 at risk: h / ((3h + 2)(2h + 2)), largest at the root of 2/3;
    # cause-specific does not: h / ((3h + 2)(h + 2)), largest at the root of 4/3
    adtte = with_codes(times([1, 2, 3, 4, 5], [1] * 5), ["imaging_pd", "death", "clinical_pd", "death", "death"])
    found = run("competing", patients(group_code=["a", "a", "b", "b", "a"]), adtte, options=COMPETING, **BY_GROUP)
    assert found.value("shr", variable="progression") == pytest.approx(math.sqrt(2 / 3))
    assert found.value("hr", variable="progression") == pytest.approx(math.sqrt(4 / 3))
    assert found.value("incidence", variable="progression", group_level="a") == pytest.approx(1 / 3)
    assert found.value("incidence", variable="death", group_level="b") == 0


def test_a_single_arm_has_its_incidence_and_no_comparison():
    # By hand: of four a progression on day 1, a death on day 2, a progression on day 3, the last one censored on day 5.
    adtte = with_codes(times([1, 2, 3, 5], [1, 1, 1, 0]), ["imaging_pd", "death", "clinical_pd", None])
    for grouped in ({"endpoint": "OS"}, {**BY_GROUP, "group_levels": groups("a")}):
        found = run("competing", patients(group_code=["a"] * 4), adtte, options=SHOWN, **grouped)
        assert found.value("incidence", variable="progression", variable_level="0.2") == pytest.approx(1 / 4)
        assert found.value("events", variable="progression") == 2
        assert not set(found.ard["statistic"]) & {"gray_p", "hr", "shr"}
        output = {"output_id": "section.output", "seq": 1, "title": "A", "kind": "figure", "footnote": ""}
        (table,) = of_output(View(found.results, [output]), "section.output")
        assert [row.label for row in table.rows][::2] == ["Progression", "Death"]
        assert "Gray" not in draw(found.results, [output])["section.output"].decode()


def test_gray_test_is_that_of_cmprsk(reference):
    table = reference[1]("mgus2")
    progressed = table["pstat"] == 1
    days = table["ptime"].where(progressed, table["time"])
    codes = np.where(progressed, "imaging_pd", np.where(table["status"] == 1, "death", None))
    adtte = with_codes(times(days.tolist(), [int(code is not None) for code in codes]), codes)
    levels = groups(*sorted(table["group"].unique()))
    found = run(
        "competing",
        patients(group_code=table["group"].tolist()),
        adtte,
        options={**COMPETING, "landmarks_months": []},
        **{**BY_GROUP, "group_levels": levels},
    )
    from scipy.stats import chi2

    for cause, key in (("progression", "1"), ("death", "2")):
        wanted = chi2.sf(reference[0]["mgus2", "gray test", "statistic", key], 1)
        assert found.value("gray_p", variable=cause) == pytest.approx(wanted, rel=1e-8)


def test_an_event_of_no_listed_cause_is_a_defect_of_the_plan():
    adtte = with_codes(times([1, 2], [1, 1]), ["death", "relapse"])
    with pytest.raises(PlanError, match="no cause lists the event codes relapse"):
        run("competing", patients(group_code=["a", "b"]), adtte, options=COMPETING, **BY_GROUP)


def test_incidence_ends_with_the_last_follow_up():
    adtte = with_codes(times([1, 2, 5, 5], [1, 1, 0, 0]), ["imaging_pd", "death", None, None])
    found = run(
        "competing",
        patients(group_code=["a", "b", "a", "b"]),
        adtte,
        options={**COMPETING, "landmarks_months": [0.5, 0.6]},
        **BY_GROUP,
    )
    assert found.value("incidence", variable="progression", group_level="a", variable_level="0.5") == 0.5
    assert found.is_not_estimable("incidence", variable="progression", group_level="a", variable_level="0.6")


# ---------------------------------------------------------------- intervals between visits
def intervals(left, right):
    ids = [f"p{i}" for i in range(len(left))]
    return {"adic": pd.DataFrame({"usubjid": ids, "paramcd": "OS", "left_days": left, "right_days": right})}


def test_interval_curve_falls_within_the_interval_and_not_before():
    # two events in (0, 10], one patient free of it on day 20: two thirds fall somewhere in those ten days
    found = run(
        "interval",
        patients(group_code=["a", "a", "a"]),
        datasets=intervals([0, 0, 20], [10, 10, None]),
        options=TEN_DAYS,
        **BY_GROUP,
    )
    points = found.results["point"].set_index("x")
    assert points.loc[0.0, "y"] == 1
    assert points.loc[0.0, "ci_low"] == pytest.approx(1 / 3)
    assert points.loc[1.0, "y"] == pytest.approx(1 / 3)
    median = found.one("median_survival_months", group_level="a")
    assert (median["ci_low"], median["ci_high"]) == (0, 1)
    assert found.value("interval_days", group_level="a") == 10


def test_interval_curve_is_that_of_survfit(reference):
    table = reference[1]("lung")
    left = np.where(table["status"] == 1, table["time"] // 30 * 30, table["time"])
    right = np.where(table["status"] == 1, left + 30, np.nan)
    found = run(
        "interval",
        patients(group_code=["a"] * len(table)),
        datasets=intervals(left, right),
        options=TEN_DAYS,
        **BY_GROUP,
    )
    points = found.results["point"].query("group_level == 'a'")
    for day in (90, 180, 270, 365, 540, 720):
        ours = points.loc[points["x"] <= day / 10 + 1e-9, "y"].iloc[-1]
        assert ours == pytest.approx(reference[0]["lung", "turnbull", "survival", str(day)], abs=1e-6)


def test_the_ratio_stays_where_dating_keeps_the_order_of_events():
    found = run(
        "interval",
        patients(group_code=["a", "b", "b"]),
        datasets=intervals([150, 50, 300], [200, 100, None]),
        options=TEN_DAYS,
        **BY_GROUP,
    )
    for dating in ("start", "middle", "end"):
        assert found.value("hr", variable_level=dating) == pytest.approx(math.sqrt(2))


# ---------------------------------------------------------------- missing values, small numbers
DRAWN = {**EFRON, "imputations": 4, "cycles": 2, "seed": 1}
X, Y = ({"column": name, "label": name, "type": "continuous"} for name in "xy")


def two_covariates(unknown=()):
    draw = np.random.default_rng(3)
    x, y = draw.normal(size=40), draw.normal(size=40)
    days = (100 * draw.exponential(np.exp(-x)) + 1).round().astype(int).tolist()
    x[list(unknown)] = np.nan
    return patients(x=x, y=y), times(days, [1] * 40)


def test_imputation_of_a_complete_table_changes_nothing():
    data = two_covariates()
    pooled = run("imputed_cox", *data, endpoint="OS", variables=[X, Y], options=DRAWN)
    whole = run("cox", *data, endpoint="OS", variables=[X, Y], options={**EFRON, "model": "multivariable"})
    assert pooled.value("hr", variable="x") == pytest.approx(whole.value("hr", variable="x"))
    assert pooled.value("imputed", variable="x") == 0


def test_imputation_keeps_every_patient_and_repeats_itself():
    first, again = (
        run("imputed_cox", *two_covariates([1, 5, 9]), endpoint="OS", variables=[X, Y], options=DRAWN) for _ in "12"
    )
    assert first.one("hr", variable="x")["n"] == 40
    assert first.value("imputed", variable="x") == 3
    assert "m = 4" in first.one("hr", variable="x")["method"]
    assert first.value("hr", variable="x") == again.value("hr", variable="x")


def test_an_auxiliary_variable_informs_the_imputation_and_stays_out_of_the_model():
    unknown = list(range(0, 40, 2))
    complete, _ = two_covariates()
    holes, days = two_covariates(unknown)
    data = holes.assign(z=complete["x"]), days
    auxiliary = {**Y, "column": "z", "label": "z", "is_auxiliary": True}
    whole = run("cox", complete, days, endpoint="OS", variables=[X], options={**EFRON, "model": "univariable"})
    options = {**DRAWN, "imputations": 30}
    with_z, without = (
        run("imputed_cox", *data, endpoint="OS", variables=[X, *more], options=options) for more in ([auxiliary], [])
    )
    assert "z" not in set(with_z.ard["variable"])
    assert math.log(with_z.value("hr", variable="x") / whole.value("hr", variable="x")) == pytest.approx(0, abs=0.15)
    knowing, guessing = (found.one("hr", variable="x") for found in (with_z, without))
    assert knowing["mcse"] / knowing["value"] < guessing["mcse"] / guessing["value"] * 0.7  # what is known is not drawn


def test_firth_estimate_is_the_maximum_of_the_penalised_likelihood():
    def penalised(beta):  # the root-of-two data: log likelihood and half the log information
        h = math.exp(beta)
        share = (h / (h + 2), h / (h + 1))
        return -(beta - math.log(h + 2) - math.log(h + 1) + 0.5 * math.log(sum(p * (1 - p) for p in share)))

    found = run(
        "penalised_cox",
        *ROOT_TWO,
        endpoint="OS",
        options=EFRON,
        variables=[{"column": "group_code", "operator": "=", "value": "a", "label": "A"}],
    )
    assert found.value("hr") == pytest.approx(math.sqrt(2))
    assert math.log(found.value("hr_firth")) == pytest.approx(minimize_scalar(penalised).x, abs=1e-4)
    assert found.value("events_per_covariate") == 2
    assert "fewer than 10" in found.one("events_per_covariate")["flag"]


# ---------------------------------------------------------------- subgroups, new patients
def test_subgroups_and_their_interaction(reference):
    table = reference[1]("veteran")
    adsl = patients(trt=table["trt"].tolist(), karno=table["karno"].tolist())
    found = run(
        "subgroups",
        adsl,
        times(table["time"].tolist(), table["status"].tolist()),
        endpoint="OS",
        options=EFRON,
        group_by="trt",
        group_levels=groups("2", "1"),
        variables=[{"column": "karno", "operator": ">=", "value": 60, "label": "Karnofsky"}],
    )
    golden = reference[0]
    assert found.value("interaction_p") == pytest.approx(golden["veteran", "cox subgroups", "interaction", "p"])
    for level, key in (("yes", "high"), ("no", "low")):
        wanted = math.exp(golden["veteran", "cox subgroups", "beta", key])
        assert found.value("hr", variable_level=level) == pytest.approx(wanted, rel=1e-7)


def test_a_subgroup_of_one_group_is_flagged():
    found = run(
        "subgroups",
        patients(group_code=["a", "b", "b"], x=[True, True, False]),
        ROOT_TWO[1],
        options=EFRON,
        variables=[{"column": "x", "label": "X"}],
        **BY_GROUP,
    )
    assert found.one("hr", variable_level="no")["flag"] == "fewer than two groups"
    assert found.is_not_estimable("interaction_p")


def test_corrected_concordance_is_apparent_less_optimism_and_repeats_itself():
    options = {**EFRON, "resamples": 5, "seed": 1}
    found, again = (
        run("validation", *two_covariates(), endpoint="OS", variables=[X, Y], options=options) for _ in "12"
    )
    assert found.value("c_corrected") == pytest.approx(found.value("c_apparent") - found.value("optimism"))
    assert found.value("optimism") == again.value("optimism")


def test_without_resampling_the_apparent_concordance_stands_alone(reference):
    adsl, adtte, covariates = veteran(reference)
    found = run(
        "validation", adsl, adtte, endpoint="OS", variables=covariates, options={**EFRON, "resamples": 0, "seed": 1}
    )
    wanted = reference[0]["veteran", "concordance", "value", ""]
    assert found.value("c_apparent") == pytest.approx(wanted, rel=1e-8)
    assert set(found.ard["statistic"]) == {"c_apparent"}


# ---------------------------------------------------------------- the checklist
def test_a_checklist_links_what_is_on_the_page_and_names_what_is_in_the_release():
    places = '[{"place": "cohort.funnel", "kind": "output"}, {"place": "adam.adsl", "kind": "table"}]'
    items = {"seq": [1], "standard": ["STROBE"], "item": ["13"], "topic": ["Flow"], "places": [places], "note": ["n"]}
    found = run("checklist", patients(x=[1]), datasets={"checklist": pd.DataFrame(items)})
    outputs = [{"output_id": "section.output", "seq": 1, "kind": "table", "title": "T", "footnote": None}]
    table = of_output(View(found.results, outputs), "section.output")[0]
    assert [row.label for row in table.rows] == ["STROBE", "13"]
    assert table.rows[1].cells[1].links == (("cohort.funnel", "cohort-funnel"), ("adam.adsl", ""))
    assert table.rows[1].cells[1].text == "cohort.funnel, adam.adsl"
