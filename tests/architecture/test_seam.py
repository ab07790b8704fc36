"""The seam: what serves any study says no word of one. Words are read from the folders: a new study counts, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from study_words import ROOT, guarded_files, sayings, study_words

STUDIES = sorted(path.parent for path in (ROOT / "studies").glob("*/protocol.yml"))


@pytest.fixture(scope="module")
def words() -> set[str]:
    return study_words(STUDIES)


def test_nothing_that_serves_any_study_says_a_word_of_one(words: set[str]) -> None:
    said = [
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in guarded_files()
        for line, word in sayings(words, path.read_text(encoding="utf-8"))
    ]
    assert not said, "\n".join(said)


def test_no_shared_definition_is_of_a_column_of_one_study(words: set[str]) -> None:
    """Columns of a study's own models are described beside them."""
    page = ROOT / "sql" / "models" / "columns.md"
    named = study_words(STUDIES) - study_words([])
    assert not sayings(named, page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "where group_code = 'noncart'",
        "elif endpoint == 'PFSA':",
        "is_cd20_ordered",
        "-- the CD19 infusion",
        "the first salvage therapy",
        "therapy of DLBCL",
        "age_min_years",
        "rows: [{class_code: btki}]",
        "Anti-lymphoma therapy",
        "blinatumomab",
    ],
)
def test_a_planted_word_is_found(words: set[str], line: str) -> None:
    assert [number for number, _ in sayings(words, f"nothing here\n{line}\n")] == [2]


def test_a_longer_word_is_another_word(words: set[str]) -> None:
    assert not sayings(words, "import os  # polarity, PFSAX, acd200, nonlymphomatous")


def test_a_new_study_brings_its_own_words(tmp_path: Path) -> None:
    study = tmp_path / "gastric_second_line"
    (study / "sql" / "items").mkdir(parents=True)
    (study / "sql" / "items" / "is_her2_low.sql").write_text("select 1", encoding="utf-8")
    (study / "protocol.yml").write_text(
        """
parameters: {her2_min_percent: {value: 10}}
code_lists: {platins: [oxaliplatin_xyz]}
screening: {anchor: diagnosis, fact: diagnosis}
anchors: [{anchor: second_line}, {anchor: start}]
items: [{item: is_her2_high}, {item: ecog_grade}]
criteria: [{criterion_id: age}]
groups: {labels: {ramucirumab: Ramucirumab}, rules: [{class_code: vegfr2, group_code: ramucirumab}]}
endpoints: [{paramcd: TTDEFX}]
""",
        encoding="utf-8",
    )
    own = study_words([study]) - study_words([])
    assert own == {
        "gastric_second_line",
        "is_her2_low",
        "her2_min_percent",
        "oxaliplatin_xyz",
        "second_line",
        "is_her2_high",
        "ramucirumab",
        "vegfr2",
        "TTDEFX",
    }
