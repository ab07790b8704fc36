"""`cartwright hospital`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cartwright.orchestration.commands.cli.common import refuse
from cartwright.warehouse.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The hospital's folder: its zone, feeds and codes.")


@app.command("check")
def check_hospital(
    folder: Annotated[
        Path | None,
        typer.Argument(help="The folder, or the name of one in hospitals/; default: that of CARTWRIGHT_HOSPITAL."),
    ] = None,
) -> None:
    """Every defect of a hospital's folder that can be seen without data; exit code 1 when there are any.

    A night runs the same check before it reads a feed. Example: `cartwright hospital check hospitals/mine`
    """
    from cartwright.warehouse.hospital.check import check_folder
    from cartwright.warehouse.settings import hospital_folder

    place = hospital_folder(folder) if folder else Settings().hospital
    found = check_folder(place)
    if found.defects or found.file is None:
        refuse(found.defects, place)
    rows = ", ".join(f"{len(own)} of {name}" for name, own in found.rows.items() if own)
    typer.echo(f"{found.file.title}: sound; zone {found.file.zone}; rows of its own: {rows or 'none'}")


@app.command("new")
def new_hospital(folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")]) -> None:
    """Write a small hospital folder with comments, to begin with.

    Example: `cartwright hospital new hospitals/mine`, then `export CARTWRIGHT_HOSPITAL=hospitals/mine`
    """
    from cartwright.warehouse.hospital.example import write_example

    write_example(folder)
    typer.echo(f"{folder} is written; fill it in, then run `cartwright hospital check {folder}`")
