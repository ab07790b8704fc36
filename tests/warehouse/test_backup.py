"""A backup brings back the build file and every release, refuses what is damaged, and never holds the key."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.identity import key as identity_key
from cartwright.warehouse.identity.key import KeyTrouble
from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.release.releases import list_releases, make_immutable
from cartwright.warehouse.release.switch import point_current_at
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.upkeep import backup, restore, retention
from cartwright.warehouse.writer import AnotherNightIsWriting, sole_writer
from tiny_hospital import Hospital, sound

LAB = "lis_lab_result"


@pytest.fixture
def settings(hospital: Hospital) -> Settings:
    """A house with a record, one in quarantine, a key and two releases, the first current and named."""
    hospital.deliver(LAB, sound(LAB), sound(LAB, result_no="R2", collected_at="never"))
    hospital.night(LAB)
    identity_key.establish(hospital.con, hospital.settings)
    hospital.con.close()
    settings = hospital.settings
    place = settings.places()[0]
    for number in (1, 2):
        folder = place.releases / f"r{number}"
        (folder / "parquet" / "adam").mkdir(parents=True)
        (folder / "parquet" / "adam" / "adsl.parquet").write_bytes(b"rows")
        with duckdb.connect(folder / "release.duckdb") as con:
            con.execute(f"CREATE TABLE t AS SELECT {number} AS n")
        said = {"release_id": folder.name, "built_at": f"2026-01-0{number}T03:00:00+00:00", "ingredients": {}}
        (folder / "manifest.json").write_text(json.dumps(said))
        make_immutable(folder)
    point_current_at(place, place.releases / "r1")
    retention.name_release(place, "r1", "paper")
    return settings


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def files(settings: Settings) -> dict[str, bytes | str]:
    """Everything of a house that a backup is to bring back; links by where they lead."""
    found = [settings.build_db, *settings.home.glob("studies/**/*")]
    return {
        str(path.relative_to(settings.home)): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in found
        if path.is_symlink() or path.is_file()
    }


def test_a_restored_house_is_byte_for_byte_the_old_one(settings: Settings, kept: Path, tmp_path: Path) -> None:
    backup.save_key(settings, tmp_path / "key")
    moment = backup.back_up(settings, kept).name
    new = Settings(home=tmp_path / "new")
    assert restore.restore(new, kept, key=tmp_path / "key") == moment
    assert files(new) == files(settings)
    assert identity_key.key_id(new) == identity_key.key_id(settings)
    assert [r.is_current for r in list_releases(new.places()[0])] == [True, False]
    assert new.restricted.stat().st_mode & 0o077 == 0
    with duckdb.connect(new.build_db, read_only=True) as con:
        assert con.execute(f"SELECT count(*) FROM raw.{LAB}").fetchone() == (1,)
        assert con.execute("SELECT count(*) FROM quarantine.rejected_record").fetchone() == (1,)


def test_the_key_is_in_no_backup(settings: Settings, kept: Path) -> None:
    backup.back_up(settings, kept)
    key = identity_key.read_key(settings)
    written = [path for path in kept.rglob("*") if path.is_file()]
    assert len(written) >= 7
    assert [path for path in written if key in path.read_bytes()] == []
    assert kept.stat().st_mode & 0o077 == 0


def test_each_release_is_saved_once(settings: Settings, kept: Path) -> None:
    backup.back_up(settings, kept)
    first = {path: path.stat().st_mtime_ns for path in (kept / "releases").rglob("*.duckdb")}
    backup.back_up(settings, kept)
    assert {path: path.stat().st_mtime_ns for path in (kept / "releases").rglob("*.duckdb")} == first
    assert len(backup.moments(kept)) == 2


def test_old_backups_go_with_the_releases_that_only_they_name(settings: Settings, kept: Path) -> None:
    backup.back_up(settings, kept)
    place = settings.places()[0]
    retention.prune(settings, place, nights=1)
    os.rename(place.releases / "r2", place.home / "gone")
    backup.back_up(settings, kept, keep=2)
    assert (kept / "releases" / place.study_id / "r2").exists()
    backup.back_up(settings, kept, keep=1)
    assert len(backup.moments(kept)) == 1
    assert [path.name for path in (kept / "releases" / place.study_id).iterdir() if path.is_dir()] == ["r1"]


@pytest.mark.parametrize("broken", ["warehouse.duckdb", "adsl.parquet"])
@pytest.mark.parametrize("how", ["changed", "missing"])
def test_a_damaged_backup_restores_nothing(
    settings: Settings, kept: Path, tmp_path: Path, broken: str, how: str
) -> None:
    backup.back_up(settings, kept)
    path = next(kept.rglob(broken))
    path.write_bytes(path.read_bytes()[:-1] + b"~") if how == "changed" else path.unlink()
    new = Settings(home=tmp_path / "new")
    with pytest.raises(restore.Damaged, match="damaged" if how == "changed" else "missing"):
        restore.restore(new, kept)
    assert not new.was_used


def test_another_key_is_refused(settings: Settings, kept: Path, tmp_path: Path) -> None:
    backup.back_up(settings, kept)
    other = tmp_path / "other"
    other.write_text("0123456789abcdef" * 4)
    other.chmod(0o600)
    with pytest.raises(KeyTrouble, match="not the key of this backup"):
        restore.restore(Settings(home=tmp_path / "new"), kept, key=other)


def test_a_house_that_was_used_is_not_overwritten(settings: Settings, kept: Path) -> None:
    backup.back_up(settings, kept)
    before = files(settings)
    with pytest.raises(UnknownName, match="was used"):
        restore.restore(settings, kept)
    assert files(settings) == before


def test_a_restore_that_was_killed_anywhere_is_done_again(
    settings: Settings, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.back_up(settings, kept)
    new = Settings(home=tmp_path / "new")
    for calls in range(1, 20):
        with monkeypatch.context() as patch:
            left = [calls]
            for name in ("sync", "_take", "name_release", "point_current_at"):
                patch.setattr(restore, name, _dying(getattr(restore, name), left))
            with suppress(KeyboardInterrupt):
                restore.restore(new, kept)
        if new.build_db.exists():  # the last step, after which there is nothing to do again
            break
    assert calls > 8
    assert files(new) == files(settings)


def _dying(real: object, left: list[int]) -> object:
    def call(*args: object) -> object:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return real(*args)

    return call


def test_a_backup_that_was_killed_has_no_name(settings: Settings, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "_copy_release", _dying(backup._copy_release, [2]))
    with pytest.raises(KeyboardInterrupt):
        backup.back_up(settings, kept)
    assert backup.moments(kept) == []
    monkeypatch.undo()
    backup.back_up(settings, kept)
    assert len(backup.moments(kept)) == 1


def test_no_backup_is_made_while_a_night_writes(settings: Settings, kept: Path) -> None:
    with sole_writer(settings), pytest.raises(AnotherNightIsWriting):
        backup.back_up(settings, kept)


def test_neither_backup_nor_key_goes_into_the_house(settings: Settings) -> None:
    with pytest.raises(UnknownName, match="lies in the house"):
        backup.back_up(settings, settings.home / "backup")
    with pytest.raises(UnknownName, match="lies in the house"):
        backup.save_key(settings, settings.home / "key")
