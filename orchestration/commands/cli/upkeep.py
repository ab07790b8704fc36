"""What keeps a house in order."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cartwright.warehouse.settings import Settings

app = typer.Typer()  # its commands stand at the top: `cartwright NAME`


@app.command()
def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is safe: rights, leftovers, dead runs.")] = False,
) -> None:
    """Examine this installation, and say for each problem what to do; exit code 1 when there is one.

    Settings, rights, key, disk, clocks, landing zone, treatment database, build file, versions, daemon, schedule, last
    night of each study, dead runs, folders left behind. docs/runbook.md has a section for each.

    Example: `cartwright doctor --fix`
    """
    from cartwright.orchestration.doctor import examine_and_print

    if not examine_and_print(Settings(), fix):
        raise typer.Exit(1)


@app.command()
def compact(
    days: Annotated[int, typer.Option(min=1, help="Runs that ended longer ago are forgotten by Dagster.")] = 90,
) -> None:
    """Give back the space of what was deleted: build files are written anew and compared, Dagster's store is swept.

    Results of checks of forgotten runs go too; those of releases stay in the releases. Not while a night runs.

    Example: `cartwright compact`
    """
    from cartwright.orchestration.tidy import compact_house

    compact_house(Settings(), days)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="On another disk; holds all backups of one house.")],
    keep: Annotated[int | None, typer.Option(min=1, help="Remove all but so many of the newest.")] = None,
) -> None:
    """Save the build file (raw, quarantine, identities, ledger) and all releases; each release is saved once.

    The folder identifies patients as `restricted/` does: keep it as private. The key is not in it:
    `cartwright key save`. Not while a night runs.

    Example: `cartwright backup /mnt/backup/cartwright --keep 14`
    """
    from cartwright.warehouse.upkeep.backup import back_up

    typer.echo(f"saved as {back_up(Settings(), folder, keep)}")


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="What `cartwright backup` was given.")],
    at: Annotated[str | None, typer.Option(help="Name of one backup; default is the newest.")] = None,
    key: Annotated[Path | None, typer.Option(help="Backup of the key, from `cartwright key save`.")] = None,
) -> None:
    """Fill a new house from a backup; every file is compared with its sha256 first.

    Without `--key` the house is whole but for the key, and nights are refused until it is back. The landing zone and
    Dagster's history are not in a backup.

    Example: `CARTWRIGHT_HOME=/srv/new cartwright restore /mnt/backup/cartwright --key /mnt/safe/identity.key`
    """
    from cartwright.warehouse.upkeep.restore import restore as fill

    settings = Settings()
    typer.echo(f"{settings.home} is as it was at {fill(settings, folder.resolve(), at, key)}")
    if not settings.identity_key.exists():
        typer.echo(f"the key is still missing: put it to {settings.identity_key}, mode 0600", err=True)
