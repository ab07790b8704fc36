"""`python -m cartwright.orchestration.commands.cli` is `cartwright`."""

from cartwright.orchestration.commands.cli import app

app()
