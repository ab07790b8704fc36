"""A house from a backup: every file is compared with its sha256 before anything has its name."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from cartwright.warehouse.disk import sync
from cartwright.warehouse.identity.key import KeyTrouble, fingerprint_of
from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.release.releases import make_immutable
from cartwright.warehouse.release.switch import point_current_at
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.upkeep.backup import BUILD_FILE, MANIFEST, copy, moments
from cartwright.warehouse.upkeep.retention import name_release
from cartwright.warehouse.writer import sole_writer


class Damaged(RuntimeError):
    """A file of a backup is not what was written. Nothing was restored."""


def restore(settings: Settings, folder: Path, moment: str | None = None, key: Path | None = None) -> str:
    """Fill an empty house from a backup, by default the newest. Returns which it was.

    Killed anywhere, it can be called again. Raises UnknownName for no backup and for a house that is not empty,
    KeyTrouble for another key than that of the backup, Damaged.
    """
    source = _chosen(folder, moment)
    said = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
    aside = settings.home / ".restoring"
    if settings.build_db.exists() or (settings.was_used and not aside.exists()):
        raise UnknownName(f"{settings.home} was used: restore into a new CARTWRIGHT_HOME, look, and then exchange them")
    if key is not None and fingerprint_of(key) != said["key_id"]:
        raise KeyTrouble(f"{key} is not the key of this backup, which is {said['key_id']}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700, parents=True)
    with sole_writer(settings):
        settings.restricted.chmod(0o700)
        build_file = settings.build_db.with_name(f".{BUILD_FILE}.restoring")
        build_file.unlink(missing_ok=True)
        _take(source / BUILD_FILE, build_file, said["build_file"])
        for study_id, study in said["studies"].items():
            for release_id, files in study["releases"].items():
                for name, digest in files.items():
                    kept = folder / "releases" / study_id / release_id / name
                    _take(kept, aside / study_id / release_id / name, digest)
        if key is not None:
            settings.identity_key.unlink(missing_ok=True)
            copy(key, settings.identity_key)
        _move_in(settings, aside, said["studies"])
        os.replace(build_file, settings.build_db)  # the last: a house with a build file is whole
        sync(settings.build_db.parent)
        shutil.rmtree(aside)
    return source.name


def _chosen(folder: Path, moment: str | None) -> Path:
    known = moments(folder)
    if not known or (moment and moment not in known):
        raise UnknownName(f"{folder} does not hold the backup; it has {', '.join(known) or 'none'}")
    return folder / (moment or known[-1])


def _take(source: Path, target: Path, digest: str) -> None:
    try:
        found = copy(source, target)
    except FileNotFoundError:
        raise Damaged(f"{source} is missing from the backup; take another one") from None
    if found != digest:
        raise Damaged(f"{source} is damaged: its sha256 is not that of the backup; take another one")


def _move_in(settings: Settings, aside: Path, studies: dict[str, dict]) -> None:
    for study_id, study in studies.items():
        place = settings.place(study_id, settings.home)
        place.releases.mkdir(parents=True, exist_ok=True)
        for release_id in study["releases"]:
            if not (target := place.releases / release_id).exists():
                make_immutable(aside / study_id / release_id)
                os.rename(aside / study_id / release_id, target)
        sync(place.releases)
        for release_id, given in study["named"].items():
            for name in given:
                name_release(place, release_id, name)
        if study["current"]:
            point_current_at(place, place.releases / study["current"])
