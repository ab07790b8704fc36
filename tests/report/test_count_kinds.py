"""Tables of counts, rates and medians against values worked out by hand or printed in the publication."""

import pandas as pd
import pytest

from cartwright.analysis.plan.definition import PlanError
from cartwright.analysis.report.view import View
from tiny import EVERYBODY, groups, patients, run

BY_GROUP = {"group_by": "group_code", "group_levels": groups("cd20", "noncart")}


def cohort(first, second):
    """Flags of two groups: (yes, no) of each."""
    flags = [True] * first[0] + [False] * first[1] + [True] * second[0] + [False] * second[1]
    codes = ["cd20"] * sum(first) + ["noncart"] * sum(second)
    return patients(group_code=codes, is_yes=pd.Series(flags, dtype=object))


def test_unknown_values_are_counted_and_leave_the_denominator():
    adsl = patients(is_yes=[True, True, False, None])
    found = run("describe", adsl, variables=[{"column": "is_yes", "label": "Yes"}])
    assert found.value("count") == 2
    assert found.one("proportion")["n"] == 3
    assert found.value("proportion") == pytest.approx(2 / 3)
    assert found.value("unknown") == 1


def test_a_question_counts_over_those_it_applies_to_and_is_unknown_of_nobody_else():
    adsl = patients(group_code=["a", "a", "a", "b"], is_infused=[True, True, False, False], days=[10, None, None, None])
    infused = {"population": "infused", "column_name": "is_infused", "operator": "=", "value": "true"}
    spec = {"column": "days", "label": "Days", "type": "continuous", "asked_of": "infused"}
    by_group = {"group_by": "group_code", "group_levels": groups("a", "b")}
    for kind, everybody in (("describe", {}), ("missing", {"all": (1, 2)})):
        found = run(
            kind, adsl, populations=(EVERYBODY, infused), variables=[spec], options={"quantiles": "sas5"}, **by_group
        )
        unknown = found.ard[found.ard["statistic"] == "unknown"].set_index("group_level")
        counted = {level: (row["value"], row["n"]) for level, row in unknown.iterrows()}
        assert counted == {"a": (1, 2), "b": (0, 0), **everybody}
    with pytest.raises(PlanError, match="population absent is not declared"):
        run("missing", adsl, variables=[spec | {"asked_of": "absent"}])
    with pytest.raises(PlanError, match="asked_of is for"):
        run("paired", adsl, variables=[spec], populations=(EVERYBODY, infused), options={"levels": groups("a", "b")})


def test_a_grade_known_to_be_at_least_something_is_a_level_of_its_own():
    rows = {
        "usubjid": ["p0", "p1", "p2", "p3"],
        "paramcd": "N",
        "atoxgr": [3, None, None, None],
        "least": [3, 3, 0, None],
    }
    tox = pd.DataFrame(rows).astype({"atoxgr": "Int64", "least": "Int64"})
    spec = {
        "dataset": "adlbtox",
        "paramcd": "N",
        "column": "atoxgr",
        "at_least": "least",
        "type": "categorical",
        "label": "N",
        "levels": groups("0", "3"),
    }
    found = run("describe", patients(x=[1, 1, 1, 1]), datasets={"adlbtox": tox}, variables=[spec])
    counted = {level: found.value("count", variable_level=level) for level in ("0", "3", "at least 3")}
    assert counted == {"0": 0, "3": 1, "at least 3": 1}
    assert found.value("unknown") == 2


def test_tests_of_a_row_are_those_of_the_plan():
    # 28 of 54 v 24 of 39 men: the publication prints 0.47, which is Yates
    found = run(
        "describe",
        cohort((28, 26), (24, 15)),
        **BY_GROUP,
        variables=[{"column": "is_yes", "label": "Yes", "tests": ["yates", "fisher"]}],
    )
    assert found.value("p", method="yates") == pytest.approx(0.473, abs=5e-4)
    assert found.value("p", method="fisher") == pytest.approx(0.402, abs=5e-4)


def test_median_and_quartiles_in_the_declared_unit():
    adsl = patients(days=[30, 60, 90, 120, None])
    spec = {"column": "days", "label": "Days", "type": "continuous", "scale": "1/30"}
    found = run("describe", adsl, variables=[spec], options={"quantiles": "sas5"})
    assert [found.value(name) for name in ("q1", "median", "q3")] == pytest.approx([1.5, 2.5, 3.5])
    assert found.value("unknown") == 1


def test_levels_keep_the_order_of_the_plan_and_unforeseen_ones_are_shown():
    adsl = patients(grade=pd.array([2, 0, 0, 7, None], dtype="Int64"))
    spec = {"column": "grade", "label": "Grade", "type": "categorical", "levels": groups("0", "1", "2")}
    found = run("describe", adsl, variables=[spec])
    counts = found.ard[found.ard["statistic"] == "count"]
    assert dict(zip(counts["variable_level"], counts["value"], strict=True)) == {"0": 2, "1": 0, "2": 1, "7": 1}
    assert found.value("unknown") == 1


def test_response_rates_as_published():
    # 22 of 54 v 10 of 38: Clopper-Pearson 27.6-55.0 and 13.4-43.1, Newcombe -5.4 to 31.9, Pearson 0.15
    found = run(
        "proportion",
        cohort((22, 32), (10, 28)),
        **BY_GROUP,
        variables=[{"column": "is_yes", "label": "Response", "tests": ["pearson"]}],
        options={"interval": "clopper_pearson", "difference": "newcombe"},
    )
    first, second = (found.one("proportion", group_level=group) for group in ("cd20", "noncart"))
    assert (first["ci_low"], first["ci_high"]) == pytest.approx((0.276, 0.550), abs=5e-4)
    assert (second["ci_low"], second["ci_high"]) == pytest.approx((0.134, 0.431), abs=5e-4)
    difference = found.one("difference")
    assert (difference["ci_low"], difference["ci_high"]) == pytest.approx((-0.054, 0.319), abs=5e-4)
    assert found.value("p") == pytest.approx(0.153, abs=5e-4)


def test_rates_of_an_empty_group_are_flagged():
    found = run(
        "proportion",
        cohort((2, 1), (0, 0)),
        **BY_GROUP,
        variables=[{"column": "is_yes", "label": "R", "tests": ["fisher"]}],
        options={"interval": "clopper_pearson", "difference": "newcombe"},
    )
    assert found.is_not_estimable("proportion", group_level="noncart")
    assert found.is_not_estimable("difference")
    assert found.is_not_estimable("p")


def test_logistic_odds_ratio_as_published():
    # bridged 11 of 37 respond, not bridged 11 of 17: 0.23 (0.07-0.78)
    flags = [True] * 37 + [False] * 17
    response = [True] * 11 + [False] * 26 + [True] * 11 + [False] * 6
    found = run(
        "logistic",
        patients(has_bridging=flags, is_responder=response),
        endpoint="is_responder",
        variables=[{"column": "has_bridging", "label": "Bridging"}],
        options={"model": "univariable"},
    )
    row = found.one("or")
    assert (row["value"], row["ci_low"], row["ci_high"]) == pytest.approx((0.231, 0.068, 0.781), abs=5e-4)


def test_logistic_leaves_unrated_patients_out():
    found = run(
        "logistic",
        patients(x=[1.0, 2.0, 3.0, 4.0, 9.0], is_responder=[True, False, True, False, None]),
        endpoint="is_responder",
        variables=[{"column": "x", "label": "X", "type": "continuous"}],
        options={"model": "univariable"},
    )
    assert found.one("or")["n"] == 4


def test_pair_of_columns_is_compared_like_two_groups():
    adsl = patients(new=[1e6, 2e6, 3e6, None], old=[2e6, 4e6, 6e6, 8e6])
    spec = {
        "column": "new",
        "compare_column": "old",
        "label": "Dose",
        "type": "continuous",
        "scale": "1/1000000",
        "tests": ["ranksum"],
    }
    found = run("paired", adsl, variables=[spec], options={"quantiles": "sas5", "levels": groups("cd20", "cd19")})
    assert found.value("median", group_level="cd20") == 2
    assert found.value("median", group_level="cd19") == 5
    assert found.one("p")["n"] == 7


def test_missing_table_counts_every_group_and_all():
    adsl = patients(group_code=["a", "a", "b"], age=[40, None, None])
    found = run(
        "missing",
        adsl,
        group_by="group_code",
        group_levels=groups("a", "b"),
        variables=[{"column": "age", "label": "Age"}],
    )
    assert [found.value("unknown", group_level=g) for g in ("a", "b", "all")] == [1, 1, 2]
    assert found.one("unknown", group_level="b")["flag"] == "all values unknown"


def test_funnel_ends_in_the_groups():
    steps = pd.DataFrame(
        {
            "seq": [2, 0, 1],
            "criterion_id": ["age", "screened", "cd19_failed"],
            "label": ["Adult", "Screened", "Failure"],
            "excluded_count": [1, 0, 2],
            "remaining_count": [2, 5, 3],
        }
    )
    inside = [{"population": "a", "column_name": "group_code", "operator": "=", "value": "a"}]
    found = run(
        "funnel",
        patients(group_code=["a", "a", None, None, None], left=[None, None, "age", "cd19_failed", "cd19_failed"]),
        populations=[EVERYBODY, *inside],
        datasets={"funnel": steps},
        group_by="population",
        group_levels=groups("a"),
        options={"steps": "funnel", "left_at": "left"},
    )
    assert found.value("screened") == 5
    assert found.value("analysed") == 2
    excluded = found.ard[found.ard["statistic"] == "excluded"]
    assert excluded["value_txt"].tolist() == ["Failure", "Adult"]
    assert found.value("group", group_level="a") == 2


def test_funnel_that_does_not_add_up_says_so():
    steps = pd.DataFrame(
        {"seq": [1], "criterion_id": ["x"], "label": ["X"], "excluded_count": [1], "remaining_count": [3]}
    )
    found = run(
        "funnel",
        patients(group_code=["a"] * 4, left=[None] * 4),
        datasets={"funnel": steps},
        group_by="group_code",
        group_levels=groups("a"),
        options={"steps": "funnel", "left_at": "left"},
    )
    assert found.one("analysed")["flag"] == "groups hold 4 patients"


def test_counts_of_named_populations():
    young = [{"population": "young", "column_name": "age", "operator": "<", "value": "40"}]
    found = run(
        "count",
        patients(age=[30, 50, None, 39]),
        populations=[EVERYBODY, *young],
        group_by="population",
        group_levels=groups("everybody", "young"),
    )
    assert found.value("count", group_level="young") == 2
    assert found.value("proportion", group_level="young") == 0.5


def course_table(rows):
    return pd.DataFrame(rows, columns=["usubjid", "paramcd", "course_id", "days_since_infusion", "aval"])


def test_parameter_of_a_dataset_belongs_to_the_course_that_its_anchor_names():
    adsl = patients(zero=pd.to_datetime(["2022-01-10", "2022-02-01", None]))
    rows = [
        ("p0", "PEAK", "p0:2022-01-10", 0, 5.0),
        ("p0", "PEAK", "p0:2021-06-01", 0, 99.0),
        ("p1", "PEAK", "p1:2022-02-01", 0, 7.0),
        ("p2", "PEAK", "p2:2021-02-01", 0, 99.0),
    ]
    spec = {
        "dataset": "adck",
        "paramcd": "PEAK",
        "column": "aval",
        "anchor": "zero",
        "label": "P",
        "type": "continuous",
    }
    found = run(
        "describe", adsl, datasets={"adck": course_table(rows)}, variables=[spec], options={"quantiles": "sas5"}
    )
    assert found.value("median", variable="PEAK") == 6
    assert found.value("unknown", variable="PEAK") == 1


def test_profile_takes_the_highest_value_of_a_patient_in_a_window():
    rows = [
        ("p0", "CNT", "c", 6, 1.0),
        ("p0", "CNT", "c", 8, 4.0),
        ("p1", "CNT", "c", 7, 2.0),
        ("p1", "CNT", "c", 20, 50.0),
    ]
    spec = {"dataset": "adck", "paramcd": "CNT", "column": "aval", "label": "C", "type": "continuous"}
    found = run(
        "profile",
        patients(x=[1, 2]),
        datasets={"adck": course_table(rows)},
        variables=[spec],
        options={
            "quantiles": "sas5",
            "windows": [{"day": 7, "from_day": 5, "to_day": 10}, {"day": 28, "from_day": 25, "to_day": 31}],
        },
    )
    assert found.value("median", variable_level="7") == 3
    assert found.one("median", variable_level="7")["n"] == 2
    assert found.is_not_estimable("median", variable_level="28")


def test_a_yes_no_row_of_a_column_is_no_level_of_that_column():
    from cartwright.analysis.report.layouts import of_output

    adsl = patients(regimen=["flu", "benda", "none", "flu"])
    given = {"column": "regimen", "operator": "!=", "value": "none", "label": "Given"}
    regimen = {"column": "regimen", "type": "categorical", "label": "Regimen", "levels": groups("flu", "benda", "none")}
    found = run("describe", adsl, variables=[given, regimen])
    output = {"output_id": "section.output", "seq": 1, "kind": "table", "title": "T", "footnote": None}
    (table,) = of_output(View(found.results, [output]), "section.output")
    assert [row.label for row in table.rows] == ["Given", "Regimen", "FLU", "BENDA", "NONE"]


def test_the_schema_of_treatment_has_a_lane_for_each_group_and_no_box_of_what_a_group_is_not_asked():
    from cartwright.analysis.figures import draw

    adsl = patients(group_code=["a", "a", "b"], is_bridged=[True, False, None], drug=["x", "y", "x"])
    group_a = {"population": "a", "column_name": "group_code", "operator": "=", "value": "a"}
    variables = [
        {"column": "is_bridged", "label": "Bridging", "asked_of": "a"},
        {"column": "drug", "label": "Drug", "type": "categorical", "levels": groups("x", "y", "z")},
    ]
    found = run(
        "describe",
        adsl,
        populations=(EVERYBODY, group_a),
        variables=variables,
        group_by="group_code",
        group_levels=groups("a", "b", "c"),
        options={"figure": "schema", "start": "Failure"},
    )
    output = {"output_id": "section.output", "seq": 1, "kind": "figure", "title": "Schema", "footnote": ""}
    svg = draw(found.results, [output])["section.output"].decode()
    told = "Failure n = 3. A n = 2; Bridging: 1 of 2; Drug, X: 1 of 2, Y: 1 of 2. B n = 1; Drug, X: 1 of 1."
    assert f">{told}</desc>" in svg


def test_a_result_that_must_be_there_and_is_not_is_named():
    found = run("count", cohort((1, 1), (2, 0)), **BY_GROUP)
    (shown,) = View(found.results, []).analyses.values()
    assert shown.due("count", group_level="cd20").value == 2
    assert shown.one("median", group_level="cd20") is None
    with pytest.raises(LookupError, match=rf"{shown.analysis_id}: no result median \(group_level cd20\)"):
        shown.due("median", group_level="cd20")
