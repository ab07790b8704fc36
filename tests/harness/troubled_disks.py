"""Disks that are full or may not be written, really: file systems of their own, limits and rights of the kernel's."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILLER = "filler"
NOBODY = 65534  # an account that owns nothing here


def can_mount(folder: Path) -> bool:
    """Whether this user may mount: needs root, and a container that lets it."""
    folder.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True).returncode:
        return False
    subprocess.run(["umount", folder], check=True)
    return True


@contextmanager
def disk(folder: Path, size: int) -> Iterator[None]:
    """A disk of so many bytes at `folder`, gone afterwards."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path, left: int) -> None:
    """Leave so many bytes free."""
    with (folder / FILLER).open("wb", buffering=0) as stream:
        with suppress(OSError):
            while stream.write(b"0" * 4096):
                pass
        stream.truncate(max(stream.tell() - left, 0))


def free(folder: Path) -> None:
    """Somebody makes room."""
    (folder / FILLER).unlink()


def remount(folder: Path, how: str) -> None:
    """`ro` or `rw`."""
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """This folder alone may not be written, by root neither: it is mounted over itself."""
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def short_files(most: int) -> None:
    """For a process of its own: no file may be longer, as by a quota."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def become_nobody() -> None:
    """For a process of its own: from here on it has no rights but those of everybody."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def used(folder: Path) -> int:
    """Bytes taken on the disk of a folder."""
    said = os.statvfs(folder)
    return (said.f_blocks - said.f_bfree) * said.f_frsize


def first(before: Callable[[], None], deed: Callable[[], object]) -> Callable[[], object]:
    """One deed out of two."""
    return lambda: (before(), deed())[1]
