"""What `cartwright export` prints while it writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from cartwright.warehouse.connect import open_release
from cartwright.warehouse.counted import counted
from cartwright.warehouse.export.folder import Wanted, export, tables
from cartwright.warehouse.export.forms import Form


def show_export(database: Path, names: Sequence[str], query: str | None, forms: Sequence[Form], folder: Path) -> None:
    """Export tables, or a query, and say what became of each."""
    with open_release(database) as con:
        wanted = [Wanted("query", query)] if query else tables(con, names)
        count = 0
        for written in export(con, database, wanted, forms, folder):
            typer.echo(f"{written.file}: {counted(written.rows, 'row')}, {counted(written.bytes, 'byte')}")
            count += 1
    typer.echo(
        f"{counted(count, 'file is', 'files are')} in {folder}, with dictionary.csv and about.json; open to you alone"
    )


def show_cdisc_export(database: Path, folder: Path) -> None:
    """Write the CDISC data sets of a release, and say where they are."""
    from cartwright.warehouse.cdisc.write import write_folder  # heavy

    count = write_folder(database, folder)
    typer.echo(f"{counted(count, 'file is', 'files are')} in {folder}; read guide.html first; open to you alone")
