"""`cartwright spark`."""

from __future__ import annotations

import typer

from cartwright.warehouse.counted import counted
from cartwright.warehouse.settings import Settings

app = typer.Typer()  # its command stands at the top


@app.command()
def spark() -> None:
    """Build every table of the last night on Apache Spark, too, and compare them with DuckDB's cell by cell.

    Needs Java and `pip install -r requirements/spark.lock`. Starts a cluster of a master and two workers on this
    machine unless `CARTWRIGHT_SPARK_MASTER` names one. Nothing of the house changes; exit code 1 when a table differs.

    Example: `cartwright spark`
    """
    from cartwright.orchestration.commands.progress import Display
    from cartwright.orchestration.spark.beside import build_beside

    settings = Settings()
    with Display(quiet=False) as display:
        sides = build_beside(settings, lambda words: display("note", words))
    different = [table for side in sides for table in side.tables if not table.is_equal]
    for side in sides:
        equal, rows = sum(table.is_equal for table in side.tables), sum(table.rows for table in side.tables)
        found = f"{equal} of {counted(len(side.tables), 'table')} equal, {counted(rows, 'row')}"
        typer.echo(f"{side.name}: {found}, {side.seconds:.0f} s on Spark")
        for executor, (tasks, seconds) in sorted(side.busy.items()):
            typer.echo(f"  executor {executor}: {counted(tasks, 'task')}, {seconds:.0f} s")
        if any(table.is_missing for table in side.tables):
            typer.echo(f"  what was said of the models that broke: {side.words}")
    for table in different:
        typer.echo(str(table))
    if different:
        raise typer.Exit(1)
