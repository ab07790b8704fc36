"""Verdicts of an invented claims file against a small hand-made table of results; every expected value by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from cartwright.analysis.audit import MapError, audit_claims
from cartwright.analysis.audit.claims import COLUMNS as CLAIM_COLUMNS
from cartwright.analysis.audit.link import COLUMNS as MAP_COLUMNS
from cartwright.analysis.audit.summary import attained, by_verdict

SHARE = {"population": "a_40", "group": "a", "statistic": "proportion"}
MODEL = {"population": "a_100", "group": "a", "section": "t2", "statistic": "hr", "endpoint": "os"}
RESULTS = [  # analysis, variable, level, statistic, value, low, high, method, n
    ("base", "male", "true", "count", 21, None, None, "count", 40),
    ("base", "male", "true", "proportion", 21 / 40, None, None, "share of known values", 40),
    ("base", "male", "true", "p", 0.0307, None, None, "fisher", 80),
    ("base", "male", "true", "p", 0.0179, None, None, "pearson", 80),
    ("base", "old", "true", "count", 29, None, None, "count", 33),
    ("base", "old", "true", "proportion", 29 / 33, None, None, "share of known values", 33),
    ("base", "dose", "", "median", 1.2149, None, None, "quantiles sas5", 40),
    ("base", "dose", "", "q1", 0.4, None, None, "quantiles sas5", 40),
    ("base", "dose", "", "q3", 2.3, None, None, "quantiles sas5", 40),
    ("cox", "sex", "F", "hr", 1.474, 0.9149, 2.3751, "cox efron", 40),
    ("cox", "sex", "F", "p", 0.111, None, None, "cox efron, wald", 40),
    ("cox", "stage", "3", "hr", None, None, None, None, 40),
    ("km", "", "", "median_survival_months", 8.1534, 5.6219, None, "kaplan-meier", 40),
]
ARD = pd.DataFrame(
    [
        {
            "analysis_id": analysis,
            "group_level": None,
            "comparator": None,
            "variable": variable or None,
            "variable_level": level or None,
            "statistic": statistic,
            "value": value,
            "ci_low": low,
            "ci_high": high,
            "method": method,
            "n": n,
            "flag": "no events in a level" if method is None else None,
        }
        for analysis, variable, level, statistic, value, low, high, method, n in RESULTS
    ]
)


def claim(identifier: str = "x", **cells: str) -> dict[str, str]:
    return dict.fromkeys(CLAIM_COLUMNS, "") | {"id": identifier, "section": "s"} | cells


def link(identifier: str = "x", **cells: str) -> dict[str, str]:
    return dict.fromkeys(MAP_COLUMNS, "") | {"claim_id": identifier, "source": "result"} | cells


MALE = link(analysis_id="base", variable="male", variable_level="true", statistic="proportion")
OLD = link(analysis_id="base", variable="old", variable_level="true", statistic="proportion")
SEX = link(analysis_id="cox", variable="sex", variable_level="F", statistic="hr")
MEDIAN = link(analysis_id="km", statistic="median_survival_months")


def audited(claims: list[dict], links: list[dict]) -> pd.DataFrame:
    return audit_claims(pd.DataFrame(claims), pd.DataFrame(links), ARD)


def verdict(cells: dict[str, str], to: dict[str, str]) -> tuple[str, float]:
    row = audited([claim(**cells)], [to]).iloc[0]
    return row["verdict"], row["distance"]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ({"value": "52.5", "numerator": "21", "denominator": "40"}, ("reproduced", 0)),
        ({"value": "53", "numerator": "21", "denominator": "40"}, ("reproduced", 0)),  # a tie may go either way
        ({"value": "55.0", "numerator": "22", "denominator": "40"}, ("close", 25)),  # 25 tenths of a per cent, < 5 %
        ({"value": "60.0", "numerator": "24", "denominator": "40"}, ("differs", 75)),
        ({"numerator": "21", "denominator": "40"}, ("reproduced", 0)),  # counts without a percentage
        ({"numerator": "21", "denominator": "50"}, ("differs", 10)),  # the same count of other patients
    ],
)
def test_a_share_with_its_counts(printed, expected):
    assert verdict(SHARE | {"population": "a"} | printed, MALE) == expected


def test_a_tie_of_decimals_is_one_also_after_arithmetic_in_binary():
    """1275000 cells times a millionth is 1.2749999...: it prints as 1.27 or 1.28."""
    results = ARD.assign(value=ARD["value"].where(ARD["statistic"] != "median", 1275000 * 1e-6))
    to = pd.DataFrame([link(analysis_id="base", variable="dose", statistic="median")])
    found = [
        audit_claims(pd.DataFrame([claim(statistic="median", value=text)]), to, results)["verdict"].item()
        for text in ("1.27", "1.28", "1.29")
    ]
    assert found == ["reproduced", "reproduced", "close"]


def test_a_truncated_percentage_is_rounding_only_where_arithmetic_shows_it():
    """29/33 = 87.88 prints as 87.9; 87.8 with its counts is truncated, a median 1.21 of 1.2149 is equal."""
    assert verdict(SHARE | {"value": "87.8", "numerator": "29", "denominator": "33"}, OLD) == ("rounding", 1)
    dose = link(analysis_id="base", variable="dose", statistic="median")
    assert verdict({"statistic": "median", "value": "1.214"}, dose)[0] == "close"  # 1.215 is ours: no proof of cutting


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ({"value": "1.47", "ci_low": "0.91", "ci_high": "2.38", "p_value": "0.11", "p_operator": "="}, "reproduced"),
        ({"value": "1.47", "ci_low": "0.92", "ci_high": "2.38", "p_value": "0.11", "p_operator": "="}, "close"),
        ({"value": "1.7", "ci_low": "1.05", "ci_high": "2.75"}, "differs"),
    ],
)
def test_a_ratio_with_limits_and_p_is_judged_by_its_farthest_part(printed, expected):
    assert verdict(MODEL | printed, SEX)[0] == expected


@pytest.mark.parametrize(
    ("operator", "p", "expected"),
    [("<", "0.05", "reproduced"), ("<", "0.0001", "differs"), (">", "0.01", "reproduced"), (">", "0.99", "differs")],
)
def test_a_bound_on_p_is_kept_as_a_bound(operator, p, expected):
    to = MALE | {"statistic": "p", "method": "fisher"}
    assert verdict({"statistic": "p", "p_value": p, "p_operator": operator}, to)[0] == expected


def test_p_is_compared_under_the_named_test():
    printed = {"statistic": "p", "p_value": "0.03", "p_operator": "="}
    assert verdict(printed, MALE | {"statistic": "p", "method": "fisher"}) == ("reproduced", 0)
    assert verdict(printed, MALE | {"statistic": "p", "method": "pearson"}) == ("close", 1)
    with pytest.raises(MapError, match=r"x: 2 rows of p \(fisher, pearson\); name the method"):
        verdict(printed, MALE | {"statistic": "p"})
    assert verdict(printed | {"p_operator": "<"}, link(analysis_id="base", statistic="p", combine="least")) == (
        "reproduced",
        0,
    )


@pytest.mark.parametrize(
    ("high", "expected"), [("NE", ("reproduced", 0)), ("NR", ("reproduced", 0)), ("25.1", ("differs", math.inf))]
)
def test_not_reached_equals_not_reached_only(high, expected):
    cells = {"statistic": "median_survival", "value": "8.15", "ci_low": "5.62", "ci_high": high}
    assert verdict(cells, MEDIAN) == expected
    assert verdict({"statistic": "median_survival", "value": "NR"}, MEDIAN) == ("differs", math.inf)


@pytest.mark.parametrize(
    ("printed", "ours", "scale", "expected"),
    [
        ({"value": "7.5"}, "75", "1/10", "declared"),
        ({"value": "8"}, "75", "1/10", "declared"),  # 7.5 rounds so
        ({"value": "6.5"}, "75", "1/10", "differs"),
        ({"value": "2019-12"}, "2019-12-01", "", "declared"),
        ({"value": "2019-11"}, "2019-12-01", "", "differs"),
        ({"value": "-5;-4;-3", "ci_low": "-5", "ci_high": "-3"}, "-5;-4;-3", "", "declared"),
        ({"ci_low": "1.6", "ci_high": "1.8"}, "1.6-1.8", "", "declared"),
        ({"value": "SAS 9.4"}, "", "", "declared"),  # a name: nothing to compare with
    ],
)
def test_a_constant_is_held_against_the_study_definition(printed, ours, scale, expected):
    place = {"definition": "parameters.x" if ours else "", "definition_value": ours, "scale": scale, "note": "a name"}
    assert verdict({"statistic": "threshold"} | printed, link(source="definition", **place))[0] == expected


def test_what_nothing_answers_says_why():
    row = audited([claim(statistic="count", value="1")], [link(source="none", note="recorded nowhere")]).iloc[0]
    assert (row["verdict"], row["reason"], row["ours"]) == ("not_computable", "recorded nowhere", "")
    assert math.isnan(row["distance"])


def test_what_tonight_cannot_give_is_not_computable_and_no_error():
    stage = link(analysis_id="cox", variable="stage", variable_level="3", statistic="hr")
    cells = MODEL | {"value": "1.5", "p_value": "0.4", "p_operator": "="}
    row = audited([claim(**cells)], [stage]).iloc[0]
    assert (row["verdict"], row["reason"]) == ("not_computable", "no events in a level")


def test_an_unlikely_figure_stays_suspicious_when_ours_is_the_same():
    """Ferritin of 1.21 pg/mL is no patient's: that ours gives it shows it possible, not likely."""
    cells = {"statistic": "median", "variable": "ferritin_peak", "value": "1.21", "unit": "pg/ml"}
    assert verdict(cells, link(analysis_id="base", variable="dose", statistic="median")) == ("suspicious", 0)


def twice(second: str) -> pd.DataFrame:
    """One hazard ratio printed twice; ours is 1.47."""
    cells = MODEL | {"variable": "sex", "level": "F"}
    claims = [claim("first", **cells, value="1.47"), claim("second", **cells, value=second)]
    return audited(claims, [SEX | {"claim_id": name} for name in ("first", "second")]).set_index("claim_id")


def test_of_two_prints_that_exclude_each_other_the_one_that_ours_does_not_give_is_incoherent():
    found = twice("1.67")
    assert found["verdict"].tolist() == ["reproduced", "incoherent"]
    assert "1.47 and 1.67" in found.loc["second", "reason"]
    assert "1.47 and 1.67" in found.loc["first", "findings"]
    assert twice("1.5")["verdict"].tolist() == ["reproduced", "reproduced"]  # one value stands behind both


def test_a_named_claim_is_incoherent_when_ours_gives_the_claim_in_doubt_instead():
    """The finding is reported on the later print; here the later one is right."""
    cells = MODEL | {"variable": "sex", "level": "F"}
    claims = [claim("first", **cells, value="1.67"), claim("second", **cells, value="1.47")]
    found = audited(claims, [SEX | {"claim_id": name} for name in ("first", "second")])
    assert found["verdict"].tolist() == ["incoherent", "reproduced"]


def test_of_two_prints_the_one_farther_from_ours_is_incoherent():
    """Ours is 1.47: 1.46 is close, 1.80 is not; of 1.80 and 1.90 neither is, and the later stays in doubt."""
    cells = MODEL | {"variable": "sex", "level": "F"}
    links = [SEX | {"claim_id": name} for name in ("first", "second")]
    for first, second, expected in (
        ("1.80", "1.46", ["incoherent", "close"]),
        ("1.80", "1.90", ["differs", "incoherent"]),
    ):
        claims = [claim("first", **cells, value=first), claim("second", **cells, value=second)]
        assert audited(claims, links)["verdict"].tolist() == expected


def test_a_percentage_that_its_own_counts_deny_is_incoherent_however_close_ours_is():
    found = verdict(SHARE | {"value": "53.5", "numerator": "21", "denominator": "40"}, MALE)
    assert found == ("incoherent", 10)


def test_figures_that_one_cohort_has_together_are_not_incoherent():
    """An observed/expected ratio and a Cox ratio under one name differ in print; each is ours by its own method."""
    cells = MODEL | {"variable": "sex", "level": "F"}
    claims = [claim("oe", **cells, value="1.21"), claim("cox", **cells, value="1.47")]
    links = [link("oe", analysis_id="base", variable="dose", statistic="median"), SEX | {"claim_id": "cox"}]
    found = audited(claims, links)
    assert found["verdict"].tolist() == ["reproduced", "reproduced"]
    assert found["findings"].str.contains("1.21 and 1.47").all()


def test_a_finding_beside_the_figure_does_not_decide_on_it():
    """A row that misses its result for the other endpoint: the printed one is judged on its own."""
    cells = MODEL | {"test": "cox_univariable"}
    claims = [
        claim("sex", **cells, variable="sex", level="F", value="1.47"),
        claim("dose", **cells, variable="dose", value="1.21"),
        claim("dose.pfs", **(cells | {"endpoint": "pfs"}), variable="dose", value="2.3"),
    ]
    dose = link(analysis_id="base", variable="dose", statistic="median")
    links = [SEX | {"claim_id": "sex"}, dose | {"claim_id": "dose"}, dose | {"claim_id": "dose.pfs"}]
    row = audited(claims, links).set_index("claim_id").loc["sex"]
    assert row["verdict"] == "reproduced"
    assert "missing_cell (not_computable)" in row["findings"]


def test_every_defect_of_a_map_is_named_at_once():
    claims = [claim(name, statistic="median", value="1") for name in ("a", "b", "c", "d")]
    links = [
        link("a", analysis_id="base", variable="dose", statistic="mode"),
        link("b", analysis_id="base", variable="dose", statistic="p"),
        link("c", source="guess"),
        link("c", source="none", note="why"),
        link("e", source="none", note="why"),
    ]
    with pytest.raises(MapError) as error:
        audited(claims, links)
    for part in (
        "a: statistic 'mode'",
        "b: statistic p does not answer the printed value",
        "c: source 'guess'",
        "c: mapped twice",
        "d: not mapped",
        "e: no such claim",
    ):
        assert part in str(error.value)


def test_an_address_that_no_result_has_is_an_error_naming_the_row():
    with pytest.raises(MapError, match="x: the results have nothing at base /  /  / weight / "):
        verdict({"statistic": "median", "value": "1"}, link(analysis_id="base", variable="weight", statistic="median"))


def test_tallies_leave_faults_of_print_out_of_the_share():
    """Three claims of the stage: one equal, one apart, one truncated in print: one of two open ones is reproduced."""
    claims = [
        claim("equal", **SHARE, value="52.5", numerator="21", denominator="40"),
        claim("apart", **SHARE, variable="other", value="87.5", numerator="35", denominator="40"),
        claim("cut", **SHARE, variable="old", value="87.8", numerator="29", denominator="33"),
    ]
    links = [
        row | {"claim_id": name, "calibration_stage": "counts"}
        for name, row in (("equal", MALE), ("apart", MALE), ("cut", OLD))
    ]
    found = audited(claims, links)
    assert {name: n for name, n in by_verdict(found).items() if n} == {"reproduced": 1, "differs": 1, "rounding": 1}
    whole, stage = attained(found)
    assert (whole.name, stage.name) == ("all", "counts")
    assert (stage.claims, stage.open, stage.reproduced, stage.share) == (3, 2, 1, 0.5)
    assert found["is_calibration_target"].all()
