"""What is shown of a choice: the numbers of the plan's runner, no small group, and whether it is declared."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml

from cartwright.analysis.face import PlanError, compare, rerun
from cartwright.analysis.face.study import Study
from cartwright.explore import page
from cartwright.explore.choices import Choice
from cartwright.explore.guard import Guard
from cartwright.explore.look import Look, look

BY_GROUP = "group_code:a,b"
YES, NO = True, False


def of(
    study: Study, population: str = "everybody", endpoint: str = "OS", groups: str = BY_GROUP, least: int = 5
) -> Look:
    return look(Guard(study, least), Choice(population, endpoint, groups))


def test_what_is_shown_equals_the_runner(study: Study) -> None:
    seen = of(study, "high")
    by_hand = [rerun(study, name, population="high") for name in ("os", "os_logrank", "os_cox")]
    assert len(seen.results) == 4
    for one, other in zip(seen.results, by_hand, strict=False):
        both = compare(one, other)
        assert both["is_equal"].all()
        assert len(both)


def test_a_declared_choice_says_so_and_another_that_it_is_explored(study: Study) -> None:
    declared, explored = of(study), of(study, "high")
    assert (declared.is_declared, list(declared.declared)) == (True, ["os", "os_logrank", "os_cox"])
    assert (explored.is_declared, list(explored.declared)) == (False, [])
    assert "Declared: what stands here" in page.shown(declared)
    assert "Explored, not declared." in page.shown(explored)


@pytest.mark.parametrize(("few", "labels"), [(4, {"With B"}), (5, {"With A", "With B"})])
def test_a_small_group_is_left_out_of_curve_test_and_rows(
    of_patients: Callable[..., Study], few: int, labels: set[str]
) -> None:
    seen = of(
        of_patients({"a": [YES] * few + [NO] * 20, "b": [YES] * 20 + [NO] * 20, "c": [YES] * 10 + [NO] * 10}), "high"
    )
    curve = seen.results[0]
    assert {level["label"] for level in curve.row["group_levels"]} == labels
    assert set(curve.ard["group_level"].dropna()) == {label[-1].lower() for label in labels}
    assert any(row.startswith("With A: fewer than 5") for row in seen.left_out) is (few == 4)
    assert ("With A" in page.shown(seen).partition("Not shown")[0]) is (few == 5)


def test_the_other_group_is_left_out_too_where_the_whole_is_shown(of_patients: Callable[..., Study]) -> None:
    """All 24 at high risk less the 20 with B would be the four with A."""
    study = of_patients({"a": [YES] * 4 + [NO] * 20, "b": [YES] * 20 + [NO] * 20})
    assert of(study, "high", groups="").svg
    assert [words.partition(":")[0] for words in of(study, "high").left_out] == ["With A", "With B"]


def test_a_population_is_not_shown_that_lacks_few_of_another(of_patients: Callable[..., Study]) -> None:
    """Everybody is shown by the plan itself; all but three would show the three."""
    seen = of(of_patients({"a": [YES] * 17 + [NO] * 3, "b": [YES] * 20}), "high", groups="")
    assert seen.svg == b""
    assert seen.plan == ""
    assert "difference" in seen.left_out[0]
    assert "No group of this choice may be shown." in page.shown(seen)


def test_the_threshold_is_a_setting(of_patients: Callable[..., Study]) -> None:
    study = of_patients({"a": [YES] * 17 + [NO] * 3, "b": [YES] * 20})
    assert of(study, "high", groups="", least=3).svg
    assert of(study, "not_high", groups="", least=1).svg


@pytest.mark.parametrize(("few", "is_shown"), [(4, False), (5, True)])
def test_a_row_of_characteristics_with_a_small_part_is_left_out(
    of_patients: Callable[..., Study], few: int, is_shown: bool
) -> None:
    seen = of(of_patients({"a": [YES] * few + [NO] * 16, "b": [YES] * 20 + [NO] * 20}))
    variables = [variable["label"] for variable in seen.results[-1].row["variables"]]
    assert ("High risk" in variables) is is_shown
    assert "Age, years" in variables
    assert any("High risk" in words for words in seen.left_out) is not is_shown


def test_of_how_many_a_value_is_unknown_is_told(of_patients: Callable[..., Study]) -> None:
    seen = of(of_patients({"a": [YES] * 10 + [NO] * 9 + [None], "b": [YES] * 20 + [NO] * 20}))
    assert "High risk" in [variable["label"] for variable in seen.results[-1].row["variables"]]


def test_who_has_no_time_to_the_event_is_not_counted_in_its_groups(of_patients: Callable[..., Study]) -> None:
    without = {f"a-{number:02}" for number in range(16)}
    study = of_patients({"a": [YES] * 20, "b": [NO] * 20, "c": [NO] * 10}, without=without)
    assert [words.partition(":")[0] for words in of(study, endpoint="TTX").left_out] == ["With A"]


def test_groups_can_be_chosen_of_those_declared(study: Study) -> None:
    seen = look(Guard(study, 5), Choice("everybody", "OS", BY_GROUP, ("b",)))
    assert [level["level"] for level in seen.results[0].row["group_levels"]] == ["b"]


def test_rows_for_the_plan_name_what_is_shown_and_no_name_twice(study: Study) -> None:
    plan = yaml.safe_load(of(study, "high").plan)
    assert [row["kind"] for row in plan["analyses"]] == ["km", "logrank", "hr_cox", "describe"]
    assert {row["output_id"] for row in plan["analyses"]} == {output["output_id"] for output in plan["outputs"]}
    ids = [row["analysis_id"] for row in plan["analyses"]]
    assert len({*ids, "os", "os_logrank", "os_cox", "ttx", "table"}) == 9


@pytest.mark.parametrize("choice", [Choice("nobody", "OS"), Choice("high", "PFS"), Choice("high", "OS", "sex:m,f")])
def test_nothing_can_be_chosen_that_the_study_does_not_declare(study: Study, choice: Choice) -> None:
    with pytest.raises(PlanError, match="declares nothing by the name"):
        look(Guard(study, 5), choice)


def test_simulated_data_say_so(study: Study) -> None:
    assert "Simulated data." in page.about(study, 5)
    assert "Groups of fewer than 5 patients are not shown" in page.about(study, 5)
