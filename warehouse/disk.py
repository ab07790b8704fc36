"""What is on the disk, and trouble with one in plain words: what is wrong, in which folder, and what to do.

Python, DuckDB and SQLite each say it in their own words, some without the file; then the folders of the house are asked
which of them lies on a disk without room.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cartwright.warehouse.settings import Settings

_FULL = "no space is left"
_READ_ONLY = "nothing can be written: the file system is read-only"
# How the libraries say it -> how we say it, and the remedy. SQLite's are those of Dagster's books.
_CAUSES = {
    r"No space left on device|database or disk is full": (
        _FULL,
        "make room (`cartwright releases prune --dry-run`, `cartwright compact`) or take a larger disk",
    ),
    r"Disk quota exceeded": ("the quota of this user is used up", "raise the quota, or make room"),
    r"File too large": ("a file has reached the longest that is allowed", "raise the limit (`ulimit -f`) or the quota"),
    r"Read-only file system|attempt to write a readonly database": (
        _READ_ONLY,
        "mount it for writing; after an error of the disk the kernel mounts it so: see `dmesg`",
    ),
    r"Permission denied|Operation not permitted|unable to open database file": (
        "this user may not read or write",
        "run it as the owner of the house, or give the folder back to it",
    ),
    r"Invalid cross-device link": (
        "two folders of the house lie on different file systems",
        "a release is published by renaming its folder: keep restricted/ and studies/ on one",
    ),
    r"Input/output error|disk I/O error": ("the disk does not answer as it should", "see `dmesg`; replace the disk"),
}
_PATH = re.compile(r"""['"](/[^'"]+)['"]""")
_NO_ROOM = 4 << 20  # bytes: what is left when a file of the house did not fit


def sync(path: Path) -> None:
    """Wait until a file or the names in a folder are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Give an error of the block the name of what was written: of a full disk Python does not say which."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def in_words(error: str, settings: Settings) -> str | None:
    """What a text of an error says of a disk, in one sentence; None when it says nothing of one."""
    for pattern, (cause, remedy) in _CAUSES.items():
        if re.search(pattern, error):
            where = list(_named(error)) or list(_suspects(cause, settings))
            of = f" in {', '.join(where)}" if where else ""
            return f"{cause}{of}. Nothing that was there before is lost; {remedy}, and run it again"
    return None


def _named(error: str) -> Iterator[str]:
    """The first folder that the text names, or what is there of it: what is not there may be data."""
    for name in _PATH.findall(error):
        for folder in (Path(name), *Path(name).parents[:-1]):
            if os.path.isdir(folder):
                yield str(folder)
                return


def _suspects(cause: str, settings: Settings) -> Iterator[str]:
    """Of the folders that are written to, those whose disk is like that."""
    folders = (settings.home, settings.restricted, settings.dagster_home, Path(tempfile.gettempdir()))
    seen = set()
    for folder in (*folders, *(place.home for place in settings.places())):
        if not folder.exists() or (disk := folder.stat().st_dev) in seen:
            continue
        said = os.statvfs(folder)
        is_full, is_read_only = said.f_bavail * said.f_frsize < _NO_ROOM, bool(said.f_flag & os.ST_RDONLY)
        if (cause == _FULL and is_full) or (cause == _READ_ONLY and is_read_only):
            seen.add(disk)
            yield str(folder)
