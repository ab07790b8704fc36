"""What lies in the landing zone: which files belong to a feed table, and which of them are new.

A delivery is one file `feeds/<feed>/<YYYY-MM-DD>/<source>_<YYYYMMDD>[_anything].<format>`. Names that start with a dot
or end in .tmp or .part are not there yet: write under such a name, then rename.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from warehouse.contracts import Contract, load_contracts

FORMATS = ("csv", "jsonl", "parquet")
_NAME = re.compile(r"(?P<source>[a-z0-9_]+?)_\d{8}(_.*)?\.(?P<format>csv|jsonl|parquet)(?P<gz>\.gz)?")
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")
_DELIVERED = time(23, 0)  # the deliveries of a day are complete when the night's run starts


@dataclass
class Delivery:
    """One delivery on its way in. Counts are filled as it is taken; `refusal` says why nothing of it was."""

    number: int
    delivery_id: str
    table: str
    name: str
    origin: str  # what record ids are made of: the name, and the content when a name was used twice
    delivered_at: datetime
    path: Path | None = None
    format: str = "table"
    size: int = 0
    modified_ns: int = 0
    sha256: str = ""
    refusal: str | None = None
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)


def short_hash(*parts: str) -> str:
    """16 hex digits that identify `parts`."""
    return hashlib.md5("|".join(parts).encode(), usedforsecurity=False).hexdigest()[:16]


def source_of(file_name: str) -> tuple[str, str] | None:
    """(source name, format) of a delivery's file name; None when it is not the name of a delivery."""
    found = _NAME.fullmatch(file_name)
    if not found or (found["format"] == "parquet" and found["gz"]):
        return None
    return found["source"], found["format"]


def landed(feed_dir: Path) -> Iterator[tuple[date, os.DirEntry]]:
    """Every finished file of a feed's dated folders, in order of delivery."""
    for day, entry in _finished(feed_dir):
        if day and entry.is_file():
            yield day, entry


def unrecognised(feeds: Path) -> list[str]:
    """Files and folders that no contract claims, by their path below the landing zone."""
    strange = []
    for feed in ("lis", "ris"):
        claimed = {c.source.name for c in load_contracts().values() if c.feed == feed}
        for day, entry in _finished(feeds / feed):
            source = source_of(entry.name)
            if not (day and entry.is_file() and source and source[0] in claimed):
                strange.append(str(Path(entry.path).relative_to(feeds)))
    return sorted(strange)


def _finished(feed_dir: Path) -> Iterator[tuple[date | None, os.DirEntry]]:
    """What lies in the dated folders, in order of delivery, and, without a day, what lies beside them."""
    if not feed_dir.is_dir():
        return
    for folder in sorted(os.scandir(feed_dir), key=lambda entry: entry.name):
        day = _day(folder)
        if day is None:
            yield None, folder
            continue
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if not entry.name.startswith(".") and not entry.name.endswith((".tmp", ".part")):
                yield day, entry


def _day(folder: os.DirEntry) -> date | None:
    """The day a folder is named by; None for a name that is no day (2022-13-01) or not written like one."""
    if not (folder.is_dir() and _DATED.fullmatch(folder.name)):
        return None
    try:
        return date.fromisoformat(folder.name)
    except ValueError:
        return None


def new_deliveries(con: duckdb.DuckDBPyConnection, contract: Contract, feeds: Path) -> list[Delivery]:
    """The files of `contract` that were not taken yet, in order of delivery.

    A file is known by its name and content. Size and modification time are looked at first, so that a night reads
    only what is new. A refused file is offered again each night: the contract may have been repaired meanwhile.
    """
    taken: dict[str, list[tuple[int, int, str]]] = {}
    for path, *fingerprint in con.execute(
        "SELECT path, size_bytes, modified_ns, sha256 FROM ingest.delivery_file WHERE table_name = ?", [contract.table]
    ).fetchall():
        taken.setdefault(path, []).append(tuple(fingerprint))
    zone, found = ZoneInfo(contract.zone), []
    for day, entry in landed(feeds / contract.feed):
        source = source_of(entry.name)
        if source is None or source[0] != contract.source.name:
            continue
        stat, name = entry.stat(), f"{day.isoformat()}/{entry.name}"
        known = taken.get(name, [])
        if any(seen[:2] == (stat.st_size, stat.st_mtime_ns) for seen in known):
            continue
        digest = _sha256(entry.path)
        if any(seen[2] == digest for seen in known):
            continue
        origin = f"{name}#{digest[:8]}" if known else name
        delivery = Delivery(
            number=len(found),
            delivery_id=short_hash(contract.table, origin),
            table=contract.table,
            name=name,
            origin=origin,
            delivered_at=datetime.combine(day, _DELIVERED, zone),
            path=Path(entry.path),
            format=source[1],
            size=stat.st_size,
            modified_ns=stat.st_mtime_ns,
            sha256=digest,
        )
        if known:
            delivery.note("a file of this name was delivered before with other content; name every delivery anew")
        found.append(delivery)
    return found


def _sha256(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
