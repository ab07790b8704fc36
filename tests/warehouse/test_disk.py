"""What Python, DuckDB and SQLite say of a disk, in words for whoever runs the house."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartwright.warehouse import disk
from cartwright.warehouse.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "restricted").mkdir()
    return Settings(home=tmp_path)


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("OSError: [Errno 28] No space left on device: '{}'", "no space is left"),
        ('IO Error: Checkpoint failed. Original error: Could not write file "{}": No space left on device', "no space"),
        ("OSError: [Errno 122] Disk quota exceeded: '{}'", "the quota of this user is used up"),
        ("OSError: [Errno 30] Read-only file system: '{}'", "the file system is read-only"),
        ("PermissionError: [Errno 13] Permission denied: '{}'", "this user may not read or write"),
        ('IO Error: Cannot open file "{}": Permission denied', "this user may not read or write"),
        ('Could not write file "{}": File too large', "a file has reached the longest that is allowed"),
        ("OSError: [Errno 18] Invalid cross-device link: '{}' -> '/x'", "on different file systems"),
        ("OSError: [Errno 5] Input/output error: '{}'", "the disk does not answer as it should"),
    ],
)
def test_cause_and_folder_are_named(settings: Settings, said: str, due: str) -> None:
    words = disk.in_words(said.format(settings.restricted / "warehouse.duckdb.wal"), settings)
    assert due in words
    assert f" in {settings.restricted}. Nothing that was there before is lost; " in words


def test_a_folder_that_was_removed_again_is_named_by_the_one_above(settings: Settings) -> None:
    said = f"OSError: [Errno 27] File too large: '{settings.restricted}/.aside/warehouse.duckdb'"
    assert f" in {settings.restricted}. " in disk.in_words(said, settings)


def test_without_a_file_the_folders_whose_disk_is_full_are_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "(sqlite3.OperationalError) database or disk is full"
    assert disk.in_words(said, settings).startswith("no space is left. ")
    monkeypatch.setattr(disk, "_NO_ROOM", 1 << 60)
    assert disk.in_words(said, settings).startswith(f"no space is left in {settings.home}")


def test_what_may_be_a_value_is_not_repeated(settings: Settings) -> None:
    words = disk.in_words("could not convert '/Zhang Wei/1961': Permission denied", settings)
    assert "Zhang" not in words


@pytest.mark.parametrize(
    "said", ["KeyError: 'x'", 'permission denied for table "patient"', "Could not set lock on file"]
)
def test_other_errors_are_left_alone(settings: Settings, said: str) -> None:
    assert disk.in_words(said, settings) is None
