"""The switch from one release of a study to another: one system call, and a reader sees the old one or the new one."""

from __future__ import annotations

import os
from pathlib import Path

from cartwright.warehouse.disk import sync
from cartwright.warehouse.study.place import StudyPlace

DATABASE = "release.duckdb"


def point_current_at(place: StudyPlace, target: Path) -> None:
    """Make `target`, a folder of the study's releases, the current one.

    The database is named through the folder, so no reader sees two releases.
    """
    through = Path(place.current.name) / DATABASE
    if not place.current_db.is_symlink() or place.current_db.readlink() != through:
        _link(place.current_db, through)
    _link(place.current, target.relative_to(place.home))
    sync(place.home)


def _link(link: Path, goal: Path) -> None:
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(goal)
    os.replace(fresh, link)
