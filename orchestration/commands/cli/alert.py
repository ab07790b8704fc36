"""`cartwright alert`."""

from __future__ import annotations

from typing import Annotated

import typer

from cartwright.warehouse.counted import counted
from cartwright.warehouse.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Messages to whom CARTWRIGHT_ALERT names.")


@app.command("test")
def test_alert() -> None:
    """Send a test message to every receiver, and say which took it; exit code 1 when one did not.

    `CARTWRIGHT_ALERT` holds URLs of apprise by comma: `mailtos://user:password@mail.example.org?to=on-call@example.org`
    sends e-mail, `jsons://hooks.example.org/cartwright` calls a webhook. What receivers get are names of checks, tables
    and steps, and counts; what is printed here tells no URL.

    Example: `cartwright alert test`
    """
    from cartwright.orchestration.alerts import sensor as alerts

    settings = Settings()
    if settings.alert is None:
        typer.echo(alerts.NOT_SET, err=True)
        raise typer.Exit(1)
    taken, untold = alerts.message(settings, "test", ["This is a test; nothing is wrong."])
    typer.echo(f"{counted(taken, 'receiver')} took the message")
    for words in untold:
        typer.echo(words, err=True)
    if untold:
        raise typer.Exit(1)


@app.command("stopped")
def alert_of_unit(unit: Annotated[str, typer.Argument(help="The unit that has failed.")]) -> None:
    """Tell that a service was stopped; for `OnFailure=` of the units in deploy/.

    Works whatever else is wrong with the settings. Example: `cartwright alert stopped cartwright-daemon.service`
    """
    from cartwright.orchestration.alerts import sensor as alerts
    from cartwright.orchestration.structure import settings

    untold = alerts.tell_of_unit(settings(), unit)
    for words in untold:
        typer.echo(words, err=True)
    if untold:
        raise typer.Exit(1)
