"""The secret of the pseudonyms: a file of the house, made once, known by its fingerprint, replaced only on purpose.

A missing, weak, readable or exchanged key would change every pseudonym or give the patients away. So the night is
refused, and the message says what to do. The fingerprints of the keys in use stand in `identity.known_key`; without a
build file the current releases still know their own.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cartwright.warehouse.disk import sync
from cartwright.warehouse.settings import Settings

if TYPE_CHECKING:
    import duckdb

_WELL_MADE = re.compile(r"[0-9a-f]{64}")
_FEWEST_DIGITS = 8  # of 16: 64 random hexadecimal digits hold fewer different ones once in 10^13 keys


class KeyTrouble(Exception):
    """The identity key cannot be used. The message names the file and the remedy, never the key."""


def read_key(settings: Settings) -> bytes:
    """The key of this house. Raises KeyTrouble when it is missing, weak, or readable by others than its owner."""
    return _read(settings.identity_key)


def fingerprint_of(path: Path) -> str:
    """The id of a key in a file anywhere, such as its backup. Raises KeyTrouble."""
    return _id_of(_read(path))


def _read(path: Path) -> bytes:
    try:
        state = path.lstat()
    except FileNotFoundError:
        raise KeyTrouble(f"{path} is missing; put it back from its backup") from None
    if not stat.S_ISREG(state.st_mode):
        raise KeyTrouble(f"{path} is not a plain file; put the key itself there")
    if state.st_mode & 0o077:
        raise KeyTrouble(f"{path} can be read by others than its owner; chmod 600 it, and ask who may have read it")
    key = path.read_bytes().strip()
    text = key.decode("ascii", errors="replace")
    if not _WELL_MADE.fullmatch(text) or len(set(text)) < _FEWEST_DIGITS:
        raise KeyTrouble(
            f"{path} holds no key: 64 hexadecimal digits drawn at random are due, as from `openssl rand -hex 32`; "
            "put the key back from its backup"
        )
    return key


def key_id(settings: Settings) -> str:
    """Names the key without giving it away: 8 hex digits of its hash."""
    return _id_of(read_key(settings))


def trouble(settings: Settings) -> str | None:
    """What is wrong with the key of a house that was used, in a word or two; None when it is sound.

    Looks at the releases, not into the build file, which a night may be writing.
    """
    path = settings.identity_key
    if not path.exists():
        return "missing"
    try:
        found = key_id(settings)
    except (KeyTrouble, OSError):
        return "readable by others" if path.lstat().st_mode & 0o077 else "weak or not readable"
    known = _published_id(settings)
    rotated = known is not None and _beside(settings, known).exists()
    return None if known in (None, found) or rotated else "not the one that the releases were made with"


def establish(con: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    """Make the key of a new house, or see that an old house still has its own. Returns the key's id.

    con: the build file. Ends a rotation that was interrupted after it had been entered. Raises KeyTrouble.
    """
    known = _known_id(con, settings)
    _finish_rotation(settings, known)
    if known is None and not settings.identity_key.exists():
        _write(settings.identity_key, _new_key())
    found = key_id(settings)
    if known not in (None, found):
        raise KeyTrouble(
            f"{settings.identity_key} is not the key that this house has used ({found}, not {known}): every pseudonym "
            "would change. Put the key back from its backup; if a new one is meant, `cartwright key rotate` makes it"
        )
    _enter(con, found)
    return found


def rotate(con: duckdb.DuckDBPyConnection, settings: Settings) -> tuple[str, str]:
    """Replace the key. Returns (old id, new id).

    The old key is kept beside the new one as `identity.key.<old id>`: published releases carry its pseudonyms. From
    the next night on every subject has another pseudonym. Killed anywhere, the house has the old key or the new one.
    """
    old, key = establish(con, settings), _new_key()
    kept, coming = _beside(settings, old), _beside(settings, "next")
    if not kept.exists():
        _write(kept, read_key(settings))
    coming.unlink(missing_ok=True)
    _write(coming, key)
    _enter(con, _id_of(key))  # from here on the new one counts
    _finish_rotation(settings, _id_of(key))
    return old, _id_of(key)


def _finish_rotation(settings: Settings, known: str | None) -> None:
    coming = _beside(settings, "next")
    if known and coming.exists() and _id_of(coming.read_bytes().strip()) == known:
        os.replace(coming, settings.identity_key)
        sync(settings.restricted)


def _known_id(con: duckdb.DuckDBPyConnection, settings: Settings) -> str | None:
    """The id of the key that this house uses: as entered, as its pseudonyms were made, or as its release says."""
    for query in (
        "SELECT key_id FROM identity.known_key ORDER BY since_at DESC, key_id LIMIT 1",
        "SELECT max(key_id) FROM identity.person HAVING count(*) > 0",
    ):
        if row := con.execute(query).fetchone():
            return row[0]
    return _published_id(settings)


def _published_id(settings: Settings) -> str | None:
    """The id of the key that a current release was made with."""
    for manifest in sorted(settings.home.glob("studies/*/current/manifest.json")):
        said = json.loads(manifest.read_text(encoding="utf-8"))
        if this_id := said.get("ingredients", {}).get("key_id"):
            return this_id
    return None


def _enter(con: duckdb.DuckDBPyConnection, this_id: str) -> None:
    if (this_id,) not in con.execute("SELECT key_id FROM identity.known_key").fetchall():
        con.execute("INSERT INTO identity.known_key VALUES (?, ?)", [this_id, datetime.now(UTC)])


def _beside(settings: Settings, ending: str) -> Path:
    return settings.identity_key.with_name(f"{settings.identity_key.name}.{ending}")


def _new_key() -> bytes:
    return secrets.token_hex(32).encode()


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"key id:" + key).hexdigest()[:8]


def _write(path: Path, key: bytes) -> None:
    """The whole key or no file: written aside, on the disk, then linked to its name, which must be free."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(key + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.link(aside, path)
    finally:
        aside.unlink()
    sync(path.parent)
