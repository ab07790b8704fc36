"""Kinds of the toxicity tables: events by term and worst grade, two ratings crossed, pairs of courses."""

import pandas as pd
import pytest

from cartwright.analysis.plan.definition import PlanError
from tiny import EVERYBODY, groups, patients, run

GRADES = groups("0", "1", "2", "3")


def events(*rows):
    return pd.DataFrame(rows, columns=["usubjid", "aedecod", "atoxgr", "aoccpifl"])


def incidence(adsl, table, denominator, **row):
    options = {"term": "aedecod", "only": "aoccpifl", "severe_from": 3, "denominator": denominator}
    spec = {"dataset": "adae", "column": "atoxgr", "label": "Events"}
    return run("incidence", adsl, datasets={"adae": table}, variables=[spec], options=options, **row)


def test_a_patient_without_a_recorded_event_had_none_and_the_most_frequent_term_comes_first():
    table = events(
        ("p0", "anaemia", 2, "Y"),
        ("p0", "anaemia", 1, None),
        ("p0", "rash", 3, "Y"),
        ("p1", "rash", 1, "Y"),
        ("p1", "fever", None, "Y"),
        ("elsewhere", "rash", 5, "Y"),
    )
    found = incidence(patients(age=[1, 2, 3, 4]), table, "population")
    counts = found.ard[(found.ard["statistic"] == "count") & (found.ard["variable_level"] == "any")]
    counted = list(zip(counts["variable"], counts["value"], strict=True))
    assert counted == [("any", 2), ("rash", 2), ("anaemia", 1), ("fever", 1)]
    assert found.value("proportion", variable="rash", variable_level=">=3") == 1 / 4
    assert found.value("unknown", variable="fever") == 1
    assert found.value("count", variable="any", variable_level="3") == 1  # the worst of the patient


def test_a_measured_toxicity_is_a_share_of_those_who_could_be_graded():
    table = events(("p0", "low", 0, "Y"), ("p1", "low", 4, "Y"), ("p2", "low", None, "Y"))
    found = incidence(patients(age=[1, 2, 3, 4]), table, "rated")
    assert found.one("proportion", variable="low", variable_level="any")["n"] == 2
    assert found.value("proportion", variable="low", variable_level="any") == 1 / 2
    assert found.value("count", variable="low", variable_level="4") == 1


def test_a_grade_told_by_its_bounds_counts_where_it_is_known():
    """At least 3 is severe; 2 to 4 is an event that may be severe; 0 to 1 is not severe and may be none."""
    rows = [("p0", "low", 3, 4), ("p1", "low", 2, 4), ("p2", "low", 0, 1), ("p3", "low", 0, 0), ("p0", "lower", 4, 4)]
    table = pd.DataFrame(rows, columns=["usubjid", "aedecod", "least", "greatest"])
    found = run(
        "incidence",
        patients(age=[1, 2, 3, 4]),
        datasets={"adae": table},
        variables=[{"dataset": "adae", "column": "least", "label": "Low"}],
        options={"term": "aedecod", "severe_from": 3, "denominator": "rated", "bounds": ["least", "greatest"]},
    )
    low = {"variable": "low"}
    assert found.value("proportion", variable_level=">=3", **low) == 1 / 3  # p0 of p0, p2, p3
    assert found.value("proportion", variable_level="any", **low) == 2 / 3  # p0, p1 of p0, p1, p3
    assert [found.value("count", variable_level=grade, **low) for grade in "1234"] == [0, 0, 0, 0]
    assert found.value("unknown", **low) == 3
    named = found.results["analysis_member"]
    named = named[(named["variable"] == "low") & named["has_level"]]
    for level, ids in (("any", {"p0", "p1"}), (">=3", {"p0"})):
        assert set(named.loc[named["variable_level"] == level, "usubjid"]) == ids, "who is counted is who is named"
    assert found.value("count", variable="any", variable_level="4") == 1  # another term shows the worst of p0


def test_a_group_in_which_nobody_is_graded_is_flagged():
    table = events(("p0", "low", 1, "Y"))
    by_group = {"group_by": "group_code", "group_levels": groups("a", "b")}
    found = incidence(patients(group_code=["a", "b"]), table, "rated", **by_group)
    assert found.is_not_estimable("proportion", variable="low", variable_level="any", group_level="b")


def test_a_group_of_which_no_event_is_on_record_is_unknown_and_not_free_of_events():
    table = events(("p0", "rash", 3, "Y"))
    by_group = {"group_by": "group_code", "group_levels": groups("a", "b")}
    found = incidence(patients(group_code=["a", "b"]), table, "population", **by_group)
    assert found.value("count", variable="rash", variable_level="any", group_level="a") == 1
    for statistic in ("count", "proportion"):
        assert found.is_not_estimable(statistic, variable="rash", variable_level="any", group_level="b")


def test_an_event_that_cannot_arise_in_a_group_is_no_question_there_and_counts_over_those_it_can_arise_in():
    table = events(("p0", "crs", 3, "Y"), ("p2", "rash", 1, "Y"), ("p4", "rash", 1, "Y"), ("p5", "crs", 1, "Y"))
    adsl = patients(group_code=["a", "a", "a", "b", "b", "c"], has_cells=[True, True, False, False, False, False])
    with_cells = {"population": "with_cells", "column_name": "has_cells", "operator": "=", "value": "true"}
    options = {"term": "aedecod", "only": "aoccpifl", "severe_from": 3, "denominator": "population"}
    found = run(
        "incidence",
        adsl,
        datasets={"adae": table},
        populations=(EVERYBODY, with_cells),
        group_by="group_code",
        group_levels=groups("a", "b", "c"),
        options=options | {"asked_of": {"crs": "with_cells"}},
        variables=[{"dataset": "adae", "column": "atoxgr", "label": "Events"}],
    )
    crs = {"variable": "crs", "variable_level": "any"}
    assert found.value("proportion", group_level="a", **crs) == 1 / 2
    assert found.value("proportion", group_level="a", variable="rash", variable_level="any") == 1 / 3
    assert found.is_not_estimable("count", group_level="b", **crs)
    assert found.one("count", group_level="b", **crs)["flag"].startswith("not applicable")
    assert found.value("proportion", group_level="c", **crs) == 1  # recorded all the same: shown, not hidden


def test_two_worst_rows_of_a_term_are_an_error():
    with pytest.raises(PlanError, match="more than one row"):
        incidence(patients(age=[1]), events(("p0", "low", 1, "Y"), ("p0", "low", 2, "Y")), "rated")


def test_ratings_are_crossed_and_unknown_is_a_level():
    adsl = patients(derived=[0, 1, 3, None, 2], recorded=[0, 1, 2, 1, 2])
    spec = {"column": "derived", "compare_column": "recorded", "label": "CRS", "type": "categorical", "levels": GRADES}
    options = {"levels": groups("derived", "recorded"), "weights": "quadratic"}
    found = run("agreement", adsl, variables=[spec], options=options)
    assert found.value("count", group_level="3", variable_level="2") == 1
    assert found.value("count", group_level="unknown", variable_level="1") == 1
    assert (found.value("agreeing"), found.one("agreement")["n"]) == (3, 4)
    # by hand: observed squared distance 1 / 4; expected from the margins (1, 1, 1, 1) and (1, 1, 2, 0):
    # (14 + 6 + 2 x 6) / 16 = 2
    assert found.value("kappa") == pytest.approx(1 - (1 / 4) / 2)


def test_a_grade_outside_the_declared_scale_is_an_error():
    spec = {"column": "derived", "compare_column": "recorded", "label": "CRS", "type": "categorical", "levels": GRADES}
    with pytest.raises(PlanError, match="not declared"):
        run(
            "agreement",
            patients(derived=[7], recorded=[1]),
            variables=[spec],
            options={"levels": groups("a", "b"), "weights": "none"},
        )


def test_yes_and_no_of_two_courses_are_paired_by_patient():
    adsl = patients(zero=["2021-01-01"] * 4, before=["2020-01-01"] * 4)
    rows = [
        (f"p{i}", day, grade)
        for day, grades in (("2021-01-01", (3, 0, 4, 1)), ("2020-01-01", (1, 0, None, 3)))
        for i, grade in enumerate(grades)
        if grade is not None
    ]
    table = pd.DataFrame(
        [(p, "CRSREC", f"{p}:{day}", grade) for p, day, grade in rows],
        columns=["usubjid", "paramcd", "course_id", "aval"],
    )
    spec = {
        "dataset": "adct",
        "paramcd": "CRSREC",
        "column": "aval",
        "operator": ">=",
        "value": 3,
        "label": "Severe",
        "anchor": "zero",
        "compare_anchor": "before",
        "tests": ["fisher", "mcnemar"],
    }
    found = run("paired", adsl, datasets={"adct": table}, variables=[spec], options={"levels": groups("new", "old")})
    assert (found.value("count", group_level="new"), found.value("count", group_level="old")) == (2, 1)
    assert found.value("unknown", group_level="old") == 1
    assert (found.one("p", method="fisher")["n"], found.one("p", method="mcnemar")["n"]) == (7, 3)


def test_a_patient_of_two_products_on_one_day_is_unknown_and_stops_nobody():
    adsl = patients(zero=["2021-01-01"] * 3)
    table = pd.DataFrame(
        [(p, "CARTPEAK", f"{p}:2021-01-01", peak) for p, peak in (("p0", 2.0), ("p1", 3.0), ("p1", 30.0), ("p2", 4.0))],
        columns=["usubjid", "paramcd", "course_id", "aval"],
    )
    spec = {"dataset": "adck", "paramcd": "CARTPEAK", "column": "aval", "label": "Peak", "type": "continuous"}
    found = run(
        "describe", adsl, datasets={"adck": table}, variables=[spec | {"anchor": "zero"}], options={"quantiles": "sas5"}
    )
    assert (found.value("median"), found.one("median")["n"]) == (3.0, 2)


@pytest.mark.parametrize(
    ("form", "spec", "told"),
    [
        (
            "box",
            {"column": "new", "compare_column": "old", "label": "Dose", "type": "continuous"},
            ["Dose, CD20: median (quartiles) 2 (0–3)", "Dose, CD19: median (quartiles) 5 (4–6)"],
        ),
        (
            "bars",
            {"column": "one", "compare_column": "two", "label": "CRS", "type": "categorical", "levels": GRADES},
            ["CD20: 0 1, 1 1, 2 1, 3 0", "CD19: 0 0, 1 0, 2 2, 3 0"],
        ),
    ],
)
def test_both_products_stand_side_by_side(form, spec, told):
    from cartwright.analysis.figures import draw

    adsl = patients(new=[0.0, 2.0, 3.0], old=[4.0, 6.0, None], one=[1, 0, 2], two=[2, None, 2])
    options = {"levels": groups("cd20", "cd19"), "quantiles": "sas5", "figure": form}
    found = run("paired", adsl, variables=[spec], options=options)
    output = {"output_id": "section.output", "seq": 1, "kind": "figure", "title": "Both", "footnote": None}
    svg = draw(found.results, [output])["section.output"].decode()
    assert all(words in svg for words in told)
