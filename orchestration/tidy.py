"""`cartwright compact` and `cartwright releases prune`: what is given back, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cartwright.warehouse.settings import Settings
    from cartwright.warehouse.study.place import StudyPlace


def compact_house(settings: Settings, days: int) -> None:
    """Sweep Dagster's store, then write the build files of hospital and studies anew. Raises AnotherNightIsWriting."""
    from dagster import DagsterInstance

    from cartwright.orchestration import instance as dagster_home
    from cartwright.warehouse.upkeep.compact import compact
    from cartwright.warehouse.writer import sole_writer

    dagster_home.prepare(settings)
    with sole_writer(settings), DagsterInstance.get() as instance:
        runs, freed = dagster_home.sweep(instance, settings, days)
        typer.echo(f"Dagster: {runs} runs older than {days} days forgotten, {freed >> 10:,} KiB given back")
        known = {run.run_id for run in instance.get_runs()} | _of_releases(settings)
        for path in (settings.build_db, *(place.build_db for place in settings.places())):
            if path.exists():
                before, after = compact(settings, path, known)
                typer.echo(f"{path}: {before >> 10:,} KiB, now {after >> 10:,} KiB")


def prune_releases(settings: Settings, places: Sequence[StudyPlace], nights: int, dry_run: bool) -> None:
    """Print of each release whether and why it stays, and remove the others."""
    from cartwright.warehouse.upkeep.retention import prune

    for place in places:
        verdicts = prune(settings, place, nights, dry_run)
        for verdict in verdicts:
            gone = "would be removed" if dry_run else "removed"
            words = f"stays: {verdict.kept_as}" if verdict.kept_as else gone
            typer.echo(f"{place.study_id}  {verdict.release.release_id}  {verdict.release.built_at}  {words}")
        went = sum(verdict.kept_as is None for verdict in verdicts)
        typer.echo(f"{place.study_id}: {len(verdicts) - went} stay, {went} {'would go' if dry_run else 'removed'}")


def _of_releases(settings: Settings) -> set[str]:
    """Runs that the build file still stands on: the one that built the hospital, and those of the current releases."""
    import json

    import duckdb

    found = set()
    for place in settings.places():
        if (manifest := place.current / "manifest.json").exists():
            found |= set(json.loads(manifest.read_text(encoding="utf-8"))["checked_by"])
    if settings.build_db.exists():
        with duckdb.connect(settings.build_db, read_only=True) as con:
            found |= {run_id for (run_id,) in con.execute("SELECT run_id FROM ingest.hospital_night").fetchall()}
    return found
