"""A study in one's own hands: the explorer for investigators, the notebook for analysts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cartwright.orchestration.commands.cli.common import STUDY, settle
from cartwright.orchestration.commands.cli.pages import demand_free
from cartwright.warehouse.settings import Settings

app = typer.Typer()  # its commands stand at the top: `cartwright NAME`


@app.command()
def explore(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3010,
    study: Annotated[str | None, STUDY] = None,
) -> None:
    """For investigators: curves, test, hazard ratio and characteristics of what they choose, in a browser.

    To choose of: the populations, groups and endpoints that the study declares. Read-only, on the current release; only
    the browser that opens the printed address is let in. Groups of fewer than `CARTWRIGHT_EXPLORE_LEAST` patients (5)
    are not shown, nor what would tell them by difference. What was chosen can be taken along as rows of the analysis
    plan; until it is declared there it is marked as explored. Ctrl-C ends it. Needs requirements/notebook.lock.

    Example: `cartwright explore --port 3011` (docs/investigators.md)
    """
    from cartwright.orchestration import explorer

    settings = Settings()
    settle(settings)
    demand_free(port)
    explorer.explore(settings, study, port, typer.echo)


@app.command()
def notebook(
    path: Annotated[Path, typer.Argument(help="The notebook; a first one is put there if there is none.")] = Path(
        "study_notebook.py"
    ),
) -> None:
    """For analysts: a notebook (marimo) that runs an analysis of the plan with other parameters.

    It opens the current release read-only, draws with the project's figures and compares with the stored result. The
    notebook is a Python file of yours: `python study_notebook.py` runs it, too. Needs requirements/notebook.lock.

    Example: `cartwright notebook my_study.py` (docs/investigators.md)
    """
    import os
    import sys

    from cartwright.orchestration import explorer

    settle(Settings())
    if explorer.own_notebook(path):
        typer.echo(f"{path} is new: a copy of the notebook that comes with the program; it runs when it opens")
        os.environ["_MARIMO_CONFIG_OVERLOAD_RUNTIME_AUTO_INSTANTIATE"] = "true"
    else:
        typer.echo(f"{path} runs when you say so (Ctrl-Shift-R: all cells): it could be somebody else's")
    os.environ["MARIMO_RESTRICT_SHARING"] = "1"  # no links that would hold what stands in it
    os.environ["MARIMO_SKIP_UPDATE_CHECK"] = "1"
    os.execv(sys.executable, [sys.executable, "-m", "marimo", "edit", "--skip-update-check", str(path)])
