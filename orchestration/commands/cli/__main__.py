"""`python -m cartwright.orchestration.commands.cli` is `cartwright`; __init__.py lists its groups of commands."""

from cartwright.orchestration.commands.cli import app

app()
