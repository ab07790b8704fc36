"""The right to write the build file: one process at a time, whoever started it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from cartwright.warehouse.settings import Settings


class AnotherNightIsWriting(Exception):
    """The build file has one writer at a time."""


@contextmanager
def sole_writer(settings: Settings) -> Iterator[None]:
    """Hold the lock of the build file; it goes with the process. Raises AnotherNightIsWriting."""
    settings.restricted.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.restricted / "night.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherNightIsWriting(
                f"another run is writing {settings.build_db}; wait for it, or look at it with `cartwright ui`"
            ) from None
        yield
