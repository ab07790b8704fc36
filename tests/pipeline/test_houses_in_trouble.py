"""A house whose landing zone is away, whose settings are misspelt or whose demonstration hospital was cut short."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cartwright.orchestration import demonstration
from cartwright.orchestration.commands.cli import app
from cartwright.orchestration.demonstration import NoPlaceForSimulation
from cartwright.simulator.generate import simulate
from cartwright.warehouse.settings import Settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path / "house"))
    return tmp_path / "house"


def refresh() -> Result:
    return CliRunner().invoke(app, ["refresh", "--quiet"])


def test_a_new_house_wants_the_demonstration(home: Path) -> None:
    assert demonstration.is_wanted(Settings())


@pytest.mark.parametrize("is_there", [True, False])
def test_a_used_house_with_an_empty_landing_zone_is_refused(home: Path, is_there: bool) -> None:
    (home / "restricted").mkdir(parents=True)
    (home / "restricted" / "warehouse.duckdb").touch()
    if is_there:
        (home / "feeds").mkdir()
    result = refresh()
    assert result.exit_code == 1
    assert "is it mounted?" in result.output
    assert not (home / "feeds" / "lis").exists()


def test_a_landing_zone_of_its_own_that_is_empty_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTWRIGHT_FEEDS", str(tmp_path / "mount"))
    assert "is it mounted?" in refresh().output
    assert not home.exists()


def test_simulated_feeds_do_not_enter_a_house_that_held_others(home: Path) -> None:
    (home / "restricted").mkdir(parents=True)
    (home / "restricted" / "warehouse.duckdb").touch()
    with pytest.raises(NoPlaceForSimulation, match="not simulated"):
        demonstration.write_hospital(Settings())


@pytest.mark.parametrize(
    ("name", "near"), [("CARTWRIGHT_HOEM", "CARTWRIGHT_HOME"), ("CARTWRIGHT_FEED", "CARTWRIGHT_FEEDS")]
)
def test_a_misspelt_setting_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch, name: str, near: str) -> None:
    monkeypatch.setenv(name, "/srv/study")
    result = refresh()
    assert result.exit_code == 1
    assert f"{name} is no setting; did you mean {near}?" in result.output
    assert not home.exists()


def test_a_writing_that_was_killed_is_finished_by_the_next_refresh(home: Path) -> None:
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"from cartwright.simulator.generate import simulate; simulate({str(home)!r}, patients=40, seed=5)",
        ]
    )
    while not (home / "feeds" / ".incoming" / "ehr.sqlite").exists():
        time.sleep(0.01)
        assert writer.poll() is None
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    settings = Settings()
    assert demonstration.is_wanted(settings)
    demonstration.finish_hospital(settings)
    assert not demonstration.is_wanted(settings)
    simulate(home.parent / "other", patients=40, seed=5)
    whole, mended = (_files(folder / "feeds") for folder in (home.parent / "other", home))
    assert mended == whole
    assert json.loads((home / "feeds" / "SIMULATED").read_text())["is_complete"]


def _files(folder: Path) -> dict[str, bytes]:
    return {os.path.relpath(path, folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
