"""The face of the statistics for a notebook: one analysis again, otherwise, drawn, compared, written down."""

from __future__ import annotations

import pytest
import yaml

from cartwright.analysis.face import PlanError, compare, draw, plan, rerun, rows, stored, tables
from cartwright.analysis.face.study import Study

DECLARED = ["os", "os_logrank", "os_cox", "ttx", "table"]


def value(result, statistic: str, **where: str) -> float:
    ard = result.ard
    for column, wanted in where.items():
        ard = ard[ard[column] == wanted]
    return ard.set_index("statistic")["value"][statistic]


def test_the_plan_is_listed_in_the_order_of_the_report(study: Study) -> None:
    listed = plan(study)
    assert list(listed["analysis_id"]) == DECLARED
    assert listed.loc[0, ["levels", "months"]].tolist() == ["a, b", "6, 12"]


@pytest.mark.parametrize("analysis_id", DECLARED)
def test_equal_inputs_give_the_stored_numbers_to_the_last_digit(study: Study, analysis_id: str) -> None:
    both = compare(stored(study, analysis_id), rerun(study, analysis_id))
    assert len(both)
    assert both["is_equal"].all()


def test_what_differs_is_not_equal_and_what_one_side_lacks_neither(study: Study) -> None:
    both = compare(stored(study, "os"), rerun(study, "os", months=[6, 9], population="high"))
    of_month = both[both["statistic"] == "survival"].set_index(["group_level", "variable_level"])
    assert not both["is_equal"].any()
    assert set(of_month.index.get_level_values(1)) == {"6", "9", "12"}
    assert of_month["value_one"]["a", "9"] != of_month["value_one"]["a", "9"]


def test_a_population_a_subgroup_and_groups_are_taken_as_asked(study: Study) -> None:
    assert value(rerun(study, "os", population="high"), "n", group_level="a") == 12
    older = rerun(study, "os", population="high", subgroup=[("age_years", ">=", 45)])
    assert value(older, "n", group_level="a") == 7
    assert value(rerun(study, "os", group=""), "n") == 40
    by_risk = rerun(study, "os", group="population", levels={"high": "High", "not_high": "Not high"})
    assert value(by_risk, "n", group_level="not_high") == 18


def test_an_endpoint_and_other_options_are_taken_as_asked(study: Study) -> None:
    assert stored(study, "os").row["endpoint"] == "OS"
    assert rerun(study, "os", endpoint="TTX").ard["endpoint"].unique().tolist() == ["TTX"]
    plain = rerun(study, "os", conf_type="plain").ard
    assert plain["method"].str.contains("plain").any()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"population": "nobody"}, "no population nobody; it has everybody, high, not_high"),
        ({"endpoint": "PFS"}, "no endpoint PFS; it has OS, TTX"),
        ({"months": [1.5]}, "whole numbers"),
        ({"conf_typ": "log"}, "no option conf_typ"),
        ({"conf_type": "logs"}, "log-log, log, plain, not logs"),
        ({"levels": ["a", "c"]}, "nobody has group_code = c"),
        ({"group": "is_high"}, "which values of is_high"),
        ({"group": "sex", "levels": ["m", "f"]}, "no column sex"),
        ({"group": "population", "levels": ["hgh", "high"]}, "population hgh is not declared"),
        ({"subgroup": [("agee", ">", 3)]}, "no column agee"),
    ],
)
def test_what_cannot_be_computed_is_said(study: Study, asked: dict, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        rerun(study, "os", **asked)


def test_an_unknown_analysis_is_told_with_those_like_it(study: Study) -> None:
    with pytest.raises(PlanError, match="it has os_logrank"):
        stored(study, "os_logrnk")


def test_months_are_not_for_every_kind(study: Study) -> None:
    with pytest.raises(PlanError, match="logrank has no months"):
        rerun(study, "os_logrank", months=[6])


def test_a_result_is_drawn_with_the_project_s_figure_and_tells_of_its_comparisons(study: Study) -> None:
    svg = draw(*(rerun(study, name, population="high") for name in ("os", "os_logrank", "os_cox"))).svg.decode()
    assert "Number at risk" in svg
    assert "hr_cox: " in svg[svg.index("<desc") : svg.index("</desc>")]


def test_a_kind_without_a_figure_is_said(study: Study) -> None:
    with pytest.raises(PlanError, match="no analysis names a figure form"):
        draw(rerun(study, "os_logrank"))


def test_a_figure_that_needs_an_option_says_which(study: Study) -> None:
    result = rerun(study, "os")
    del result.row["options"]["at_risk_months"]
    with pytest.raises(PlanError, match="needs the option at_risk_months"):
        draw(result)


def test_tables_are_in_the_words_of_the_report(study: Study) -> None:
    (told,) = tables(rerun(study, "os"))
    assert told.attrs["caption"] == "Kaplan-Meier estimates: Overall survival"
    assert told["Group"].tolist() == ["With A", "With B"]


def test_rows_are_a_plan_of_what_was_asked_under_free_names(study: Study) -> None:
    said = yaml.safe_load(rows(rerun(study, "os", population="high", subgroup=[("age_years", ">=", 45)])))
    assert [row["population"] for row in said["populations"]] == ["high_subgroup"] * 2
    assert said["analyses"][0]["analysis_id"] == "os_2"
    assert said["analyses"][0]["population"] == "high_subgroup"
    assert "headline" not in said["analyses"][0]["options"]
    assert said["outputs"][0]["seq"] > 30
