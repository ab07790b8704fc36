"""Who may read and change the files of a house, and what was left behind in it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from cartwright.warehouse import semaphores
from cartwright.warehouse.counted import counted
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.upkeep.examined import Finding
from cartwright.warehouse.writer import sole_writer

_OTHERS = 0o077
_EVERYBODY_WRITES = 0o002


def rights(settings: Settings) -> Iterator[Finding]:
    """Modes and owner of the house. What only takes rights away is fixed by `--fix`."""
    if not settings.restricted.exists():
        yield Finding("permissions", "rights", "no house yet", "the first night makes it", is_note=True)
        return
    found = [*_private(settings), *_open_to_all(settings)]
    if (owner := settings.restricted.stat().st_uid) != os.getuid():
        words = f"the house belongs to user {owner}, this is user {os.getuid()}"
        found.append(Finding("permissions", "rights", words, "run cartwright as the owner of the house"))
    yield from found
    if not found:
        yield Finding("permissions", "rights", "restricted is private, nothing is open to everybody")


def _private(settings: Settings) -> Iterator[Finding]:
    files = [settings.build_db, *(place.build_db for place in settings.places()), settings.restricted]
    for path in files:
        if path.exists() and (mode := stat.S_IMODE(path.stat().st_mode)) & _OTHERS:
            words = f"{path} has mode {mode:04o}: others may read what identifies patients"
            remedy = f"chmod {mode & ~_OTHERS:04o} it, and ask who may have read it"
            yield Finding("permissions", "rights", words, remedy, fix=partial(_take_away, path, _OTHERS))
    if settings.feeds.exists() and not settings.simulated_marker.exists():
        mode = stat.S_IMODE(settings.feeds.stat().st_mode)
        if mode & 0o007:
            words = f"the landing zone has mode {mode:04o}: everybody may enter it, and it holds names and numbers"
            yield Finding("permissions", "rights", words, "chmod it so that only who writes and who reads it may enter")


def _open_to_all(settings: Settings) -> Iterator[Finding]:
    top = [settings.home, settings.dagster_home, *settings.home.glob("studies"), *settings.home.glob("studies/*")]
    for path in [*top, *settings.home.glob("studies/*/releases"), *settings.home.glob("studies/*/releases/*")]:
        if path.exists() and not path.is_symlink() and (mode := stat.S_IMODE(path.stat().st_mode)) & _EVERYBODY_WRITES:
            words = f"{path} has mode {mode:04o}: everybody may change it"
            fix = partial(_take_away, path, _EVERYBODY_WRITES)
            yield Finding("permissions", "rights", words, f"chmod {mode & ~_EVERYBODY_WRITES:04o} it", fix=fix)


def _take_away(path: Path, bits: int) -> None:
    path.chmod(stat.S_IMODE(path.stat().st_mode) & ~bits)


def left_behind(settings: Settings) -> Iterator[Finding]:
    """What killed runs and moves have left. Call it when nobody writes: a running night has such folders, too."""
    found = []
    for path in _scraps(settings):
        remedy = "`cartwright doctor --fix` removes it, as the next night does"
        found.append(Finding("leftovers", "leftovers", f"{path} was left behind", remedy, fix=_removal(settings, path)))
    for path in sorted(settings.home.glob("studies/*/releases/*")):
        if not (path / "manifest.json").exists():
            words, remedy = f"{path} is no release", "look what it is, and move it away: nothing of the program made it"
            found.append(Finding("leftovers", "leftovers", words, remedy))
    if abandoned := semaphores.abandoned():
        words = f"{counted(len(abandoned), 'semaphore')} of killed processes left in {semaphores.SHARED_MEMORY}"
        remedy = "`cartwright doctor --fix` removes them, as the next night does"
        found.append(Finding("leftovers", "leftovers", words, remedy, fix=semaphores.sweep))
    if (left := settings.restricted / "releases_left").exists():
        remedy = "look what it is, and move it out of the house"
        found.append(Finding("leftovers", "leftovers", f"{left} is left of an earlier version", remedy))
    yield from found
    if not found:
        yield Finding("leftovers", "leftovers", "none")


def _scraps(settings: Settings) -> list[Path]:
    """What a night makes on its way, and has no meaning when none is running."""
    restricted = settings.restricted
    return sorted(
        [
            *restricted.glob("studies/*/building/*"),
            *settings.home.glob("studies/*/.pruned"),
            *settings.build_db.parent.glob("spill/*"),
            *restricted.glob(".identity.key.*"),
            *settings.home.glob("studies/*/.*.new"),
            *settings.dagster_home.rglob(".*.json.*"),
            *settings.build_db.parent.rglob(".*.compacted"),
            *settings.home.glob(".restoring"),
        ]
    )


def _removal(settings: Settings, path: Path) -> Callable[[], None]:
    def remove() -> None:
        with sole_writer(settings):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)

    return remove
