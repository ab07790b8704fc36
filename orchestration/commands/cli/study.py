"""`cartwright study`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cartwright.orchestration.commands.cli.common import refuse
from cartwright.warehouse.counted import counted
from cartwright.warehouse.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The folder of a study: its protocol and analysis plan.")


@app.command("check")
def check_study(folder: Annotated[Path, typer.Argument(help="The folder, or the name of one in studies/.")]) -> None:
    """Every defect of a study's folder that can be seen without data; exit code 1 when there are any.

    Codes are those of the house's hospital (`CARTWRIGHT_HOSPITAL`). A night runs the same check before it builds the
    study. Example: `cartwright study check studies/mine`
    """
    from cartwright.orchestration.study_reading import check
    from cartwright.warehouse.settings import study_folder

    place = study_folder(str(folder))
    found = check(place, Settings().hospital)
    if found.study is None:
        refuse(found.defects, folder)
    protocol, plan = found.study.protocol, found.study.plan
    typer.echo(
        f"{protocol.study.title}: sound; {counted(len(protocol.items), 'item')}, "
        f"{counted(len(protocol.criteria), 'criterion', 'criteria')}, "
        f"{counted(len(protocol.endpoints), 'endpoint')}, {counted(len(plan.outputs), 'output')}"
    )


@app.command("new")
def new_study(folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")]) -> None:
    """Write a small study that works, with comments, to begin with.

    Example: `cartwright study new studies/mine`, then `export CARTWRIGHT_STUDIES=studies/mine`
    """
    from cartwright.warehouse.study.example import write_example

    write_example(folder)
    typer.echo(f"{folder} is written; change it, and run `cartwright study check {folder}` after each step")
