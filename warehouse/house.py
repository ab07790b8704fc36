"""The house: which studies it has, and the move of a house from before each study had a place of its own.

Before, `releases/`, `current` and `current.duckdb` lay at the top. They go below `studies/<id>/`, each by a rename;
what was current is named first at its new place and taken away at the old one last, so that a killed move goes on.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from cartwright.warehouse.counted import counted
from cartwright.warehouse.disk import sync
from cartwright.warehouse.not_found import NoRelease, UnknownName
from cartwright.warehouse.release.switch import point_current_at
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.place import StudyPlace
from cartwright.warehouse.writer import sole_writer

_MANIFEST = "manifest.json"


def place_of(settings: Settings, study_id: str | None = None) -> StudyPlace:
    """Where the study of this id lives, by default the only one that is listed.

    Raises UnknownName where the house has no such study, or several.
    """
    known = {place.study_id: place for place in all_places(settings)}
    ids = [place.study_id for place in settings.places()]
    if study_id is None and len(ids) > 1:
        raise UnknownName(f"this house has several studies; say which with --study: {', '.join(ids)}")
    wanted = study_id or ids[0]
    if wanted not in known:
        raise UnknownName(f"this house has no study {wanted}; it has {', '.join(sorted(known))}")
    return known[wanted]


def listed(settings: Settings, study_id: str) -> StudyPlace:
    """A study that nights build. Raises UnknownName."""
    known = {place.study_id: place for place in settings.places()}
    if study_id not in known:
        raise UnknownName(f"CARTWRIGHT_STUDIES does not list {study_id}; it lists {', '.join(known)}")
    return known[study_id]


def all_places(settings: Settings) -> list[StudyPlace]:
    """Every study of the house: those that are listed, and those that only have releases."""
    known = {place.study_id: place for place in settings.places()}
    for path in sorted(settings.home.glob("studies/*/releases")):
        study_id = path.parent.name
        known.setdefault(study_id, settings.place(study_id, path.parent))
    return list(known.values())


def settle(settings: Settings) -> list[str]:
    """Move a house of an earlier version before it is asked for a release; returns what was done, in words.

    Raises NoRelease for whoever may not write there, AnotherNightIsWriting.
    """
    if not is_old(settings):
        return []
    try:
        with sole_writer(settings):
            return move_in(settings)
    except PermissionError:
        raise NoRelease(
            f"{settings.home} has the layout of an earlier version; its next night moves it, or any command about "
            "releases that its owner runs"
        ) from None


def is_old(settings: Settings) -> bool:
    """Whether releases lie at the top of the house."""
    return any(os.path.lexists(settings.home / name) for name in ("releases", "current", "current.duckdb"))


def move_in(settings: Settings) -> list[str]:
    """Move what an earlier version left to its place below studies/; the caller holds the lock of the build file.

    Returns what was done, in words; nothing for a house of today. Can be repeated after it was killed anywhere.
    """
    if not is_old(settings):
        return []
    top, link = settings.home / "releases", settings.home / "current"
    was_current = link.readlink().name if link.is_symlink() else None
    told = []
    for study_id, releases in _by_study(top).items():
        place = settings.place(study_id, settings.home)
        place.releases.mkdir(parents=True, exist_ok=True)
        # The newest of a study that was not the one shown at the end was current when it was published.
        shown = was_current if was_current in releases else max(releases, key=releases.__getitem__)
        if was_current in releases or not place.current.exists():
            point_current_at(place, place.releases / shown)
        for release_id in sorted(releases, key=lambda one: one == was_current):
            os.rename(top / release_id, place.releases / release_id)
        sync(place.releases)
        told.append(f"{counted(len(releases), 'release')} of {study_id} moved to {place.home}; current is {shown}")
    for name in ("current.duckdb", "current"):
        (settings.home / name).unlink(missing_ok=True)
    if top.exists() and any(top.iterdir()):
        left = settings.restricted / "releases_left"
        os.rename(top, left)
        told.append(f"what lay in {top} and is no release lies in {left}")
    elif top.exists():
        top.rmdir()
    shutil.rmtree(settings.restricted / "workshop", ignore_errors=True)
    shutil.rmtree(settings.restricted / "building", ignore_errors=True)
    sync(settings.home)
    return [*told, "tables of the study leave the build file; the night makes them anew below restricted/studies"]


def _by_study(top: Path) -> dict[str, dict[str, str]]:
    """Study -> its releases -> when each was built."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(top.glob(f"*/{_MANIFEST}")):
        said = json.loads(path.read_text(encoding="utf-8"))
        found.setdefault(said["study_id"], {})[path.parent.name] = said["built_at"]
    return found
