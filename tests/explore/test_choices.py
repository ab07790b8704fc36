"""What can be chosen is what the study declares, and how it is computed is the plan's."""

from __future__ import annotations

import pytest

from cartwright.analysis.face.study import Study
from cartwright.analysis.plan.definition import Level
from cartwright.explore.choices import Choice, characteristics, curves, declared_as, first, offered

BY_GROUP = "group_code:a,b"
LEVELS = [Level("a", "With A"), Level("b", "With B")]


def test_populations_endpoints_and_groups_are_those_of_the_study(study: Study) -> None:
    offer = offered(study)
    assert list(offer.populations) == ["everybody", "high", "not_high"]
    assert dict(offer.endpoints) == {"OS": "Overall survival", "TTX": "Time to X"}
    assert {key: one.words for key, one in offer.groupings.items()} == {
        "": "Everybody as one group",
        BY_GROUP: "With A / With B",
    }


def test_a_population_is_called_by_a_label_of_the_plan_and_once(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """The heading said *Analysed (analysed)*."""
    levels = [{"level": "not_high", "label": "Not high"}, {"level": "high", "label": "High risk"}]
    counted = dict(study.analyses()[0], kind="count", group_by="population", group_levels=levels)
    monkeypatch.setitem(study.__dict__, "_analyses", [*study.analyses(), counted])
    assert list(offered(study).populations.values()) == ["everybody", "High risk (high)", "Not high"]


def test_the_first_view_is_the_first_comparison_of_the_report(study: Study) -> None:
    assert first(study) == Choice("everybody", "OS", BY_GROUP)


def test_two_groups_get_curve_test_and_ratio_with_the_options_of_the_plan(study: Study) -> None:
    rows = curves(study, Choice("high", "OS", BY_GROUP), offered(study).groupings[BY_GROUP], LEVELS)
    assert [(row["kind"], row["population"], row["endpoint"]) for row in rows] == [
        ("km", "high", "OS"),
        ("logrank", "high", "OS"),
        ("hr_cox", "high", "OS"),
    ]
    assert rows[0]["options"]["conf_type"] == "log-log"
    assert not any("headline" in row["options"] for row in rows)


def test_one_group_gets_a_curve_only(study: Study) -> None:
    rows = curves(study, Choice("high", "OS", BY_GROUP), offered(study).groupings[BY_GROUP], LEVELS[:1])
    assert [row["kind"] for row in rows] == ["km"]


def test_days_of_entry_belong_to_their_own_endpoint(study: Study) -> None:
    grouping = offered(study).groupings[""]
    own, other = (curves(study, Choice("everybody", name), grouping, [])[0] for name in ("TTX", "OS"))
    assert own["options"]["entry"] == "entry_days"
    assert "entry" not in other["options"]


def test_what_the_plan_has_is_declared_and_what_differs_in_anything_is_not(study: Study) -> None:
    grouping = offered(study).groupings[BY_GROUP]
    as_declared = curves(study, Choice("everybody", "OS", BY_GROUP), grouping, LEVELS)
    assert [declared_as(study, row) for row in as_declared] == ["os", "os_logrank", "os_cox"]
    turned = curves(study, Choice("everybody", "OS", BY_GROUP), grouping, LEVELS[::-1])
    others = curves(study, Choice("high", "OS", BY_GROUP), grouping, LEVELS)
    assert [declared_as(study, row) for row in (*turned, *others)] == [None] * 6


def test_tests_of_characteristics_are_those_of_two_groups(study: Study) -> None:
    grouping = offered(study).groupings[BY_GROUP]
    two, one = (characteristics(study, Choice("high", "OS", BY_GROUP), grouping, some) for some in (LEVELS, LEVELS[:1]))
    assert two["variables"][0]["tests"] == ["ranksum"]
    assert not any("tests" in variable for variable in one["variables"])
