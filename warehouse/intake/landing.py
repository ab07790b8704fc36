"""What lies in the landing zone: which files belong to a feed table, and which of them are new.

A delivery is one file `feeds/<feed>/<YYYY-MM-DD>/<source>_<YYYYMMDD>[_anything].<format>`, or one named by the pattern
that the hospital's folder gives. Names that start with a dot
or end in .tmp or .part are not there yet: write under such a name, then rename.

Anything may lie there: what cannot be read, is no file or belongs to no table is named and left alone. A name may hold
a patient's name, so what is published shows only the parts of it that are known, and a hash for the rest.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from io import BufferedReader
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from cartwright.warehouse.build_row import known_until
from cartwright.warehouse.intake.contracts import Contract, load_contracts

FOLDERS = ("lis", "ris", "fhir", "redcap")
_NAME = re.compile(r"(?P<source>[a-z0-9_]+?)_\d{8}(_.*)?\.(?P<format>csv|jsonl|parquet)(?P<gz>\.gz)?")
_ENDING = re.compile(r"\.(?P<format>csv|jsonl|parquet)(?P<gz>\.gz)?$")
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")
# Names that can be shown as they are: the source, a day, and nothing that could be a name or a number of a patient.
_PLAIN = re.compile(
    r"(?P<source>[a-z0-9_]+?)_(19|20)\d{2}[01]\d[0-3]\d(_\d{1,2}|_late|_again)?\.(csv|jsonl|parquet)(\.gz)?"
)
_FIRST_DAY = date(1900, 1, 1)
_SKEW = timedelta(days=1)  # how far the clocks of sender and warehouse may differ
_DELIVERED = time(23, 0)  # the deliveries of a day are complete when the night's run starts


@dataclass
class Delivery:
    """One delivery on its way in. Counts are filled as it is taken; `refusal` says why nothing of it was.

    `name` is the whole name, for the restricted zone; `shown` is what may be published of it.
    """

    number: int
    delivery_id: str
    table: str
    name: str
    shown: str
    origin: str  # what record ids are made of: the name, and the content when a name was used twice
    delivered_at: datetime
    path: Path | None = None
    format: str = "table"
    size: int = 0
    modified_ns: int = 0
    sha256: str = ""
    refusal: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """Where a file lies. A table of a database lies nowhere."""
        if self.path is None:
            raise TypeError(f"{self.table} does not come in files")
        return self.path

    def note(self, text: str) -> None:
        self.notes.append(text)


def short_hash(*parts: str) -> str:
    """16 hex digits that identify `parts`."""
    return hashlib.md5("|".join(parts).encode(), usedforsecurity=False).hexdigest()[:16]


def claimed_format(contract: Contract, file_name: str) -> str | None:
    """The format of a file whose name belongs to the contract; None for any other name."""
    if contract.source.maps:
        return _mapped_format(contract, file_name)
    found = _ENDING.search(file_name) if contract.source.files else _NAME.fullmatch(file_name)
    if not found or (found["format"] == "parquet" and found["gz"]):
        return None
    if contract.source.files:
        return found["format"] if fnmatchcase(file_name, contract.source.files) else None
    return found["format"] if found["source"] == contract.source.name else None


def _mapped_format(contract: Contract, file_name: str) -> str | None:
    """A bulk export has a file a resource, whose name is a part of its own; an export of REDCap is any CSV file."""
    if contract.source.kind == "redcap":
        return "redcap" if re.search(r"\.csv(\.gz)?$", file_name) else None
    return "fhir" if _names_one(file_name, {source_map.source for source_map in contract.source.maps}) else None


def holds_elements(contract: Contract, file_name: str) -> bool:
    """Whether a file of a bulk export holds resources that are elements of the contract's lists."""
    lists = [each for source_map in contract.source.maps for each in source_map.lists.values()]
    return any(each.resource and holds_resource(file_name, each.resource) for each in lists)


def holds_resource(file_name: str, resource: str) -> bool:
    """Whether the name of a file of a bulk export names a resource."""
    return _names_one(file_name, {resource})


def _names_one(file_name: str, resources: set[str]) -> bool:
    stem = re.sub(r"\.ndjson(\.gz)?$", "", file_name)
    return stem != file_name and not resources.isdisjoint(re.split(r"[._-]", stem))


@dataclass(frozen=True)
class Entry:
    """Something that lies in the landing zone; `day` of its folder; `strange`: why it cannot be a delivery."""

    path: Path
    day: date | None = None
    strange: str | None = None

    @property
    def name(self) -> str:
        return printable(self.path.name)


@dataclass(frozen=True)
class Strange:
    """What no contract claims: its path below the landing zone, what may be published of it, and what is wrong."""

    path: str
    shown: str
    why: str


def printable(name: str) -> str:
    """A file name as text that can be stored and printed: bytes that are no UTF-8 and control characters escaped."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def is_plain(name: str) -> bool:
    """Whether a delivery's name, as the ledger shows it, says nothing but day and source."""
    day, _, file = name.rpartition("/")
    return bool(_DATED.fullmatch(day)) and _says_source_and_day(file)


def _says_source_and_day(file: str) -> bool:
    found = _PLAIN.fullmatch(file)
    return found is not None and found["source"] in {contract.source.name for contract in load_contracts().values()}


def shown_name(name: str) -> str:
    """`name` when it says nothing but source and day, else its hash, which `cartwright feeds check` explains."""
    return name if _says_source_and_day(name) or name in FOLDERS else f"~{short_hash(name)[:8]}"


def strange_entries(feeds: Path, contracts: Iterable[Contract]) -> list[Strange]:
    """Everything in the landing zone that no contract of the hospital claims or that cannot be read, by path."""
    found, contracts = [], list(contracts)
    for feed in FOLDERS:
        claiming = [c for c in contracts if c.folder == feed]
        for entry in entries(feeds / feed):
            is_claimed = any(claimed_format(c, entry.name) or holds_elements(c, entry.name) for c in claiming)
            why = entry.strange or (None if is_claimed else "its name belongs to no feed table")
            if why:
                parts = [feed, *([entry.day.isoformat()] if entry.day else [])]
                last = [] if entry.path == feeds / feed else [entry.name]
                is_day_folder = entry.day and entry.name == entry.day.isoformat()
                shown = [*parts, *map(shown_name, last)] if not is_day_folder else parts
                path = [*parts, *last] if not is_day_folder else parts
                found.append(Strange("/".join(path), "/".join(shown), why))
    return sorted(found, key=lambda strange: strange.path)


def entries(feed_dir: Path) -> Iterator[Entry]:
    """What lies in the dated folders, in order of delivery, and, without a day, what lies beside them."""
    try:
        folders = _listed(feed_dir)
    except FileNotFoundError:
        return
    except OSError:
        yield Entry(feed_dir, strange="the folder cannot be read")
        return
    for folder in folders:
        day = _day(folder)
        if day is None:
            yield Entry(folder, strange="it is no folder named by a day")
            continue
        try:
            files = _listed(folder)
        except OSError:
            yield Entry(folder, day, "the folder cannot be read")
            continue
        for path in files:
            if not path.name.startswith(".") and not path.name.endswith((".tmp", ".part")):
                yield Entry(path, day, _no_file(path))


def _listed(folder: Path) -> list[Path]:
    return sorted((folder / name for name in os.listdir(folder)), key=lambda path: path.name)


def _no_file(path: Path) -> str | None:
    """Why `path` is no file that can be read; None when it is one, or is gone meanwhile."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return "it is a link that leads nowhere, or may not be looked at"
    return None if stat.S_ISREG(mode) else "it is no file"


def _day(folder: Path) -> date | None:
    """The day a folder is named by; None for a name that is no day (2022-13-01) or not written like one."""
    try:
        is_folder = stat.S_ISDIR(os.stat(folder).st_mode)
        return date.fromisoformat(folder.name) if is_folder and _DATED.fullmatch(folder.name) else None
    except (OSError, ValueError):
        return None


def new_deliveries(con: duckdb.DuckDBPyConnection, contract: Contract, feeds: Path, now: datetime) -> list[Delivery]:
    """The files of `contract` that were not taken yet, in order of delivery.

    A file is known by its name and content. Size and modification time are looked at first, so that a night reads
    only what is new. A refused file is offered again each night: the contract may have been repaired meanwhile.
    Folders dated more than a day after `now` are refused until their day comes: what lies there would move the state
    of knowledge of the whole house into the future. What comes late, into the folder of a day that a night was built
    on, is delivered now: that night did not know it.
    """
    taken: dict[str, list[tuple[int, int, str]]] = {}
    for path, *fingerprint in con.execute(
        "SELECT path, size_bytes, modified_ns, sha256 FROM ingest.delivery_file WHERE table_name = ?", [contract.table]
    ).fetchall():
        taken.setdefault(path, []).append(tuple(fingerprint))
    zone = ZoneInfo(contract.zone)
    found: list[Delivery] = []
    built_on = known_until(con)
    last_day = (now + _SKEW).astimezone(zone).date()
    for entry in entries(feeds / contract.folder):
        file_format = claimed_format(contract, entry.name)
        if entry.day is None or entry.strange or file_format is None:
            continue
        name = f"{entry.day.isoformat()}/{entry.name}"
        known = taken.get(name, [])
        seen = _look(entry.path, known)
        if seen is None:
            continue
        size, modified_ns, digest = seen
        origin = f"{name}#{digest[:8]}" if known else name
        is_timely = _FIRST_DAY <= entry.day <= last_day
        sent_at = datetime.combine(entry.day, _DELIVERED, zone)
        is_late = built_on is not None and sent_at <= built_on
        delivery = Delivery(
            number=len(found),
            delivery_id=short_hash(contract.table, origin),
            table=contract.table,
            name=name,
            shown=f"{entry.day.isoformat()}/{shown_name(entry.name)}",
            origin=origin,
            delivered_at=sent_at if is_timely and not is_late else now,
            path=entry.path,
            format=file_format,
            size=size,
            modified_ns=modified_ns,
            sha256=digest,
        )
        if not is_timely:
            delivery.refusal = (
                "the folder is dated after tonight, or before 1900; it is taken when its day has come: correct its "
                "name, or the clock of the sender"
            )
        if known:
            delivery.note("a file of this name was delivered before with other content; name every delivery anew")
        found.append(delivery)
    return found


def _look(path: Path, known: list[tuple[int, int, str]]) -> tuple[int, int, str] | None:
    """(size, modification time, hash) of a file that is new; None when it is known, or is gone meanwhile.

    A file that may not be read has no hash, one that may not even be looked at no size; reading it will say so.
    """
    size, modified_ns, digest = 0, 0, ""
    try:
        found = os.stat(path)
        size, modified_ns = found.st_size, found.st_mtime_ns
        if any(seen[:2] == (size, modified_ns) for seen in known):
            return None
        digest = _sha256(path)
    except FileNotFoundError:
        return None
    except OSError:
        return size, modified_ns, digest
    if any(seen[2] == digest for seen in known):
        return None
    return size, modified_ns, digest


def open_delivery(path: Path) -> BufferedReader:
    """The bytes of a file. Raises OSError for what is no file, also when it took the place of one: a pipe would wait
    for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("no file")
    return os.fdopen(descriptor, "rb")


def is_unchanged(delivery: Delivery) -> bool:
    """Whether the file is still the one that was looked at: one that grows while it is read was not written aside."""
    try:
        found = os.stat(delivery.file)
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (delivery.size, delivery.modified_ns)


def _sha256(path: Path) -> str:
    with open_delivery(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
