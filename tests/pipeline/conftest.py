"""One finished night of the simulated study, shared by every test of a worker; and copies of it to spoil."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from houses import House, silent

from orchestration.refresh import run_night
from warehouse.settings import Settings


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The study, simulated and refreshed once. Tests that change something take `copy_of_house`."""
    from simulator.generate import simulate

    home = tmp_path_factory.mktemp("house")
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("CARTWRIGHT_")}
    os.environ["CARTWRIGHT_HOME"] = str(home)
    simulate(home)
    settings = Settings()
    report = run_night(settings, silent)
    assert report.succeeded, report.problems
    yield House(settings, report)
    del os.environ["CARTWRIGHT_HOME"]
    os.environ.update(before)


@pytest.fixture
def copy_of_house(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A private copy of the house, with the environment pointing at it."""
    home = tmp_path / "house"
    shutil.copytree(house.settings.home, home, symlinks=True)
    for link, target in (("current", ""), ("current.duckdb", "release.duckdb")):
        (home / link).unlink()
        (home / link).symlink_to(home / "releases" / house.settings.current.resolve().name / target)
    monkeypatch.setenv("CARTWRIGHT_HOME", str(home))
    return Settings()
