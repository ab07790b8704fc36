"""`cartwright key`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cartwright.warehouse.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The secret that the pseudonyms are made of.")


@app.callback()
def about_the_key() -> None:
    """The secret that the pseudonyms are made of."""


@app.command("save")
def save_key(
    file: Annotated[Path, typer.Argument(help="A new file, outside the house and apart from its backups.")],
) -> None:
    """Copy the identity key to a safe place. With it and a backup patients are known: keep the two apart.

    Example: `cartwright key save /mnt/safe/identity.key`
    """
    from cartwright.warehouse.upkeep.backup import save_key as save

    save(Settings(), file)
    typer.echo(f"the key is saved as {file}")


@app.command("rotate")
def rotate_key() -> None:
    """Replace the identity key: from the next night on every subject has another pseudonym.

    For a key that somebody may have seen. Releases keep the pseudonyms they were published with; `releases diff` across
    the change finds every subject removed and added. The old key stays in the restricted folder as
    `identity.key.<id>`: move it where the keys of old releases are kept. Back up the new one.

    Example: `cartwright key rotate`
    """
    from cartwright.warehouse.connect import open_build
    from cartwright.warehouse.identity.key import rotate
    from cartwright.warehouse.writer import sole_writer

    settings = Settings()
    with sole_writer(settings), open_build(settings) as con:
        old, new = rotate(con, settings)
    typer.echo(f"the identity key is now {new}; the one before is kept as {settings.identity_key}.{old}")
