"""`cartwright feeds`."""

from __future__ import annotations

import typer

from cartwright.warehouse.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Look at the feeds and their contracts.")


@app.command("check")
def check_feeds() -> None:
    """Whether the configured feeds can be read and have what the contracts ask for, without loading anything.

    Names every file and record at fault, and files that belong to no feed table; exit code 1 when there are any.

    Example: `CARTWRIGHT_FEEDS=/srv/landing cartwright feeds check`
    """
    from cartwright.orchestration.commands.printing import show_feeds

    if not show_feeds(Settings()):
        raise typer.Exit(1)
