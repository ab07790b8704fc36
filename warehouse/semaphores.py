"""Semaphores of killed processes: Python's lie by name in shared memory, and whom a kill ends cannot take them back.

Thirty-two bytes each, until the machine starts again; what kills every night would fill it in years.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
_OF_PYTHON = ("sem.mp-*", "sem.loky-*")  # multiprocessing's, and those of joblib, which libraries of ours use
_GRACE = 3600  # seconds: a process that is being started opens those of its parent by their names


def abandoned(folder: Path = SHARED_MEMORY, grace: float = _GRACE) -> list[Path]:
    """Those of this user that no process has open. Younger ones than `grace` seconds are left alone."""
    before = time.time() - grace
    old = []
    for path in (path for pattern in _OF_PYTHON for path in folder.glob(pattern)):
        with suppress(FileNotFoundError):
            if (seen := path.stat()).st_uid == os.getuid() and seen.st_mtime < before:
                old.append(path)
    return sorted(set(old) - opened(old)) if old else []


def opened(paths: Iterable[Path], processes: Iterable[Path] | None = None) -> set[Path]:
    """Which of these files a process of this user has open.

    By their numbers: who made a semaphore has it open under the name that it had for a moment.
    """
    names: dict[tuple[str, str], Path] = {}
    for path in paths:
        with suppress(FileNotFoundError):
            seen = path.stat()
            names[f"{os.major(seen.st_dev):02x}:{os.minor(seen.st_dev):02x}", str(seen.st_ino)] = path
    found = set()
    for process in Path("/proc").glob("[0-9]*") if processes is None else processes:
        with suppress(OSError):  # it ended, or is another user's, who cannot open what is ours
            for line in (process / "maps").read_text(errors="replace").splitlines():
                _, _, _, device, number, *_ = line.split(maxsplit=5)
                if (device, number) in names:
                    found.add(names[device, number])
    return found


def sweep() -> None:
    """Remove the abandoned ones."""
    for path in abandoned():
        path.unlink(missing_ok=True)
