"""Kaplan-Meier, log-rank and Cox analyses of the plan against values worked out by hand."""

import math

import pytest

from tiny import groups, patients, run, times

KM = {"time": "duration_days", "conf_type": "log", "rule": "r", "month_days": "365/12"}
FOUR = (patients(group_code=["a", "a", "b", "b"]), times([30, 60, 90, 120], [1, 1, 0, 1]))
BY_GROUP = {"endpoint": "OS", "group_by": "group_code", "group_levels": groups("a", "b")}


def test_km_of_four_patients():
    # deaths at 30, 60, 120, censored at 90: S = 3/4, 2/4, 2/4, 0
    found = run("km", *FOUR, endpoint="OS", options={**KM, "landmarks_months": [1, 3, 5], "at_risk_months": 1})
    curve = found.results["curve"]
    assert curve["survival"].tolist() == pytest.approx([1, 0.75, 0.5, 0.5, 0.0])
    assert curve["at_risk"].tolist() == [4, 4, 3, 2, 1]
    assert curve["censored"].tolist() == [0, 0, 0, 1, 0]
    assert found.value("median_survival_days") == 90  # middle of the flat step from 60 to 120
    assert found.value("median_survival_months") == pytest.approx(90 * 12 / 365)
    assert found.value("survival", variable_level="1") == pytest.approx(0.75)
    assert found.value("survival", variable_level="3") == pytest.approx(0.5)
    assert found.value("survival", variable_level="5") == 0
    # at risk at the start of months 0, 1 (30.4 d), 2 (60.8 d), 3 (91.25 d)
    assert found.results["at_risk"]["at_risk"].tolist() == [4, 3, 2, 1]
    assert found.one("events")["value"] == 3


def test_km_uses_the_time_that_the_plan_names():
    found = run("km", *FOUR, endpoint="OS", options={**KM, "time": "aval"})
    assert found.results["curve"]["time_days"].tolist() == [0, 31, 61, 91, 121]


def test_reverse_km_is_follow_up():
    # only the patient censored at 90 has the event, two at risk: S falls to 1/2 and stays
    r = run("km", *FOUR, endpoint="OS", options={**KM, "reverse": True})
    assert r.value("median_followup_days") == 105  # rule r ends the flat step at the last follow-up
    sas = run("km", *FOUR, endpoint="OS", options={**KM, "reverse": True, "rule": "sas"})
    assert sas.is_not_estimable("median_followup_days")


def test_km_of_an_empty_group_is_flagged():
    found = run("km", patients(group_code=["a", "a"]), times([30, 60], [1, 0]), options=KM, **BY_GROUP)
    assert found.value("n", group_level="b") == 0
    assert found.one("median_survival_months", group_level="b")["flag"] == "no patients"


def test_km_without_events_has_no_median():
    found = run("km", patients(x=[1, 2]), times([30, 60], [0, 0]), endpoint="OS", options=KM)
    assert found.is_not_estimable("median_survival_months")
    assert found.value("events") == 0


def test_km_counts_patients_without_the_endpoint():
    found = run("km", patients(x=[1, 2, 3]), times([30, 60], [1, 0]), endpoint="OS", options=KM)
    assert found.one("n")["value"] == 2
    assert found.one("n")["flag"] == "1 without the endpoint"


def test_observed_over_expected_ratio():
    # deaths of a on days 1, 2 and of b on days 3, 4: expected in a 2/4 + 1/3 = 5/6, in b 19/6
    found = run(
        "hr_oe",
        patients(group_code=["a", "a", "b", "b"]),
        times([1, 2, 3, 4], [1, 1, 1, 1]),
        options={"time": "duration_days"},
        **BY_GROUP,
    )
    ratio = found.one("hr")
    assert ratio["value"] == pytest.approx((2 / (5 / 6)) / (2 / (19 / 6)))
    half = 1.959964 * math.sqrt(6 / 5 + 6 / 19)
    assert ratio["ci_high"] == pytest.approx(ratio["value"] * math.exp(half), rel=1e-6)
    assert ratio["group_level"] == "a"
    assert ratio["comparator"] == "b"


def test_logrank_names_its_method_and_groups():
    found = run(
        "logrank",
        patients(group_code=["a", "a", "b", "b"]),
        times([1, 2, 3, 4], [1, 1, 1, 1]),
        options={"time": "duration_days"},
        **BY_GROUP,
    )
    # O - E = 7/6; V = 1/4 + 2/9 = 17/36; chi-square = 49/36 / (17/36)
    assert found.value("chi_square") == pytest.approx(49 / 17)
    assert found.one("p")["method"] == "logrank"


@pytest.mark.parametrize(("kind", "statistic"), [("logrank", "p"), ("hr_oe", "hr"), ("hr_cox", "hr")])
def test_comparison_with_an_empty_group_is_flagged(kind, statistic):
    found = run(
        kind,
        patients(group_code=["a", "a"]),
        times([30, 60], [1, 0]),
        options={"time": "duration_days", "ties": "efron"},
        **BY_GROUP,
    )
    assert found.is_not_estimable(statistic)


# events on days 1 (x=1), 2 (x=0), 3 (x=1), censored on day 4 (x=0): the score equation is r^2 - r - 4 = 0
FOUR_RATIO = (1 + math.sqrt(17)) / 2
COX_PATIENTS = {"sex_code": ["M", "F", "M", "F"], "is_old": [True, False, True, None]}


def test_cox_ratio_solves_its_score_equation():
    found = run(
        "cox",
        patients(**COX_PATIENTS),
        times([1, 2, 3, 4], [1, 1, 1, 0]),
        endpoint="OS",
        variables=[{"column": "sex_code", "operator": "=", "value": "M", "label": "Male"}],
        options={"time": "duration_days", "ties": "efron", "model": "univariable"},
    )
    assert found.value("hr", variable="sex_code", variable_level="M") == pytest.approx(FOUR_RATIO)
    assert found.value("events_in_level") == 2
    assert "fewer than 5 events per covariate" in found.one("hr")["flag"]
    assert found.value("hr_firth") < FOUR_RATIO  # the penalised estimate stands beside the flagged one


def test_univariable_cox_leaves_unknown_values_out_row_by_row():
    found = run(
        "cox",
        patients(**COX_PATIENTS),
        times([1, 2, 3, 4], [1, 1, 1, 0]),
        endpoint="OS",
        variables=[
            {"column": "sex_code", "operator": "=", "value": "M", "label": "Male"},
            {"column": "is_old", "label": "Old"},
        ],
        options={"time": "duration_days", "ties": "efron", "model": "univariable"},
    )
    assert found.one("hr", variable="sex_code")["n"] == 4
    assert found.one("hr", variable="is_old")["n"] == 3
    assert found.value("unknown", variable="is_old") == 1


def test_cox_of_a_covariate_nobody_knows_is_flagged():
    found = run(
        "cox",
        patients(is_old=[None] * 4),
        times([1, 2, 3, 4], [1, 1, 1, 0]),
        endpoint="OS",
        variables=[{"column": "is_old", "label": "Old"}],
        options={"time": "duration_days", "ties": "efron", "model": "multivariable"},
    )
    assert found.is_not_estimable("hr", variable="is_old")
    assert "is_old" in found.one("hr")["flag"]


def test_two_group_cox_ratio_equals_the_model_with_one_covariate():
    found = run(
        "hr_cox",
        patients(group_code=["a", "b", "a", "b"]),
        times([1, 2, 3, 4], [1, 1, 1, 0]),
        options={"time": "duration_days", "ties": "breslow"},
        **BY_GROUP,
    )
    assert found.value("hr") == pytest.approx(FOUR_RATIO)
    assert found.one("hr")["method"] == "cox breslow"


def test_swimmer_ranks_patients_and_shows_no_identifier():
    both = [times([30, 60], [1, 0], "PFS"), times([90, 60], [1, 0], "OS")]
    import pandas as pd

    found = run(
        "swimmer",
        patients(group_code=["a", "a"]),
        pd.concat(both),
        endpoint="PFS",
        group_by="group_code",
        group_levels=groups("a"),
        options={"time": "duration_days", "outer_endpoint": "OS", "month_days": "365/12", "figure": "swimmer"},
    )
    subject = found.results["subject"]
    assert subject["rank"].tolist() == [1, 2]
    assert subject["outer_months"].tolist() == pytest.approx([90 * 12 / 365, 60 * 12 / 365])
    assert subject["is_inner_event"].tolist() == [True, False]
    assert "usubjid" not in subject


def test_swimmer_marks_the_first_day_of_each_response_that_counts():
    import pandas as pd

    adtte = pd.concat([times([300, 200], [0, 1], "PFS"), times([310, 250], [0, 1], "OS")])
    adtte = adtte.assign(startdt=pd.Timestamp("2021-01-01"))
    adrs = pd.DataFrame(
        [
            ("p0", "OVRLRESP", "PR", "2021-02-01", "Y"),
            ("p0", "OVRLRESP", "CR", "2021-03-01", "N"),
            ("p0", "OVRLRESP", "CR", "2021-04-01", "Y"),
            ("p0", "OVRLRESP", "CR", "2021-05-01", "Y"),
            ("p1", "OVRLRESP", "PR", "2020-12-31", "Y"),
            ("p1", "BOR", "PR", "2021-02-01", "Y"),
        ],
        columns=["usubjid", "paramcd", "avalc", "adt", "anl01fl"],
    )
    response = {"dataset": "adrs", "paramcd": "OVRLRESP", "column": "avalc", "label": "Response", "type": "categorical"}
    found = run(
        "swimmer",
        patients(x=[1, 2]),
        adtte,
        endpoint="PFS",
        variables=[{**response, "levels": [{"level": "CR", "label": "CR"}, {"level": "PR", "label": "PR"}]}],
        options={"time": "duration_days", "outer_endpoint": "OS", "month_days": 30, "figure": "swimmer"},
        datasets={"adrs": adrs},
    )
    points = found.results["point"]
    assert list(zip(points["variable"], points["x"], points["y"], strict=True)) == [("CR", 3.0, 1), ("PR", 31 / 30, 1)]
