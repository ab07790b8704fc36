"""What is wrong with a house whatever its nights say: a disk nearly full, a landing zone gone, a key in trouble."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from cartwright.warehouse.alarms.alarm import Alarm
from cartwright.warehouse.identity import key as identity_key
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.settings import Settings

NIGHTS_OF_SPACE = 3
LEAST_FREE_BYTES = 2 << 30


def alarms(settings: Settings) -> list[Alarm]:
    """Everything that can be seen without the build file, which a night may be writing."""
    return [*disk(settings), *landing_zone(settings), *key(settings)]


def disk(settings: Settings, free_of: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free) -> list[Alarm]:
    """Less free than three nights write, or than 2 GiB, on a disk that holds a part of the house."""
    needed = max(LEAST_FREE_BYTES, NIGHTS_OF_SPACE * _night_bytes(settings))
    low: dict[int, list[str]] = {}
    for name, path in (("home", settings.home), ("build file", settings.build_db.parent)):
        if path.exists() and free_of(path) < needed:
            low.setdefault(path.stat().st_dev, []).append(name)
    return [
        Alarm(
            "disk",
            f"{needed >> 20:,} MiB should be free for three nights on the disk of {' and '.join(names)}",
            subject=" ".join(names),
        )
        for names in low.values()
    ]


def landing_zone(settings: Settings) -> list[Alarm]:
    """The folder of the feeds is away or empty in a house that took deliveries."""
    if not settings.was_used or not _took_files(settings):
        return []
    try:
        landed = any(settings.feeds.iterdir())
    except OSError:
        landed = False
    words = "the landing zone is gone, empty or cannot be read: is it mounted?"
    return [] if landed else [Alarm("landing_zone", words, subject="landing zone")]


def key(settings: Settings) -> list[Alarm]:
    """The key of a house that was used is missing, weak, readable by others, or not the one of its releases."""
    if not settings.was_used:
        return []
    trouble = identity_key.trouble(settings)
    return [Alarm("key", f"the identity key is {trouble}", subject=trouble)] if trouble else []


def _took_files(settings: Settings) -> bool:
    """Whether files were ever delivered, as the current releases say; before the first: whether they would lie here."""
    inputs: set[str] = set()
    for path in settings.home.glob("studies/*/current/manifest.json"):
        inputs |= json.loads(path.read_text(encoding="utf-8"))["inputs"].keys()
    contracts = load_contracts()
    of_files = {name for name in inputs & contracts.keys() if contracts[name].source.kind != "table"}
    return bool(of_files) if inputs else not settings.ehr_is_elsewhere


def _night_bytes(settings: Settings) -> int:
    """What a night writes anew, roughly: the files of hospital and studies, and a release of each study."""
    files = [settings.build_db, *(place.build_db for place in settings.places())]
    for place in settings.places():
        files += place.current.rglob("*") if place.current.exists() else []
    return sum(path.stat().st_size for path in files if path.is_file())
