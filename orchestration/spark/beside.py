"""Every table of the last night built on Apache Spark beside it, and compared: `cartwright spark`."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb

from cartwright.orchestration import study_reading
from cartwright.orchestration.dbt.build import nodes_of
from cartwright.orchestration.dbt.manifest import (
    Project,
    hospital_project,
    manifest_path,
    read_manifest,
    study_project,
)
from cartwright.orchestration.spark.cluster import Cluster
from cartwright.orchestration.spark.models import busy_seconds, run_models
from cartwright.orchestration.spark.parity import Compared, compare
from cartwright.orchestration.spark.places import cluster, scratch
from cartwright.warehouse.counted import counted
from cartwright.warehouse.not_found import NoRelease
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.build_file import attachment
from cartwright.warehouse.writer import sole_writer


@dataclass
class Side:
    """The hospital or a study: its tables compared, seconds on Spark, by executor its tasks and their seconds.

    words: the file of the restricted zone that keeps what dbt said.
    """

    name: str
    words: Path
    tables: list[Compared]
    seconds: float
    busy: dict[str, tuple[int, float]]


def build_beside(settings: Settings, say: Callable[[str], None], select: Collection[str] = ()) -> list[Side]:
    """Build the hospital's models and those of each study from what the last night read; the night's files only read.

    say: hears of the progress. select: names of models (none: all), whose parents are read as DuckDB built them. Raises
    NoRelease before the first night, NoSpark when Spark cannot run.
    """
    projects = {"hospital": hospital_project(settings)}
    for place in settings.places():
        study = study_reading.read(place.folder, settings.hospital)
        projects[place.study_id] = study_project(settings, place, study)
    for project in projects.values():
        if not project.build_file.exists():
            raise NoRelease(f"nothing was built at {project.build_file}: run a whole night first")
    with sole_writer(settings), scratch(settings.restricted / "workshop" / "spark") as folder:
        say("starting the cluster")
        with cluster(settings, folder / "cluster") as workers:
            sides = (_side(settings, name, project, select, workers, folder, say) for name, project in projects.items())
            return [side for side in sides if side.tables]


def _side(
    settings: Settings,
    name: str,
    project: Project,
    select: Collection[str],
    workers: Cluster,
    folder: Path,
    say: Callable[[str], None],
) -> Side:
    models = {
        node["name"]: f"{node['schema']}.{node['alias']}"
        for node in nodes_of(read_manifest(manifest_path(project)), project, select).values()
        if node["resource_type"] == "model"
    }
    tables, words = folder / name, folder.with_name(f"spark_{name}.log")
    if not models:
        return Side(name, words, [], 0, {})

    def progress(done: int) -> None:
        say(f"{name}: {done} of {counted(len(models), 'model')} on {workers.master}")

    with duckdb.connect(project.build_file, read_only=True) as con:
        con.execute("SET TimeZone = 'UTC'")
        if project.hospital:
            con.execute(attachment(settings))
        began = time.monotonic()
        run_models(con, project, list(models) if select else [], workers, tables, words, progress)
        seconds = time.monotonic() - began
        say(f"{name}: comparing")
        compared = [compare(con, table, tables) for table in sorted(models.values())]
        return Side(name, words, compared, seconds, busy_seconds(tables))
