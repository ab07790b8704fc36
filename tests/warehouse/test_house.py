"""Which studies a house has and where they live; a house of an earlier version is moved, whole, also when killed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app
from cartwright.warehouse import house, layout
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.not_found import NoRelease, UnknownName
from cartwright.warehouse.settings import CHECKOUT, Settings
from cartwright.warehouse.study.build_file import open_study
from cartwright.warehouse.writer import sole_writer

STUDY = "cd20_salvage"


def study(folder: Path, study_id: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "protocol.yml").write_text(f"study:\n  study_id: {study_id}\n")
    return folder


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A house that lists two studies, in folders that are not called like them."""
    folders = [study(tmp_path / name, study_id) for name, study_id in (("first", "a"), ("second", "b"))]
    monkeypatch.setenv("CARTWRIGHT_STUDIES", ", ".join(map(str, folders)))
    return Settings(home=tmp_path / "house")


def test_a_study_is_named_by_its_folder_or_by_the_name_of_one_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWRIGHT_STUDIES", STUDY)
    (place,) = Settings().places()
    assert (place.study_id, place.folder) == (STUDY, CHECKOUT / "studies" / STUDY)


def test_each_study_has_places_of_its_own(two: Settings) -> None:
    assert [place.study_id for place in two.places()] == ["a", "b"]
    place = two.places()[1]
    assert place.current_db == two.home / "studies" / "b" / "current.duckdb"
    assert place.build_db == two.restricted / "studies" / "b.duckdb"


@pytest.mark.parametrize(
    "text", ["study: {study_id: a, title: [", "  study_id: 'a'  # ours\n  : :", "study:\n  study_id: a\n"]
)
def test_the_id_is_known_where_the_protocol_cannot_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "protocol.yml").write_text(text)
    assert Settings(studies=(tmp_path / "x",)).places()[0].study_id == "a"


def test_a_folder_without_a_protocol_is_known_by_its_name(tmp_path: Path) -> None:
    assert Settings(studies=(tmp_path / "New-Study",)).places()[0].study_id == "new_study"


def test_two_studies_with_one_id_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWRIGHT_STUDIES", f"{study(tmp_path / 'x', 'a')},{study(tmp_path / 'y', 'a')}")
    with pytest.raises(ValidationError, match="have one id, a"):
        Settings()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CARTWRIGHT_STUDY", "x", "did you mean CARTWRIGHT_STUDIES"),
        ("CARTWRIGHT_STUDIES", " , ", "names no study"),
    ],
)
def test_a_setting_that_names_no_study_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=words):
        Settings()


def test_a_study_cannot_be_called_like_a_schema(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "house", studies=(study(tmp_path / "x", "adam"),))
    open_build(settings).close()
    with pytest.raises(UnknownName, match="cannot be called adam"):
        open_study(settings, settings.places()[0])


def test_a_study_needs_a_hospital(two: Settings) -> None:
    with pytest.raises(NoRelease, match="run a whole night first"):
        open_study(two, two.places()[0])


def test_a_house_with_several_studies_asks_which_is_meant(two: Settings) -> None:
    with pytest.raises(UnknownName, match="say which with --study: a, b"):
        house.place_of(two)
    assert house.place_of(two, "b").study_id == "b"
    with pytest.raises(UnknownName, match="no study c; it has a, b"):
        house.place_of(two, "c")


def test_a_study_that_is_listed_no_longer_keeps_its_releases(two: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (two.home / "studies" / "gone" / "releases").mkdir(parents=True)
    assert house.place_of(two, "gone").releases.is_dir()
    assert [place.study_id for place in house.all_places(two)] == ["a", "b", "gone"]


@pytest.fixture
def old(tmp_path: Path) -> Settings:
    """A house as it was: releases of two studies at the top, an older one of the first study current again."""
    settings = Settings(home=tmp_path / "house")
    for release_id, study_id, built_at in (
        ("1" * 16, STUDY, "2026-01-01"),
        ("2" * 16, STUDY, "2026-01-02"),
        ("3" * 16, "b", "2026-01-03"),
        ("4" * 16, "b", "2026-01-04"),
    ):
        folder = settings.home / "releases" / release_id
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(
            json.dumps({"release_id": release_id, "study_id": study_id, "built_at": built_at})
        )
        duckdb.connect(folder / "release.duckdb").close()
    (settings.home / "current").symlink_to(Path("releases") / ("1" * 16))
    (settings.home / "current.duckdb").symlink_to(Path("current") / "release.duckdb")
    with open_build(settings) as con:
        con.execute("CREATE SCHEMA study; CREATE SCHEMA adam; CREATE TABLE adam.adsl AS SELECT 1 AS x")
        con.execute(
            "CREATE TABLE quality.finding_count AS SELECT 1 AS x; INSERT INTO identity.known_key VALUES ('k', now())"
        )
    return settings


def moved(settings: Settings) -> dict[str, tuple[str, list[str]]]:
    """Study -> its current release and all of them; what is left at the top is an error."""
    assert not [name for name in ("releases", "current", "current.duckdb") if os.path.lexists(settings.home / name)]
    found = {}
    for place in house.all_places(settings):
        assert place.current_db.resolve() == place.current.resolve() / "release.duckdb"
        assert place.current_db.exists()
        found[place.study_id] = (place.current.resolve().name[0], sorted(p.name[0] for p in place.releases.iterdir()))
    return found


MOVED = {STUDY: ("1", ["1", "2"]), "b": ("4", ["3", "4"])}


def test_an_old_house_is_moved_study_by_study(old: Settings) -> None:
    told = house.move_in(old)
    assert moved(old) == MOVED
    assert any(line.startswith(f"2 releases of {STUDY} moved") for line in told)
    assert house.move_in(old) == []


def test_the_first_command_that_asks_for_a_release_moves_an_old_house_and_says_so(
    old: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTWRIGHT_HOME", str(old.home))
    asked = CliRunner().invoke(app, ["releases", "list"])
    assert asked.exit_code == 0, asked.output
    assert f"2 releases of {STUDY} moved to" in asked.output
    assert moved(old) == MOVED
    assert "moved" not in CliRunner().invoke(app, ["releases", "list"]).output


def test_a_move_waits_for_whoever_writes(old: Settings) -> None:
    with sole_writer(old), pytest.raises(Exception, match="another run is writing"):
        house.settle(old)
    assert house.is_old(old)


CALLS = ("rename", "replace", "unlink", "rmdir")


@pytest.mark.parametrize("survived", range(14))
def test_a_move_that_was_killed_goes_on(old: Settings, monkeypatch: pytest.MonkeyPatch, survived: int) -> None:
    """Killed after each of its steps in turn: nothing is lost, and of each study one release is current."""
    left = [survived]

    def until_killed(sound):
        def step(*given, **named):
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            return sound(*given, **named)

        return step

    with monkeypatch.context() as patch:
        for owner, name in ((os, "rename"), (os, "replace"), (Path, "unlink"), (Path, "rmdir")):
            patch.setattr(owner, name, until_killed(getattr(owner, name)))
        try:
            house.move_in(old)
        except KeyboardInterrupt:
            assert len(list(old.home.rglob("manifest.json"))) == 4
    house.move_in(old)
    assert moved(old) == MOVED


def test_what_is_no_release_is_kept(old: Settings) -> None:
    (old.home / "releases" / "notes.txt").write_text("x")
    house.move_in(old)
    assert (old.restricted / "releases_left" / "notes.txt").exists()


def test_the_hospitals_file_loses_the_tables_of_the_study_and_nothing_else(old: Settings) -> None:
    with open_build(old) as con:
        assert con.execute("SELECT key_id FROM identity.known_key").fetchall() == [("k",)]
        schemas = {name for (name,) in con.execute("SELECT DISTINCT schema_name FROM duckdb_tables()").fetchall()}
    assert not schemas & set(layout._OF_A_STUDY)
    shutil.rmtree(old.home)
