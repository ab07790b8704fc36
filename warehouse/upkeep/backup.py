"""Backups of a house: the build file (raw, quarantine, identities, ledger) and every release. Never the key.

`<folder>/<moment>/` holds a build file and `backup.json`, which names what belongs to it; `<folder>/releases/` holds
each release once, as releases never change. Everything has its sha256, and a backup is whole or has no name.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from cartwright.warehouse.disk import naming, sync
from cartwright.warehouse.house import all_places
from cartwright.warehouse.identity.key import key_id, read_key
from cartwright.warehouse.not_found import NoRelease, UnknownName
from cartwright.warehouse.release.releases import list_releases
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.place import StudyPlace
from cartwright.warehouse.upkeep.retention import names
from cartwright.warehouse.writer import sole_writer

BUILD_FILE, MANIFEST = "warehouse.duckdb", "backup.json"


def back_up(settings: Settings, folder: Path, keep: int | None = None) -> Path:
    """Write a backup below `folder`, outside the house, and return its folder; then keep only the newest `keep`.

    Raises AnotherNightIsWriting, NoRelease for a house without a build file, UnknownName for a folder in the house.
    """
    if not settings.build_db.exists():
        raise NoRelease(f"there is no build file at {settings.build_db}: nothing to back up")
    folder = folder.resolve()
    if folder.is_relative_to(settings.home):
        raise UnknownName(f"{folder} lies in the house: a backup belongs on another disk")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with sole_writer(settings):
        with duckdb.connect(settings.build_db) as con:
            con.execute("CHECKPOINT")
        moment = f"{datetime.now(UTC):%Y-%m-%dT%H%M%S.%fZ}"
        aside, target = folder / f".{moment}", folder / moment
        aside.mkdir(mode=0o700)
        try:
            said = {
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "key_id": key_id(settings),
                "build_file": copy(settings.build_db, aside / BUILD_FILE),
                "studies": {place.study_id: _releases(place, folder) for place in all_places(settings)},
            }
            with naming(aside / MANIFEST):
                (aside / MANIFEST).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
            sync(aside / MANIFEST)
            os.rename(aside, target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        sync(folder)
    if keep:
        _forget(folder, keep)
    return target


def moments(folder: Path) -> list[str]:
    """The backups of a folder, the oldest first."""
    return sorted(path.parent.name for path in folder.glob(f"[0-9]*/{MANIFEST}"))


def _forget(folder: Path, keep: int) -> None:
    """Remove older backups, and releases that no backup names any more."""
    for moment in moments(folder)[:-keep]:
        shutil.rmtree(folder / moment)
    named = set()
    for moment in moments(folder):
        studies = json.loads((folder / moment / MANIFEST).read_text(encoding="utf-8"))["studies"]
        named |= {(study, release) for study, said in studies.items() for release in said["releases"]}
    for listing in folder.glob("releases/*/*.json"):
        if (listing.parent.name, listing.stem) not in named:
            listing.unlink()
            shutil.rmtree(listing.with_suffix(""), ignore_errors=True)


def save_key(settings: Settings, file: Path) -> None:
    """Copy the key to a new file outside the house. Raises KeyTrouble, UnknownName for a file that is there or lies in
    the house."""
    file = file.resolve()
    if file.is_relative_to(settings.home):
        raise UnknownName(f"{file} lies in the house: keep the key apart from it, and from the other backups")
    key = read_key(settings)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UnknownName(f"{file} is there already; nothing was written over it") from None
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(key + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def copy(source: Path, target: Path) -> str:
    """Copy a file, wait for the disk, and return the sha256 of what was read."""
    digest = hashlib.sha256()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with naming(target), source.open("rb") as read, os.fdopen(descriptor, "wb") as out:
        while block := read.read(1 << 20):
            digest.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def _releases(place: StudyPlace, folder: Path) -> dict[str, object]:
    """What belongs to a study: its releases with the hash of each file, which is current, which have names."""
    found: dict[str, dict[str, str]] = {}
    current = None
    for release in list_releases(place):
        kept = folder / "releases" / place.study_id / release.release_id
        listing = kept.with_suffix(".json")
        if not listing.exists():
            _copy_release(release.path, kept, listing)
        found[release.release_id] = json.loads(listing.read_text(encoding="utf-8"))
        current = release.release_id if release.is_current else current
    return {"current": current, "named": names(place), "releases": found}


def _copy_release(source: Path, kept: Path, listing: Path) -> None:
    """The listing comes last: without it the copy is not whole, and is made again."""
    shutil.rmtree(kept, ignore_errors=True)
    files = sorted(path for path in source.rglob("*") if path.is_file())
    hashes = {str(path.relative_to(source)): copy(path, kept / path.relative_to(source)) for path in files}
    aside = listing.with_name(f".{listing.name}")
    with naming(aside):
        aside.write_text(json.dumps(hashes, indent=2), encoding="utf-8")
    sync(aside)
    os.replace(aside, listing)
    sync(listing.parent)
