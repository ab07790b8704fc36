"""One `dbt build` of seeds and models in this process: its events while it runs, its results afterwards.

In this process, because dagster-dbt has imported most of dbt already, and because the project that was parsed when
sql/ last changed can be handed over: a child would import, read and compare it all again every night. dbt's hold on
the build file ends with the build. Knows nothing of Dagster. Tests are run by dbt_tests.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from cartwright.orchestration.dbt.manifest import Project, dbt_arguments, dbt_environment

if TYPE_CHECKING:
    from dbt_common.events.base_types import EventMsg

RESULT_EVENTS = {"LogModelResult", "LogSeedResult"}
SKIPPED_EVENT = "SkippingDetails"
# What a night does not need: debug logs and manifests take longer to write than small models to build.
OPTIONS = (
    *("--resource-type", "model", "--resource-type", "seed"),
    "--full-refresh",  # a seed whose columns changed replaces its table; no model is incremental
    *("--log-level", "none", "--log-level-file", "warn"),
    *("--no-write-json", "--no-populate-cache"),
)


@dataclass
class DbtBuild:
    """What a build left behind: node ids that were built, that broke, that were skipped; seconds by node."""

    built: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def run_build(project: Project, target_path: Path, select: Sequence[str], progress: Callable[[int], None]) -> DbtBuild:
    """Build the seeds and models in `select` (none: all of this side). `progress` hears how many are done, one by one.

    The project must have been parsed (`manifest_path`). Neither its build file nor the hospital's may be open in this
    process: dbt opens them with settings of its own, and closes them at the end.
    Messages of dbt can quote data, so they stay in `target_path`/dbt.log, inside the restricted zone.
    Raises RuntimeError when dbt fails without naming a node (it did not get as far as building).
    """
    from dbt.adapters.duckdb import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    target_path.mkdir(parents=True, exist_ok=True)
    build, turn = DbtBuild(), Lock()

    def hear(event: EventMsg) -> None:
        """Called from dbt's threads."""
        if event.info.name == SKIPPED_EVENT:
            build.skipped.append(event.data.node_info.unique_id)
        elif event.info.name in RESULT_EVENTS:
            node = event.data.node_info
            with turn:
                build.seconds[node.unique_id] = event.data.execution_time
                (build.built if node.node_status == "success" else build.broken).append(node.unique_id)
                progress(len(build.seconds))

    arguments = dbt_arguments("build", *OPTIONS, project=project, target_path=target_path)
    arguments += ["--select", *select] if select else project.own_nodes
    parsed = Manifest.from_msgpack(project.parsed.read_bytes())
    # dbt's profile knows the files by its environment only
    with _environment(dbt_environment(project.build_file, project.hospital)):
        try:
            done = dbtRunner(manifest=parsed, callbacks=[hear]).invoke(arguments)
        finally:
            DuckDBConnectionManager.close_all_connections()
    if not done.success and not build.broken:
        raise RuntimeError(f"dbt stopped before it built anything; its words are in {target_path / 'dbt.log'}")
    return build


@contextmanager
def _environment(added: dict[str, str]) -> Iterator[None]:
    """Variables of this process for a while; our own settings are read from the same environment."""
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
