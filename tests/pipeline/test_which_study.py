"""A command about a release asks which study is meant where the house has several, and names them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app

COMMANDS = {
    "sql": ("sql", "SELECT 1"),
    "trace": ("trace", "adam.adtte"),
    "audit": ("audit",),
    "rejected": ("rejected",),
    "findings": ("findings",),
    "rollback": ("releases", "rollback", "0123456789abcdef"),
    "diff": ("releases", "diff", "0123456789abcdef", "fedcba9876543210"),
}


@pytest.fixture
def list_studies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Let the house list studies of these ids."""

    def listed(*study_ids: str) -> None:
        folders = [tmp_path / study_id for study_id in study_ids]
        for folder in folders:
            folder.mkdir()
            (folder / "protocol.yml").write_text(f"study: {{study_id: {folder.name}}}\n")
        monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path / "house"))
        monkeypatch.setenv("CARTWRIGHT_STUDIES", ",".join(map(str, folders)))

    return listed


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_of_several_studies_one_must_be_named(list_studies, words: tuple[str, ...]) -> None:
    list_studies("one", "two")
    asked = CliRunner().invoke(app, list(words))
    assert asked.exit_code == 1
    assert "say which with --study: one, two" in asked.output
    unknown = CliRunner().invoke(app, [*words, "--study", "three"])
    assert unknown.exit_code == 1
    assert "no study three; it has one, two" in unknown.output


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("studies", [("one",), ("one", "two")])
def test_the_only_study_or_the_named_one_is_meant(list_studies, words: tuple[str, ...], studies) -> None:
    """It has no release yet, which the answer says."""
    list_studies(*studies)
    named = ["--study", "one"] if len(studies) > 1 else []
    answer = CliRunner().invoke(app, [*words, *named])
    assert answer.exit_code == 1
    assert "--study" not in answer.output
    assert "no release" in answer.output


def test_all_studies_are_listed_unless_one_is_named(list_studies) -> None:
    list_studies("one", "two")
    assert CliRunner().invoke(app, ["releases", "list"]).exit_code == 0
    unknown = CliRunner().invoke(app, ["releases", "list", "--study", "three"])
    assert unknown.exit_code == 1
    assert "it has one, two" in unknown.output
