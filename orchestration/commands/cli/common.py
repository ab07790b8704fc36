"""What several groups of commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import typer

from cartwright.warehouse.counted import counted
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.place import StudyPlace

STUDY = typer.Option(help="Id of a study; needed where the house has several.")


def chosen_place(settings: Settings, study: str | None) -> StudyPlace:
    """Where the study lives that a command is about."""
    from cartwright.warehouse.house import place_of

    settle(settings)
    return place_of(settings, study)


def settle(settings: Settings) -> None:
    """Move a house of an earlier version, and say so."""
    from cartwright.warehouse import house

    for line in house.settle(settings):
        typer.echo(line, err=True)


def refuse(defects: Sequence[object], folder: Path) -> NoReturn:
    """A line each, and exit code 1."""
    for defect in defects:
        typer.echo(f"{folder}/{defect}")
    typer.echo(counted(len(defects), "defect"), err=True)
    raise typer.Exit(1)
