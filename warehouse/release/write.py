"""A table of a release as it is written: into its database and into Parquet."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb

from cartwright.warehouse.release import cut as release_cut
from cartwright.warehouse.release import published
from cartwright.warehouse.release.carry import Carried
from cartwright.warehouse.release.tables import Table
from cartwright.warehouse.store_tables import quoted


def write(con: duckdb.DuckDBPyConnection, table: Table, keys: str, folder: Path, carried: Carried) -> str:
    """Write the rows of one table that may leave and that are not taken over into the release, with its comments, and
    all of it in a fixed order into Parquet; ids (by `keys`), texts and days as they may be seen.

    Returns the sha256 of its Parquet file, for `sha256sum` to check.
    """
    schema, _, name = table.name.partition(".")
    target = folder / "parquet" / schema / f"{name}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    if carried.base is not None and table.name in carried.as_it_was:
        _link(carried.base / target.relative_to(folder), target)
        return _sha256(target)
    select = published.select_sql(
        table.name,
        table.texts,
        table.columns,
        f"WHERE {table.may_leave} AND {carried.rows(table.name)}",
        release_cut.shown(table.name, table.columns),
        keys,
    )
    released = f"release.{table.name}"
    if table.name in carried.partly:
        con.execute(f"INSERT INTO {released} {select} ORDER BY ALL")
        released = f"(FROM {released} ORDER BY ALL)"
    else:
        con.execute(f"CREATE SCHEMA IF NOT EXISTS release.{schema}")
        con.execute(f"CREATE TABLE {released} AS {select} ORDER BY ALL")
        con.execute(
            ";".join(
                f"COMMENT ON {'COLUMN' if place else 'TABLE'} {released}{place} IS {quoted(comment)}"
                for place, comment in table.comments.items()
            )
        )
    con.execute(f"COPY {released} TO {quoted(str(target))} (FORMAT parquet, COMPRESSION zstd)")
    return _sha256(target)


def _link(held: Path, target: Path) -> None:
    """The same file in a second place: releases never change. A copy where the disk has no such links."""
    try:
        os.link(held, target)
    except OSError:
        shutil.copyfile(held, target)


def counts(con: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> dict[str, int]:
    """The rows of each table of the release."""
    query = " UNION ALL ".join(f"SELECT {quoted(t.name)}, count(*) FROM release.{t.name}" for t in tables)
    return dict(con.execute(query).fetchall())


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:  # rows are in a fixed order, so equal content gives an equal file
        return hashlib.file_digest(stream, "sha256").hexdigest()
