"""The models of one side on Apache Spark: what they read goes out as Parquet, dbt runs them, and Parquet comes back.

A table lies in the folder `tables` as <schema>.db/<table>/*.parquet, whether it was written here or by Spark.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartwright.orchestration.dbt.build import nodes_of
from cartwright.orchestration.dbt.declared_tests import table_of
from cartwright.orchestration.dbt.manifest import Project, dbt_arguments, manifest_path, read_manifest
from cartwright.orchestration.spark.cluster import ENDS_WITH_US, Cluster, NoSpark
from cartwright.warehouse.store_tables import quoted

if TYPE_CHECKING:
    import duckdb

PART = "64MB"  # a table is cut into files of about this size, which the workers share


def files_of(tables: Path, table: str) -> Path:
    """The folder of a table, schema.table."""
    schema, _, name = table.partition(".")
    return tables / f"{schema}.db" / name


def rows_of(tables: Path, table: str) -> str:
    """The query that reads a table, schema.table."""
    return f"SELECT * FROM read_parquet({quoted(str(files_of(tables, table) / '*.parquet'))})"


def run_models(
    con: duckdb.DuckDBPyConnection,
    project: Project,
    select: Collection[str],
    cluster: Cluster,
    tables: Path,
    words: Path,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Run the models named in `select` (none: all of this side) on the cluster.

    con: a file of this side, whose sources and seeds are whole; only read. tables: a new folder of the restricted zone.
    A model that breaks leaves no files, and what dbt says of it, which can quote data, goes to the file `words`. Raises
    NoSpark when nothing was run.
    """
    manifest = read_manifest(manifest_path(project))
    nodes = {
        name: node for name, node in nodes_of(manifest, project, select).items() if node["resource_type"] == "model"
    }
    _write_what_they_read(con, manifest, nodes, tables)
    chosen = ["--select", *sorted(node["name"] for node in nodes.values())] if select else list(project.without_others)
    options = ["--target", "spark", "--log-format", "json", "--log-level-file", "none", "--no-write-json", *chosen]
    events = tables / "events"
    events.mkdir()
    command = dbt_arguments("run", *options, project=project, target_path=project.folder / "spark")
    own = {
        "CARTWRIGHT_SPARK_MASTER": cluster.master,
        "CARTWRIGHT_SPARK_HOST": cluster.host,
        "CARTWRIGHT_SPARK_TABLES": str(tables),
        "CARTWRIGHT_SPARK_EVENTS": str(events),
        "SPARK_LOCAL_IP": cluster.host,
    }
    program, done = str(Path(sys.executable).with_name("dbt")), 0
    with (
        words.open("w", encoding="utf-8") as told,
        subprocess.Popen(
            [*ENDS_WITH_US, program, *command],
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        ) as dbt,
    ):
        assert dbt.stdout is not None
        for line in dbt.stdout:
            told.write(line)
            if '"name": "LogModelResult"' in line:
                done += 1
                progress(done)
    if not done and nodes:
        raise NoSpark(f"dbt ran no model on {cluster.master}; its words are in {words}")


def _write_what_they_read(
    con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], nodes: Mapping[str, Any], tables: Path
) -> None:
    """Every source, seed and model of the other side that one of the nodes reads."""
    read = {parent for node in nodes.values() for parent in node["depends_on"]["nodes"]} - nodes.keys()
    for table in sorted(table_of(name, dict(manifest)) for name in read):
        folder = files_of(tables, table)
        folder.parent.mkdir(parents=True, exist_ok=True)
        con.execute(f"COPY {table} TO {quoted(str(folder))} (FORMAT parquet, FILE_SIZE_BYTES '{PART}')")


def busy_seconds(tables: Path) -> dict[str, tuple[int, float]]:
    """By executor, of which each worker has its own: how many tasks it ran, and for how many seconds."""
    busy: dict[str, tuple[int, float]] = {}
    for log in (tables / "events").iterdir():
        for line in log.read_text(encoding="utf-8").splitlines():
            if line.startswith('{"Event":"SparkListenerTaskEnd"'):
                event = json.loads(line)
                executor = event["Task Info"]["Executor ID"]
                tasks, seconds = busy.get(executor, (0, 0.0))
                spent = (event.get("Task Metrics") or {}).get("Executor Run Time", 0) / 1000
                busy[executor] = (tasks + 1, seconds + spent)
    return busy
