"""Every byte of a folder, also of what is packed: Parquet, DuckDB, SQLite, zip (docx), gzip are read as texts too."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb


@dataclass
class Searched:
    """Files and bytes looked at (of what is packed, the texts too), and where one of the words stands."""

    files: int = 0
    bytes: int = 0
    hits: list[str] = field(default_factory=list)

    def look(self, where: str, content: bytes, words: list[bytes]) -> None:
        self.bytes += len(content)
        folded = content.lower()
        self.hits += [f"{word.decode()} in {where}" for word in words if word in folded]


def search(folder: Path, words: list[str], apart_from: tuple[Path, ...] = ()) -> Searched:
    """Look for words, in any case and in UTF-8 and UTF-16, in names and contents of all files below a folder."""
    found = Searched()
    forms = [form for word in words for form in (word.lower().encode(), word.lower().encode("utf-16-le"))]
    for path in sorted(folder.rglob("*")):
        if any(path.is_relative_to(other) for other in apart_from) or path.is_symlink():
            continue
        found.look(f"the name of {path}", str(path.relative_to(folder)).encode(), forms)
        if path.is_file():
            found.files += 1
            for part, content in [("", path.read_bytes()), *_unpacked(path)]:
                found.look(f"{path}{part}", content, forms)
    return found


def _unpacked(path: Path) -> Iterator[tuple[str, bytes]]:
    start = path.open("rb").read(16)
    if path.suffix == ".parquet":
        yield " (rows)", json.dumps(duckdb.sql(f"SELECT to_json(t)::VARCHAR FROM '{path}' AS t").fetchall()).encode()
    elif start[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as con:
            for (table,) in con.execute(
                "SELECT schema_name || '.\"' || table_name || '\"' FROM duckdb_tables()"
            ).fetchall():
                rows = con.execute(f"SELECT to_json(t)::VARCHAR FROM {table} AS t").fetchall()
                yield f" ({table})", "\n".join(text for (text,) in rows).encode()
            yield " (comments)", str(con.execute("SELECT comment FROM duckdb_columns()").fetchall()).encode()
    elif start == b"SQLite format 3\0":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                yield f" ({table})", repr(db.execute(f'SELECT * FROM "{table}"').fetchall()).encode()
    elif start[:4] == b"PK\3\4":
        with zipfile.ZipFile(path) as packed:
            yield from ((f" ({name})", packed.read(name)) for name in packed.namelist())
    elif start[:2] == b"\x1f\x8b":
        yield " (unpacked)", gzip.decompress(path.read_bytes())
