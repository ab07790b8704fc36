"""What a lock file names: packages in exact versions, and the hashes of the files that may be installed of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement


def locked(lock: Path) -> Iterator[tuple[Requirement, list[str]]]:
    """Each requirement of a lock with the sha256 of its files, as hexadecimal digits."""
    for entry in lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split(" --hash=sha256:")
        yield Requirement(requirement), [each.strip() for each in hashes]
