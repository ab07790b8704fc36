"""`cartwright queries`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cartwright.orchestration.commands.cli.common import refuse
from cartwright.warehouse.counted import counted
from cartwright.warehouse.settings import Settings

app = typer.Typer(invoke_without_command=True)


@app.callback()
def queries(
    context: typer.Context,
    state: Annotated[str | None, typer.Option(help="Only open, answered or gone ones.")] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="Only rejected, not_understood, implausible, contradictory, unlinked or missing."),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only one system (lis, ris, ehr) or feed table.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write them all to this new file, to be answered.")] = None,
) -> None:
    """Questions to the sources: what of their records cannot be used, since when, and what they answered.

    One question a rule, record and column, under one id from night to night: open, answered, or gone when the last
    night had no reason to ask. Files lie below the source's folder in the landing zone, such as lis/. It reads the
    restricted zone; a release has its study's questions as `quality.query`.
    docs/data_managers.md has the morning's work.

    Examples: `cartwright queries --state open --source lis`, then
    `cartwright queries --state open --source lis --csv to_the_laboratory.csv`
    """
    if context.invoked_subcommand is None:
        from cartwright.orchestration.commands.desk_view import show_queries

        show_queries(Settings(), state, kind, source, csv)


@app.command("answer")
def answer(file: Annotated[Path, typer.Argument(help="A file of `cartwright queries --csv`, filled in.")]) -> None:
    """Read answers back: of each row `answer_code`, `answer_text` and `answered_by`. All of the file or nothing.

    Codes: corrected_at_source, confirmed_as_is, cannot_be_known, not_a_fault. An answer holds while the record says
    what it said when it was asked about; when that changes and the question stands, it is open again. The next night's
    release shows code and day; text and name stay in the restricted zone.

    Example: `cartwright queries answer to_the_laboratory.csv`
    """
    from cartwright.warehouse.desk.answers import read_answers

    taken, defects = read_answers(Settings(), file)
    if defects:
        refuse(defects, file.parent)
    typer.echo(
        f"{counted(taken.taken, 'answer')} taken, {taken.held} held already, "
        f"{counted(taken.unanswered, 'question')} not answered yet"
    )
