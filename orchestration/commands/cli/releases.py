"""`cartwright releases`."""

from __future__ import annotations

from typing import Annotated

import typer

from cartwright.orchestration.commands.cli.common import STUDY, chosen_place, settle
from cartwright.warehouse.settings import Settings

app = typer.Typer(no_args_is_help=True, help="List, compare and roll back releases.")


@app.command("list")
def list_releases(
    study: Annotated[str | None, typer.Option(help="Only this study; default: all that the house has.")] = None,
) -> None:
    """All releases by study, newest last; the current ones are marked."""
    from cartwright.orchestration.commands.printing import show_releases
    from cartwright.warehouse.house import all_places

    settings = Settings()
    settle(settings)
    show_releases([chosen_place(settings, study)] if study else all_places(settings))


@app.command("rollback")
def rollback(
    release_id: Annotated[str, typer.Argument(help="Release to make current again.")],
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """Point `current` at an earlier release. Nothing is rebuilt and nothing deleted.

    Example: `cartwright releases rollback 0123456789abcdef`
    """
    from cartwright.warehouse.release import releases as release

    place = chosen_place(Settings(), study)
    release.rollback(place, release_id)
    typer.echo(f"current of {place.study_id} is now {release_id}")


@app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(help="Earlier release.")],
    new: Annotated[str, typer.Argument(help="Later release.")],
    about: Annotated[
        str | None,
        typer.Option(help="Only inclusion, criterion, baseline, patient, laboratory, response, endpoint or statistic."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="All changes, as CSV.")] = False,
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """What changed between two releases of one study: old and new value, and the raw records that came or went.

    `cartwright trace` shows what the records are. Releases of two studies are not compared.

    Examples: `cartwright releases diff 0123456789abcdef fedcba9876543210`, then with `--about endpoint`
    """
    from cartwright.orchestration.commands.printing import show_diff

    show_diff(chosen_place(Settings(), study), old, new, about, csv)


@app.command("prune")
def prune(
    nights: Annotated[int, typer.Option(min=1, help="How many of the newest releases stay.")] = 30,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    study: Annotated[str | None, typer.Option(help="Only this study; default: all that the house has.")] = None,
) -> None:
    """Remove old releases for good, by a policy.

    The newest stay, the last of each month, the current one, those that `cartwright releases name` has named, and those
    that somebody has open. The same records, study and program build a removed release again, under the same id.

    Example: `cartwright releases prune --nights 14 --dry-run`
    """
    from cartwright.orchestration.tidy import prune_releases
    from cartwright.warehouse.house import all_places

    settings = Settings()
    settle(settings)
    prune_releases(settings, [chosen_place(settings, study)] if study else all_places(settings), nights, dry_run)


@app.command("name")
def name_release(
    release_id: Annotated[str, typer.Argument(help="The release.")],
    name: Annotated[str, typer.Argument(help="Small letters, digits, dots, hyphens, underscores.")],
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """Give a release a name, as for a publication; a release with a name is never pruned.

    It can be read under `studies/<id>/named/<name>`. A name is not moved; delete the link to take it back.

    Example: `cartwright releases name 0123456789abcdef interim-2026`
    """
    from cartwright.warehouse.upkeep import retention

    place = chosen_place(Settings(), study)
    retention.name_release(place, release_id, name)
    typer.echo(f"{release_id} of {place.study_id} is {place.home / 'named' / name}")
