"""The command line `cartwright`: a file for each group of commands. They parse, call and print; work is done elsewhere.

Heavy packages are imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cartwright.orchestration.commands.cli import (
    alert,
    exploring,
    feeds,
    hospital,
    key,
    night,
    pages,
    queries,
    reading,
    releases,
    spark,
    study,
    upkeep,
)
from cartwright.orchestration.commands.mistakes import in_plain_words


class PlainGroup(TyperGroup):
    """Commands whose foreseen mistakes end in one sentence and exit code 1, not in a traceback."""

    def invoke(self, ctx: Any) -> object:  # its class is private to typer
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `| head` has read enough: nothing is wrong, and nobody is there to be told
            import os
            import sys

            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(141) from None
        except Exception as error:
            words = in_plain_words(error)
            if words is None:
                raise
            typer.echo(words, err=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=PlainGroup,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,  # locals may hold patient values
    help="""**Cartwright**: hospital feeds in, a gated release with survival statistics out, every night.

Where everything lives is one setting, `CARTWRIGHT_HOME` (default: `.cartwright` in the checkout; of
an installed copy, in the folder where the command is given). A first tour:

- `cartwright simulate` writes the feeds of a made-up hospital
- `cartwright refresh` runs one night through Dagster and publishes a release of each study
- `cartwright sql` opens it, `cartwright export` writes files of it; `cartwright ui` shows lineage, runs and checks
""",
)
# In the order of `cartwright --help`.
for commands in (night, reading, exploring, pages, upkeep, spark):
    app.add_typer(commands.app)
app.add_typer(queries.app, name="queries")
app.add_typer(releases.app, name="releases")
app.add_typer(hospital.app, name="hospital")
app.add_typer(study.app, name="study")
app.add_typer(key.app, name="key")
app.add_typer(feeds.app, name="feeds")
app.add_typer(alert.app, name="alert")


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("cartwright"))
        raise typer.Exit


@app.callback()
def closed_to_others(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="The version of this program.")
    ] = False,
) -> None:
    """What this program writes is never open for everybody to change, whatever the caller's umask says."""
    import os

    os.umask(os.umask(0o022) | 0o022)
