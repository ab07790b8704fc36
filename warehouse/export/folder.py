"""Tables of one release as files in a new folder, with a dictionary of their columns and a word on their origin."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import duckdb

from cartwright.warehouse.export.dictionary import HEAD, described, meanings
from cartwright.warehouse.export.forms import About, Form, about_release, write
from cartwright.warehouse.export.rows import NotWritable
from cartwright.warehouse.not_found import UnknownName


@dataclass(frozen=True)
class Wanted:
    """`name` of the files; `query`: what they hold; `table`: the published table that it reads whole, if any."""

    name: str
    query: str
    table: str | None = None


@dataclass(frozen=True)
class Written:
    """A file that is whole, and how large it is."""

    file: str
    rows: int
    bytes: int


def tables(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[Wanted]:
    """The published tables that `names` name: schema.table, or a schema for all of its tables; none: all there are.

    Raises UnknownName.
    """
    found = con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database() ORDER BY ALL"
    ).fetchall()
    every = {f"{schema}.{table}": schema for schema, table in found}
    for name in names:
        if name not in every and name not in every.values():
            near = get_close_matches(name, [*every, *every.values()], n=1)
            raise UnknownName(f"no table or schema {name}" + (f"; did you mean {near[0]}?" if near else ""))
    return [
        Wanted(table, f'FROM "{schema}"."{table.split(".", 1)[1]}" ORDER BY ALL', table)
        for table, schema in every.items()
        if not names or table in names or schema in names
    ]


def export(
    con: duckdb.DuckDBPyConnection, database: Path, wanted: Sequence[Wanted], forms: Sequence[Form], folder: Path
) -> Iterator[Written]:
    """Write everything in every form, then give the folder its name; tells of each file when it is whole.

    Nothing is left behind when something fails. The files are open to their owner alone: they hold what the release
    holds, subjects by pseudonym. `con`: the release in `database`. Raises NotWritable for a folder that exists, and for
    what a form cannot hold whole.
    """
    if folder.exists():
        raise NotWritable(f"{folder} exists; name a folder that does not")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))  # open to its owner alone
    try:
        for each in wanted:
            about = about_release(database, each.table or each.query)
            for form in forms:
                yield _write(con, each, form, about, scratch)
        _write_dictionary(con, wanted, scratch / "dictionary.csv")
        about = about_release(database, ", ".join(each.name for each in wanted))
        _private(scratch / "about.json").write_text(json.dumps(dict(about), indent=2, ensure_ascii=False) + "\n")
        scratch.rename(folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def _write(con: duckdb.DuckDBPyConnection, each: Wanted, form: Form, about: About, folder: Path) -> Written:
    path = _private(folder / f"{each.name}.{form}")
    try:
        with path.open("wb") as out:
            rows = write(con, each.query, form, out, each.table, about)
    except NotWritable as error:
        raise NotWritable(f"{each.name}: {error}") from error
    return Written(path.name, rows, path.stat().st_size)


def _write_dictionary(con: duckdb.DuckDBPyConnection, wanted: Sequence[Wanted], path: Path) -> None:
    with _private(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for each in wanted:
            meaning = meanings(con, each.table)
            columns = con.execute(f"DESCRIBE {each.query}").fetchall()
            found = described(meaning, each.table, [name for name, *_ in columns], [kind for _, kind, *_ in columns])
            writer.writerows(column.row() for column in found)


def _private(path: Path) -> Path:
    path.touch(mode=0o600)
    return path
