"""Finished nights shared by all tests of all workers, one of the simulated study, one of all; and copies to spoil."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

import example_house
from cartwright.orchestration.commands.refresh import NightReport, run_night
from cartwright.warehouse.settings import Settings
from houses import House, copy_house, silent


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The study, simulated and refreshed once, whichever worker comes first; the others wait for it.

    It draws nothing at random, which halves the statistics; test_another_hospital.py draws. Tests that change something
    take `copy_of_house`.
    """
    with _made_once("house", tmp_path_factory, _first_night, {}) as made:
        yield made


@pytest.fixture(scope="session")
def examples_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the house of `house_of_examples` has the studies that are not those of the checkout."""
    return _shared(tmp_path_factory) / "examples"


@pytest.fixture(scope="module")
def house_of_examples(tmp_path_factory: pytest.TempPathFactory, examples_made: Path) -> Iterator[House]:
    """A small hospital after its first night with the first study and all that stand beside it (example_house.py), made
    once like `house`. Where CARTWRIGHT_STUDIES then names fewer of them, the others are as if they had never been."""
    listed = {"CARTWRIGHT_STUDIES": ",".join(map(str, example_house.folders(examples_made)))}
    with _made_once("house_of_examples", tmp_path_factory, example_house.first_night, listed) as made:
        yield made


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this run of all workers."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def _made_once(
    name: str,
    tmp_path_factory: pytest.TempPathFactory,
    first_night: Callable[[Path], NightReport],
    own: dict[str, str],
) -> Iterator[House]:
    """The house of this name, with the environment pointing at it while the block lasts."""
    shared = _shared(tmp_path_factory)
    home, told = shared / name, shared / f"{name}.json"
    with pytest.MonkeyPatch.context() as environment:
        for variable in [variable for variable in os.environ if variable.startswith("CARTWRIGHT_")]:
            environment.delenv(variable)
        for variable, value in {"CARTWRIGHT_HOME": str(home), "CARTWRIGHT_RESAMPLING": "none", **own}.items():
            environment.setenv(variable, value)
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not told.exists():
                told.write_text(json.dumps(asdict(first_night(home))))
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
