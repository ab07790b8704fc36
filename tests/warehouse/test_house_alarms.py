"""A disk nearly full, a landing zone gone and a key in trouble are noticed in a house that was used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cartwright.warehouse.alarms import house_alarms, runbook
from cartwright.warehouse.identity import key as identity_key
from cartwright.warehouse.settings import Settings
from tiny_hospital import Hospital


@pytest.fixture
def settings(hospital: Hospital) -> Settings:
    """A house with a key, feeds and a release."""
    settings = hospital.settings
    identity_key.establish(hospital.con, settings)
    (settings.feeds / "lis").mkdir(parents=True)
    publish(settings, identity_key.key_id(settings))
    return settings


def publish(settings: Settings, key_id: str) -> None:
    current = settings.places()[0].current
    current.mkdir(parents=True, exist_ok=True)
    manifest = {"ingredients": {"key_id": key_id}, "inputs": {"lis_lab_result": {}}}
    (current / "manifest.json").write_text(json.dumps(manifest))


def test_a_sound_house_has_no_alarms(settings: Settings) -> None:
    assert [*house_alarms.landing_zone(settings), *house_alarms.key(settings)] == []
    assert house_alarms.disk(settings, lambda path: house_alarms.LEAST_FREE_BYTES) == []


def test_a_disk_with_less_than_three_nights_is_told_once(settings: Settings) -> None:
    (alarm,) = house_alarms.disk(settings, lambda path: house_alarms.LEAST_FREE_BYTES - 1)
    assert alarm.kind == "disk"


def test_large_nights_need_more_space(settings: Settings) -> None:
    with settings.build_db.with_name("warehouse.duckdb").open("ab") as stream:
        stream.truncate(house_alarms.LEAST_FREE_BYTES)
    assert house_alarms.disk(settings, lambda path: house_alarms.LEAST_FREE_BYTES * house_alarms.NIGHTS_OF_SPACE)


@pytest.mark.parametrize("is_there", [True, False], ids=["empty", "gone"])
def test_a_landing_zone_that_is_away_is_told(settings: Settings, is_there: bool) -> None:
    (settings.feeds / "lis").rmdir()
    if not is_there:
        settings.feeds.rmdir()
    (alarm,) = house_alarms.landing_zone(settings)
    assert alarm.kind == "landing_zone"


def test_a_house_that_never_took_files_needs_no_landing_zone(settings: Settings) -> None:
    (settings.feeds / "lis").rmdir()
    (settings.places()[0].current / "manifest.json").write_text('{"inputs": {"ehr_death": {}}}')
    assert house_alarms.landing_zone(settings) == []


def test_a_new_house_has_no_trouble(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "new")
    assert [*house_alarms.landing_zone(settings), *house_alarms.key(settings)] == []


@pytest.mark.parametrize("trouble", ["missing", "readable by others", "weak or not readable", "not the one"])
def test_trouble_with_the_key_is_named_without_the_key(settings: Settings, trouble: str) -> None:
    path, key = settings.identity_key, identity_key.read_key(settings).decode()
    match trouble:
        case "missing":
            path.unlink()
        case "readable by others":
            path.chmod(0o644)
        case "weak or not readable":
            path.write_text("secret")
        case _:
            publish(settings, "00000000")
    (alarm,) = house_alarms.key(settings)
    assert trouble in alarm.words
    assert key not in alarm.key


def test_a_key_that_was_rotated_is_no_trouble(settings: Settings, hospital: Hospital) -> None:
    identity_key.rotate(hospital.con, settings)
    assert house_alarms.key(settings) == []


def test_every_section_is_named_by_its_title() -> None:
    assert runbook.section("night_failed") == "docs/runbook.md#a-night-failed"
    assert len({runbook.section(kind) for kind in runbook.TITLES}) == len(runbook.TITLES)
