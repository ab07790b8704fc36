"""The notebook that comes with the program, and what docs/investigators.md shows, on a published release."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cartwright.analysis.face import compare, stored
from cartwright.analysis.face.ask import run
from cartwright.explore import open_study
from cartwright.explore.choices import first
from cartwright.explore.guard import Guard
from cartwright.explore.look import look
from cartwright.explore.opening import study_of
from cartwright.orchestration import explorer
from cartwright.orchestration.commands.cli import app
from cartwright.orchestration.commands.refresh import run_night
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.upkeep.retention import is_open
from houses import House, silent
from shut_off import attempts, shut_off

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "investigators.md").read_text(encoding="utf-8")
RUNS_AT_ONCE = "_MARIMO_CONFIG_OVERLOAD_RUNTIME_AUTO_INSTANTIATE"  # what marimo reads
RECIPES = dict(re.findall(r"### ([^\n]+)\n```python\n(.*?)```", PAGE, flags=re.DOTALL))


def in_house(house: House) -> dict[str, str]:
    return {**os.environ, "CARTWRIGHT_HOME": str(house.settings.home)}


def test_these_are_the_recipes() -> None:
    assert len(RECIPES) == 3


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_runs(house: House, title: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RECIPES[title]],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=in_house(house),
    )
    assert done.returncode == 0, done.stderr


def test_the_notebook_runs_as_a_script_without_a_network(house: House, tmp_path: Path) -> None:
    path, log = tmp_path / "study_notebook.py", tmp_path / "calls"
    assert explorer.own_notebook(path)
    done = subprocess.run(
        shut_off([sys.executable, str(path)], log), capture_output=True, text=True, check=False, env=in_house(house)
    )
    assert done.returncode == 0, done.stderr
    assert attempts(log) == []


def test_a_notebook_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("mine")
    assert not explorer.own_notebook(path)
    assert path.read_text() == "mine"


def test_only_the_notebook_that_comes_with_the_program_runs_when_it_is_opened(
    monkeypatch: pytest.MonkeyPatch, house: House, tmp_path: Path
) -> None:
    """It showed code and nothing else, until somebody found the button; what a file of others does, nobody knows."""
    monkeypatch.setenv("CARTWRIGHT_HOME", str(house.settings.home))
    begun: list[dict[str, str]] = []
    monkeypatch.setattr(os, "execv", lambda *_: begun.append(dict(os.environ)))
    for name in ("MARIMO_RESTRICT_SHARING", "MARIMO_SKIP_UPDATE_CHECK", RUNS_AT_ONCE):
        monkeypatch.setenv(name, "")
    for _ in range(2):
        done = CliRunner().invoke(app, ["notebook", str(tmp_path / "mine.py")])
        assert done.exit_code == 0, done.output
        monkeypatch.setenv(RUNS_AT_ONCE, "")
    assert [(one[RUNS_AT_ONCE], one["MARIMO_RESTRICT_SHARING"]) for one in begun] == [("true", "1"), ("", "1")]


@pytest.mark.parametrize("library", ["marimo", "shiny"])
def test_what_is_not_installed_is_told_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, library: str, house: House
) -> None:
    monkeypatch.setattr(explorer, "find_spec", lambda name: None)
    monkeypatch.setenv("CARTWRIGHT_HOME", str(house.settings.home))
    done = CliRunner().invoke(app, ["notebook", "x.py"] if library == "marimo" else ["explore", "--port", "4799"])
    assert done.exit_code == 1
    assert f"this needs {library}: " in done.output
    assert "requirements/notebook.lock" in done.output


def test_every_analysis_run_again_equals_what_the_night_stored(house: House) -> None:
    """In one run, as a night does: kinds that read others find what they read."""
    study = study_of(house.place.current_db)
    again = run(study, study.analyses())
    different = [
        result.row["analysis_id"]
        for result in again
        if not compare(stored(study, result.row["analysis_id"]), result)["is_equal"].all()
    ]
    assert len(again) > 100
    assert different == []


def test_a_release_that_is_looked_at_is_held(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWRIGHT_HOME", str(house.settings.home))
    folder = house.place.current.resolve()
    study = open_study()
    held = [os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.exists()]
    assert str(folder / "release.duckdb") in held
    assert is_open(folder)
    study.held.close()


def test_what_was_explored_becomes_a_declared_analysis_with_the_same_numbers(
    copy_of_house: Settings, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Explore, save the rows in the study's folder, check it, run the night: it stores what was shown."""
    place = house.place
    guard = Guard(study_of(place.current_db), 5)
    choice = replace(first(guard.study), endpoint="PFSA56")  # of which the plan draws no curve
    seen = look(guard, choice)
    assert not seen.declared
    folder = tmp_path / place.study_id
    shutil.copytree(ROOT / "studies" / place.study_id, folder, ignore=shutil.ignore_patterns("calibration*", "__*"))
    (folder / "explored_plan.yml").write_text(seen.plan, encoding="utf-8")
    checked = CliRunner().invoke(app, ["study", "check", str(folder)])
    assert checked.exit_code == 0, checked.output

    monkeypatch.setenv("CARTWRIGHT_STUDIES", str(folder))
    night = run_night(Settings(), silent)
    assert night.succeeded, night.problems
    tonight = study_of(Settings().places()[0].current_db)
    ids = [row["analysis_id"] for row in yaml.safe_load(seen.plan)["analyses"]]
    assert len(ids) == len(seen.results) == 4
    for name, shown in zip(ids, seen.results, strict=True):
        both = compare(shown, stored(tonight, name))
        assert len(both)
        assert both["is_equal"].all(), name
    assert look(Guard(tonight, 5), choice).is_declared
