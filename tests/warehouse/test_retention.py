"""What nothing keeps is pruned: not the newest, the last of a month, the current one, what has a name or is open."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.release.releases import list_releases, make_immutable
from cartwright.warehouse.release.switch import point_current_at
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.place import StudyPlace
from cartwright.warehouse.upkeep import retention
from cartwright.warehouse.writer import AnotherNightIsWriting, sole_writer

MOMENTS = ["2026-01-10", "2026-01-31", "2026-02-01", "2026-02-02", "2026-02-03", "2026-02-28"]
IDS = [moment.replace("-", "") for moment in MOMENTS]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "house")


@pytest.fixture
def place(settings: Settings) -> StudyPlace:
    """Six releases in two months; the newest is current."""
    place = settings.places()[0]
    for moment, release_id in zip(MOMENTS, IDS, strict=True):
        folder = place.releases / release_id
        folder.mkdir(parents=True)
        duckdb.connect(folder / "release.duckdb").close()
        manifest = {"release_id": release_id, "built_at": f"{moment}T03:00:00+00:00"}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        make_immutable(folder)
    point_current_at(place, place.releases / IDS[-1])
    return place


def left(place: StudyPlace) -> list[str]:
    return [release.release_id for release in list_releases(place)]


def test_the_newest_and_the_last_of_each_month_stay(settings: Settings, place: StudyPlace) -> None:
    verdicts = retention.prune(settings, place, nights=2)
    assert left(place) == [IDS[1], IDS[4], IDS[5]]
    assert [verdict.kept_as for verdict in verdicts] == [
        None,
        "last of 2026-01",
        None,
        None,
        "of the newest 2",
        "current",
    ]


def test_a_dry_run_removes_nothing(settings: Settings, place: StudyPlace) -> None:
    verdicts = retention.prune(settings, place, nights=1, dry_run=True)
    assert sum(verdict.kept_as is None for verdict in verdicts) == 4
    assert left(place) == IDS


def test_the_current_release_stays_however_old(settings: Settings, place: StudyPlace) -> None:
    point_current_at(place, place.releases / IDS[2])
    retention.prune(settings, place, nights=1)
    assert left(place) == [IDS[1], IDS[2], IDS[5]]
    assert place.current_db.exists()


def test_a_release_with_a_name_stays_and_is_read_under_it(settings: Settings, place: StudyPlace) -> None:
    retention.name_release(place, IDS[0], "paper-1")
    retention.name_release(place, IDS[0], "paper-1")
    retention.prune(settings, place, nights=1)
    assert left(place) == [IDS[0], IDS[1], IDS[5]]
    duckdb.connect(place.home / "named" / "paper-1" / "release.duckdb", read_only=True).close()


def test_a_name_is_not_moved(place: StudyPlace) -> None:
    retention.name_release(place, IDS[0], "paper-1")
    with pytest.raises(UnknownName, match="names 20260110 already"):
        retention.name_release(place, IDS[1], "paper-1")


@pytest.mark.parametrize("name", ["", "A", "../up", "a/b", ".hidden", "x" * 65])
def test_a_name_is_a_plain_word(place: StudyPlace, name: str) -> None:
    with pytest.raises(UnknownName, match="no name"):
        retention.name_release(place, IDS[0], name)


@pytest.mark.parametrize(
    "opening",
    [
        "import duckdb; held = duckdb.connect(path + '/release.duckdb', read_only=True)",
        "held = open(path + '/manifest.json')",
    ],
    ids=["database", "file"],
)
def test_a_release_that_is_open_stays_until_it_is_closed(settings: Settings, place: StudyPlace, opening: str) -> None:
    program = f"path = {str(place.releases / IDS[0])!r}; {opening}; print('open', flush=True); input()"
    reader = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert reader.stdout.readline() == "open\n"
        retention.prune(settings, place, nights=1)
        assert IDS[0] in left(place)
    finally:
        reader.communicate("\n")
    retention.prune(settings, place, nights=1)
    assert IDS[0] not in left(place)


def test_nothing_is_pruned_while_a_night_writes(settings: Settings, place: StudyPlace) -> None:
    with sole_writer(settings), pytest.raises(AnotherNightIsWriting):
        retention.prune(settings, place, nights=1)
    assert left(place) == IDS


def test_what_a_killed_pruning_left_goes_with_the_next(settings: Settings, place: StudyPlace) -> None:
    scrap = place.home / ".pruned" / "0123"
    scrap.mkdir(parents=True)
    retention.prune(settings, place, nights=6)
    assert not scrap.exists()
    assert left(place) == IDS
