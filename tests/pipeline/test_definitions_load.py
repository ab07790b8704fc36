"""The definitions load whatever settings and study say; the night that follows fails with the words."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from cartwright.orchestration.commands.progress import WORDS
from cartwright.orchestration.definitions import defs
from cartwright.warehouse.settings import CHECKOUT
from houses import House, copy_house

pytestmark = pytest.mark.slow
LOAD = """
from cartwright.orchestration.definitions import defs
job = defs.resolve_job_def("nightly")
print(len(job.nodes), defs.resolve_schedule_def("nightly_schedule").job_name, defs.resolve_sensor_def("dead_runs").name)
"""


def load(**environment: str) -> subprocess.CompletedProcess[str]:
    """What a code server does at its start, in a process of its own."""
    command = [sys.executable, "-c", LOAD]
    return subprocess.run(command, cwd=CHECKOUT, env={**os.environ, **environment}, capture_output=True, text=True)


def night(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cartwright.orchestration.commands.cli", "refresh", "--quiet"]
    return subprocess.run(command, cwd=CHECKOUT, env={**os.environ, **environment}, capture_output=True, text=True)


def test_a_table_of_the_models_names_the_file_that_makes_it() -> None:
    """On its page in Dagster one sees where to change it; a study's models lie behind a link of dbt's."""
    files = {spec.key: spec.metadata["file"] for spec in defs.resolve_all_asset_specs() if "file" in spec.metadata}
    assert files[dg.AssetKey(["facts", "new_lesion"])] == "sql/models/facts/imaging/new_lesion.sql"
    assert files[dg.AssetKey(["standards", "ice_grade"])] == "sql/seeds/ice_grade.csv"
    own = next(file for key, file in files.items() if key.path[-1] == "treatment_decision")
    assert own == "studies/cd20_salvage/sql/intention/treatment_decision.sql"
    assert not [file for file in files.values() if not (CHECKOUT / file).is_file()]


@pytest.fixture
def slipped_study(tmp_path: Path) -> Path:
    """The study with one slip of the pen in its protocol."""
    study = tmp_path / "study"
    shutil.copytree(CHECKOUT / "studies" / "cd20_salvage", study)
    protocol = study / "protocol.yml"
    protocol.write_text(protocol.read_text(encoding="utf-8").replace("data_cut_date:", "data_cut_dat:", 1))
    return study


def test_a_slip_in_the_study_fails_the_night_and_not_the_schedule(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slipped_study: Path
) -> None:
    settings = copy_house(house, tmp_path, monkeypatch)
    place = settings.places()[0]
    before = place.current.resolve()
    sound, slipped = load(), load(CARTWRIGHT_STUDIES=str(slipped_study))
    assert slipped.returncode == 0, slipped.stderr
    assert slipped.stdout == sound.stdout, "the night keeps its shape"
    done = night(CARTWRIGHT_STUDIES=str(slipped_study))
    assert done.returncode == 1
    assert "data_cut_dat" in done.stdout + done.stderr
    assert place.current.resolve() == before


def test_every_step_of_a_night_is_called_by_words() -> None:
    """`hospital_definition` and `cdisc` stood among sentences as the program calls them."""
    steps = {node.name.rpartition("__")[2] for node in defs.resolve_job_def("nightly").nodes}
    assert {"hospital_definition", "models", "release"} <= steps
    assert steps <= set(WORDS)


def test_a_house_that_never_read_its_study_loads_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slipped_study: Path
) -> None:
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path / "new"))
    done = load(CARTWRIGHT_STUDIES=str(slipped_study))
    assert done.returncode == 0, done.stderr
    assert "nightly_schedule" not in done.stderr


@pytest.mark.parametrize("wrong", [{"CARTWRIGHT_AS_OF": "yesterday"}, {"CARTWRIGHT_STUDI": "x"}], ids=str)
def test_a_setting_that_cannot_be_does_not_keep_the_schedule_from_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path / "new"))
    done = load(**wrong)
    assert done.returncode == 0, done.stderr
