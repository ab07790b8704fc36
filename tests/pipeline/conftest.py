"""One finished night of the simulated study, shared by all tests of all workers; and copies of it to spoil."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from cartwright.orchestration.commands.refresh import NightReport, run_night
from cartwright.warehouse.settings import Settings
from houses import House, copy_house, silent


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The study, simulated and refreshed once, whichever worker comes first; the others wait for it.

    It draws nothing at random, which halves the statistics; test_another_hospital.py draws. Tests that change something
    take `copy_of_house`.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    home, told = shared / "house", shared / "house.json"
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("CARTWRIGHT_")]:
            environment.delenv(name)
        environment.setenv("CARTWRIGHT_HOME", str(home))
        environment.setenv("CARTWRIGHT_RESAMPLING", "none")
        with (shared / "house.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not told.exists():
                told.write_text(json.dumps(asdict(_first_night(home))))
        report = NightReport(**json.loads(told.read_text()))
        assert report.succeeded, report.problems
        yield House(Settings(), report)


def _first_night(home: Path) -> NightReport:
    from cartwright.simulator.generate import simulate

    simulate(home)
    return run_night(Settings(), silent)


@pytest.fixture
def copy_of_house(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return copy_house(house, tmp_path, monkeypatch)
