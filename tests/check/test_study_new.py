"""`study new` writes a study that is sound; the schemas for editors are those of the models."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app
from cartwright.warehouse.study.definition import Plan, Protocol
from cartwright.warehouse.study.loader import check_folder
from cartwright.warehouse.study.schema import MODELS, path_of, schema

ROOT = Path(__file__).parents[2]


def call(*words: str) -> int:
    return CliRunner().invoke(app, list(words)).exit_code


def test_a_new_study_is_sound_named_like_its_folder_and_nothing_is_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "My study"
    assert call("study", "new", str(folder)) == 0
    assert call("study", "check", str(folder)) == 0
    assert yaml.safe_load((folder / "protocol.yml").read_text(encoding="utf-8"))["study"]["study_id"] == "my_study"
    assert call("study", "new", str(folder)) == 1


@pytest.mark.parametrize("name", ["null", "yes", "no", "2024", "adam", "results", "raw", "main", "ß"])
def test_a_new_study_is_sound_whatever_its_folder_is_called(tmp_path: Path, name: str) -> None:
    assert call("study", "new", str(tmp_path / name)) == 0
    assert check_folder(tmp_path / name).defects == []


@pytest.mark.parametrize("what", ["study", "hospital"])
def test_a_defect_ends_the_command_with_one_and_no_traceback(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "mine"
    call(what, "new", str(folder))
    path = folder / {"study": "protocol.yml", "hospital": "hospital.yml"}[what]
    path.write_text(path.read_text(encoding="utf-8") + "\nnonsense: 1\n", encoding="utf-8")
    done = CliRunner().invoke(app, [what, "check", str(folder)])
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert "nonsense" in done.output


@pytest.mark.parametrize("name", MODELS)
def test_the_schema_in_the_tree_is_that_of_the_model(name: str) -> None:
    assert path_of(name).read_text(encoding="utf-8") == schema(name), "run python -m cartwright.warehouse.study.schema"


@pytest.mark.parametrize(("file", "model"), [("protocol", Protocol), ("analysis_plan", Plan)])
def test_a_new_study_names_its_schema_and_meets_it(tmp_path: Path, file: str, model: type) -> None:
    call("study", "new", str(tmp_path / "mine"))
    path = tmp_path / "mine" / f"{file}.yml"
    head = path.read_text(encoding="utf-8").splitlines()[0]
    named = head.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == path_of(file)
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = list(Draft7Validator(yaml.safe_load(path_of(file).read_text(encoding="utf-8"))).iter_errors(_as_json(data)))
    assert found == []
    assert model.model_validate(data)


def _as_json(data: object) -> object:
    """Dates as an editor sees them: text."""
    if isinstance(data, dict):
        return {key: _as_json(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_as_json(value) for value in data]
    return data if isinstance(data, bool | int | float | str | None) else str(data)
