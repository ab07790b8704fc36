"""Which releases of a study stay, and the removal of the others.

What stays: the newest, the last of each month, the current one, what has a name, and what somebody has open.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cartwright.warehouse.connect import release_folder
from cartwright.warehouse.disk import sync
from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.release.releases import Release, list_releases
from cartwright.warehouse.release.switch import DATABASE
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.place import StudyPlace
from cartwright.warehouse.writer import sole_writer

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LOCK = "hhqqi4x"  # struct flock of Linux: type, whence, start, length, pid


@dataclass(frozen=True)
class Verdict:
    """Why a release stays; None: nothing keeps it."""

    release: Release
    kept_as: str | None


def judge(place: StudyPlace, nights: int) -> list[Verdict]:
    """Every release of a study, the oldest first. `nights`: how many of the newest stay."""
    releases, named = list_releases(place), names(place)
    newest = {release.release_id for release in releases[-nights:]} if nights else set()
    last_of_month = {release.built_at[:7]: release.release_id for release in releases}
    found = []
    for release in releases:
        reasons = (
            (release.is_current, "current"),
            (release.release_id in named, f"named {', '.join(named.get(release.release_id, []))}"),
            (release.release_id in newest, f"of the newest {nights}"),
            (last_of_month[release.built_at[:7]] == release.release_id, f"last of {release.built_at[:7]}"),
            (is_open(release.path), "open"),
        )
        found.append(Verdict(release, next((why for holds, why in reasons if holds), None)))
    return found


def prune(settings: Settings, place: StudyPlace, nights: int, dry_run: bool = False) -> list[Verdict]:
    """Remove what nothing keeps; returns the verdicts. Each goes by one rename, and then for good.

    Raises AnotherNightIsWriting.
    """
    with sole_writer(settings):
        verdicts = judge(place, nights)
        aside = place.home / ".pruned"
        for verdict in verdicts if not dry_run else ():
            if verdict.kept_as is None:
                aside.mkdir(mode=0o700, exist_ok=True)
                os.rename(verdict.release.path, aside / verdict.release.release_id)
                sync(place.releases)
        shutil.rmtree(aside, ignore_errors=True)  # also what a killed pruning has left
    return verdicts


def name_release(place: StudyPlace, release_id: str, name: str) -> None:
    """Give a release a name, which keeps it. Raises UnknownName for no release, no name, or a name that is taken."""
    target = release_folder(place, release_id)
    if not _NAME.fullmatch(name):
        raise UnknownName(f"{name} is no name: small letters, digits, dots, hyphens and underscores are")
    link = place.home / "named" / name
    link.parent.mkdir(exist_ok=True)
    try:
        link.symlink_to(Path("..") / target.relative_to(place.home))
    except FileExistsError:
        taken_by = link.readlink().name if link.is_symlink() else "something else"
        if taken_by != release_id:
            raise UnknownName(f"{name} names {taken_by} already; a name is not moved: choose another") from None
    sync(link.parent)


def names(place: StudyPlace) -> dict[str, list[str]]:
    """Release -> its names, in order."""
    found: dict[str, list[str]] = {}
    for link in sorted(place.home.glob("named/*")):
        if link.is_symlink():
            found.setdefault(link.readlink().name, []).append(link.name)
    return found


def is_open(folder: Path) -> bool:
    """Whether a process has the database or another file of a release open, as far as this user may see.

    DuckDB holds a lock on a file that it reads, which shows whoever asks; of other files only processes of the same
    user are known, of all users to root.
    """
    return _is_locked(folder / DATABASE) or any(path.startswith(f"{folder.resolve()}/") for path in _opened())


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        asked = struct.pack(_LOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        return struct.unpack(_LOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))[0] != fcntl.F_UNLCK
    finally:
        os.close(descriptor)


def _opened() -> list[str]:
    """Files that running processes have open."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                with suppress(OSError):
                    found.append(os.readlink(descriptor))
    return found
