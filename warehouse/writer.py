"""The right to write the build file: one process at a time, whoever started it."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from cartwright.warehouse.settings import Settings

GLANCE = 2.0  # seconds: who only looks whether somebody writes (doctor, end of dead runs) holds the lock for an instant


class AnotherNightIsWriting(Exception):
    """The build file has one writer at a time."""


@contextmanager
def sole_writer(settings: Settings, patience: float = GLANCE) -> Iterator[None]:
    """Hold the lock of the build file; it goes with the process. Raises AnotherNightIsWriting after these seconds."""
    settings.restricted.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.restricted / "night.lock").open("w") as lock:
        deadline = time.monotonic() + patience
        while not _taken(lock):
            if time.monotonic() > deadline:
                raise AnotherNightIsWriting(
                    f"another run is writing {settings.build_db}; wait for it, or look at it with `cartwright ui`"
                )
            time.sleep(0.05)
        yield


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
