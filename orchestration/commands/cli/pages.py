"""Dagster's pages and its daemon."""

from __future__ import annotations

from enum import StrEnum, auto
from typing import Annotated

import typer

from cartwright.warehouse.settings import Settings

app = typer.Typer()  # its commands stand at the top: `cartwright NAME`


class Served(StrEnum):
    """The two programs behind the pages."""

    webserver = auto()
    daemon = auto()


@app.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
) -> None:
    """Dagster's pages on 127.0.0.1, and the daemon that fires the schedule. No login: keep it on this machine.

    Ctrl-C ends both. Example: `cartwright ui --port 3001`
    """
    from cartwright.orchestration.commands import ui as desk
    from cartwright.orchestration.instance import prepare

    demand_free(port)
    prepare(Settings())
    desk.run(port)


@app.command()
def serve(
    what: Annotated[Served, typer.Argument(help="webserver (the pages) or daemon (schedule, retries).")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the webserver on 127.0.0.1.")] = 3000,
) -> None:
    """One half of `cartwright ui`, for a service manager: see deploy/."""
    if what is Served.webserver:
        demand_free(port)
        _become(
            "cartwright.orchestration.pages",
            "-m",
            "cartwright.orchestration.definitions",
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
        )
    _become("dagster._daemon", "run", "-m", "cartwright.orchestration.definitions")


def demand_free(port: int) -> None:
    import socket

    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise typer.BadParameter(f"{port} is in use by another program; choose another", param_hint="--port")


def _become(module: str, *arguments: str) -> None:
    """Replace this process by `python -m module`, with Dagster's home made ready."""
    import os
    import sys

    from cartwright.orchestration.instance import prepare

    prepare(Settings())
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
