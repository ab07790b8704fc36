"""Groups that a newcomer declares: a flag can be compared, and what would leave somebody without a group is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cartwright.orchestration import study_reading
from cartwright.orchestration.commands.cli import app

HOSPITAL = Path(__file__).parents[2] / "hospitals" / "demonstration"
ITEMS = """  - {item: sex_code,"""
MAPPED = """  - {item: age_group, label: Age group, kind: map, of: is_older, codes: {true: older, false: younger}}
"""
CRITERION = """  - criterion_id: grouped
    label: Age known
    parts:
      - {item: age_group, kind: code, code_list: compared}

groups:"""
GROUPS = "groups: {by: item, item: age_group, labels: {older: Older, younger: Younger}}"


def told(folder: Path, *changes: tuple[str, str]) -> list[str]:
    """The defects of a new study with the changes in its protocol."""
    CliRunner().invoke(app, ["study", "new", str(folder)])
    path = folder / "protocol.yml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return [str(defect) for defect in study_reading.check(folder, HOSPITAL).defects]


COMPARED = (
    (ITEMS, MAPPED + ITEMS),
    ("code_lists: {}", "code_lists: {compared: [older, younger]}"),
    ("groups: {by: none}", GROUPS),
)


def test_a_flag_is_compared_by_the_codes_of_its_map(tmp_path: Path) -> None:
    assert told(tmp_path / "mine", *COMPARED, ("groups:", CRITERION)) == []


def test_keys_are_read_as_they_are_written(tmp_path: Path) -> None:
    yes_no = [
        (old.replace("older,", "yes,"), new.replace("older", "yes").replace("younger", "no")) for old, new in COMPARED
    ]
    yes_no[0] = (ITEMS, MAPPED.replace("true: older, false: younger", 'true: "yes", false: "no"') + ITEMS)
    yes_no[1] = ("code_lists: {}", 'code_lists: {compared: ["yes", "no"]}')
    yes_no[2] = ("groups: {by: none}", GROUPS.replace("older: Older, younger: Younger", "yes: Older, no: Younger"))
    assert told(tmp_path / "mine", *yes_no, ("groups:", CRITERION)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (COMPARED, ("no criterion asks who is in a group", "item: age_group, kind: code", "[older, younger]")),
        (
            (("groups: {by: none}", "groups: {by: item, item: is_older, labels: {older: Older, younger: Younger}}"),),
            ('"is_older" is a flag, no code', "kind: map", "true: ..."),
        ),
        (
            ((ITEMS, MAPPED.replace("is_older", "age_years") + ITEMS),),
            ('"age_years" is a number, which has no codes', "true and false"),
        ),
        (
            ((ITEMS, MAPPED.replace("true:", "one:") + ITEMS),),
            ('"one" is no code of "is_older"', "false, true"),
        ),
        (
            (
                (
                    "groups: {by: none}",
                    "groups: {by: rules, labels: {a: A}, rules: [{item: is_older, group_code: a, origin: decided}]}",
                ),
            ),
            ("groups by rules need `fact`", "write fact"),
        ),
    ],
)
def test_what_would_leave_a_patient_without_a_group_is_told_with_the_remedy(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], words: tuple[str, ...]
) -> None:
    assert any(all(word in defect for word in words) for defect in told(tmp_path / "mine", *changes))


def test_what_follows_from_mistakes_in_several_rows_is_not_told_beside_them(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    sources = "\n      - {role: event, fact: death, description: D}"
    sources += "\n      - {role: censor, fact: last_alive, cnsr: 0, description: L}\n"
    second = f"  - paramcd: PFS\n    param: B\n    start_fact: time_zero\n    sources: &both{sources}"
    third = "  - {paramcd: LSS, param: C, start_fact: time_zero, sources: *both}\n"
    told(folder, ("endpoints:\n", "endpoints:\n" + second + third))
    plan = folder / "analysis_plan.yml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("endpoint: OS", "endpoint: LSS", 1), encoding="utf-8")
    found = [str(defect) for defect in study_reading.check(folder, HOSPITAL).defects]
    assert len(found) == 1, found
    assert "cnsr" in found[0]
