"""Each fault of an installation is found, and what is safe is mended."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cartwright.warehouse import semaphores
from cartwright.warehouse.alarms import house_alarms
from cartwright.warehouse.identity import key as identity_key
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.upkeep import doctor, doctor_rights
from cartwright.warehouse.upkeep.examined import Finding
from tiny_hospital import Hospital


@pytest.fixture
def settings(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A sound house after a night, with a treatment database, on a machine where nothing else was killed."""
    monkeypatch.setattr(semaphores, "abandoned", list)
    identity_key.establish(hospital.con, hospital.settings)
    hospital.con.close()
    settings = hospital.settings
    (settings.feeds / "lis").mkdir(parents=True)
    settings.feeds.chmod(0o750)
    (settings.feeds / "ehr.sqlite").touch()
    current = settings.places()[0].current
    current.mkdir(parents=True)
    said = {"built_at": datetime.now(UTC).isoformat(), "ingredients": {}, "inputs": {"lis_lab_result": {}}}
    (current / "manifest.json").write_text(json.dumps(said))
    return settings.model_copy(
        update={"alert": Settings(alert="json://a").alert, "ping": Settings(ping="http://a").ping}
    )


def problems(settings: Settings) -> dict[str, Finding]:
    """Of each kind the last problem, but for what the test's machine may be short of."""
    found = {finding.kind: finding for finding in doctor.examine(settings) if finding.is_problem}
    return {kind: finding for kind, finding in found.items() if kind not in ("disk", "versions")}


def test_a_sound_house_has_no_problem(settings: Settings) -> None:
    assert problems(settings) == {}


def test_nobody_to_tell_is_a_problem_of_real_houses_only(settings: Settings) -> None:
    silent = settings.model_copy(update={"alert": None})
    assert problems(silent).keys() == {"alerts"}
    settings.simulated_marker.touch()
    assert problems(silent) == {}


def test_a_study_that_cannot_be_read_is_named_with_its_words(settings: Settings, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "protocol.yml").write_text("study_id: broken\n")
    found = problems(settings.model_copy(update={"studies": (broken,)}))["study"]
    assert found.about == "study broken"
    assert "protocol.yml" in found.words


def test_defects_of_the_hospital_are_counted(settings: Settings, tmp_path: Path) -> None:
    assert "hospital" in problems(settings.model_copy(update={"hospital": tmp_path / "none"}))


@pytest.mark.parametrize(("what", "mode"), [("restricted", 0o755), ("build_db", 0o640)])
def test_a_private_file_that_others_can_read_is_closed_by_fix(settings: Settings, what: str, mode: int) -> None:
    path: Path = getattr(settings, what)
    path.chmod(mode)
    found = problems(settings)["permissions"]
    assert str(path) in found.words
    found.fix()
    assert path.stat().st_mode & 0o077 == 0
    assert problems(settings) == {}


def test_what_everybody_may_change_is_closed_by_fix(settings: Settings) -> None:
    settings.home.chmod(0o777)
    problems(settings)["permissions"].fix()
    assert settings.home.stat().st_mode & 0o777 == 0o775


def test_a_landing_zone_that_everybody_may_enter_is_found_and_left_to_its_owner(settings: Settings) -> None:
    settings.feeds.chmod(0o755)
    found = problems(settings)["permissions"]
    assert "landing zone" in found.words
    assert found.fix is None


def test_a_missing_key_is_found(settings: Settings) -> None:
    settings.identity_key.unlink()
    assert "missing" in problems(settings)["key"].words


def test_a_landing_zone_that_is_away_is_found(settings: Settings) -> None:
    found = problems(settings.model_copy(update={"feeds": settings.home / "away"}))
    assert "landing_zone" in found


def test_a_disk_that_is_nearly_full_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house_alarms, "LEAST_FREE_BYTES", 1 << 60)
    (found,) = [each for each in doctor.examine(settings) if each.kind == "disk"]
    assert found.is_problem
    assert "prune" in found.remedy


def test_a_database_that_is_away_is_found(settings: Settings) -> None:
    (settings.feeds / "ehr.sqlite").unlink()
    assert "not there" in problems(settings)["ehr"].words


def test_a_release_from_the_future_tells_of_a_wrong_clock(settings: Settings) -> None:
    path = settings.places()[0].current / "manifest.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"built_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}))
    assert "in the future" in problems(settings)["clock"].words


def test_a_build_file_that_cannot_be_read_is_found_and_never_to_be_deleted(settings: Settings) -> None:
    settings.build_db.write_bytes(b"no database" * 1000)
    found = problems(settings)["build_file"]
    assert "never delete" in found.remedy
    assert found.fix is None


def test_a_package_of_another_version_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("duckdb==0.0.1\nno-such-package==1\npytest==1 ; sys_platform == 'win32'\n")
    (found,) = doctor.versions(lock)
    assert found.is_problem
    assert "duckdb==0.0.1 (" in found.words
    assert "no-such-package==1 (not there)" in found.words
    assert "pytest" not in found.words


def test_the_environment_of_the_tests_is_that_of_the_lock() -> None:
    (found,) = doctor.versions(doctor.LOCK)
    assert not found.is_problem, found.words


def test_leftovers_are_named_and_removed(settings: Settings) -> None:
    building = settings.restricted / "studies" / "cd20_salvage" / "building" / "0123"
    building.mkdir(parents=True)
    spill = settings.restricted / "spill" / "duckdb_temp"
    spill.parent.mkdir()
    spill.touch()
    aside = settings.restricted / f".identity.key.{os.getpid()}"
    aside.touch()
    found = [finding for finding in doctor_rights.left_behind(settings) if finding.is_problem]
    assert {finding.words.split(" was ")[0] for finding in found} == {str(building), str(spill), str(aside)}
    for finding in found:
        finding.fix()
    assert [finding.is_problem for finding in doctor_rights.left_behind(settings)] == [False]
    assert settings.identity_key.exists()


def test_what_nobody_knows_is_named_and_left(settings: Settings) -> None:
    strange = settings.places()[0].releases / "mine"
    strange.mkdir(parents=True)
    (found,) = doctor_rights.left_behind(settings)
    assert found.is_problem
    assert found.fix is None
