"""One night: the feeds of a made-up hospital, and what becomes of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from cartwright.orchestration.commands.cli.common import settle
from cartwright.warehouse.settings import Settings

app = typer.Typer()  # its commands stand at the top: `cartwright NAME`


@app.command()
def simulate(
    patients: Annotated[int, typer.Option(min=1, help="Screened patients of each site; 179 is the study.")] = 179,
    seed: Annotated[int | None, typer.Option(help="The same seed writes the same feeds.")] = None,
    sites: Annotated[int, typer.Option(min=1, help="Sites of one hospital, each with a seed of its own.")] = 1,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Deliveries up to this night.")] = None,
) -> None:
    """Write the feeds of a simulated hospital, and beside them the truth that the pipeline never reads.

    Example: `cartwright simulate --patients 2000 --seed 7`
    """
    from cartwright.orchestration.demonstration import write_hospital

    settings = Settings()
    write_hospital(settings, patients, seed, sites, until.date() if until else None)
    typer.echo(f"simulated feeds of {patients * sites} screened patients are in {settings.feeds}")


@app.command()
def refresh(
    quiet: Annotated[bool, typer.Option("--quiet", help="Only the summary.")] = False,
    study: Annotated[
        str | None, typer.Option(help="Only this study, on the hospital's tables as the last night left them.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Build all tables, not only what tonight touched.")] = False,
) -> None:
    """Run one night, from feeds to releases. Ends with a summary; what fails leaves `current` untouched.

    `CARTWRIGHT_STUDIES` says of which studies, by comma (ids, or folders; default: studies/nightly.txt). The
    hospital's tables are built once, then each study by itself: one that is wrong does not stop the others, and the
    exit code is 1.

    Tables are built for the subjects whose records, links or numbers are otherwise than last time; for all of them
    where the program, the SQL, the hospital's folder, the study or a setting changed, the last build did not end, or
    `--full` asks for it. The summary says which.

    In a new house without feeds it first writes the demonstration hospital. `CARTWRIGHT_RESAMPLING` says how much the
    statistics draw at random: `night` (little; the default), `full` (as a proof wants it) or `none`; the release names
    it.

    Examples: `CARTWRIGHT_HOME=/srv/house cartwright refresh`, `cartwright refresh --study my_study`
    """
    from cartwright.orchestration.commands.progress import Display

    with Display(quiet=quiet) as display:  # before what is slow to import: a new environment compiles it first
        from cartwright.orchestration import demonstration
        from cartwright.orchestration.commands.refresh import run_night, telling_of_failure, warm_up
        from cartwright.orchestration.commands.summary import show_night
        from cartwright.warehouse.house import listed

        with telling_of_failure():
            settings = Settings()
        if study is not None:
            listed(settings, study)
        settle(settings)
        with telling_of_failure():
            warm_up()
            if demonstration.is_wanted(settings):
                display("start", "demonstration")
                demonstration.finish_hospital(settings)
                display("end", "demonstration")
            report = run_night(settings, display, study, full)
    show_night(report, settings)
    if not report.succeeded:
        raise typer.Exit(1)
