"""One `dbt build` of seeds and models as a child process: its events while it runs, its results afterwards.

A child process, because DuckDB gives its file to one process at a time and dbt keeps it open while it builds.
Knows nothing of Dagster. Tests are run by dbt_tests.py.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.manifest import COMPILED_DIR, dbt_command, dbt_environment

RESULT_EVENTS = {"LogModelResult", "LogSeedResult"}
SKIPPED_EVENT = "SkippingDetails"
# What a night does not need: debug logs and manifests take longer to write than small models to build.
OPTIONS = (
    *("--resource-type", "model", "--resource-type", "seed"),
    *("--log-format", "json", "--log-level", "info", "--log-level-file", "warn"),
    *("--no-write-json", "--no-populate-cache"),
)


@dataclass
class DbtBuild:
    """What a build left behind: node ids that were built, that broke, that were skipped; seconds by node."""

    built: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def run_build(build_file: Path, target_path: Path, select: Sequence[str], progress: Callable[[int], None]) -> DbtBuild:
    """Build seeds and models (all, or those in `select`). `progress` hears how many are done, one by one.

    Messages of dbt can quote data, so they stay in `target_path`/dbt.log, inside the restricted zone.
    Raises RuntimeError when dbt fails without naming a node (it did not get as far as building).
    """
    target_path.mkdir(parents=True, exist_ok=True)
    parsed = COMPILED_DIR / "partial_parse.msgpack"
    if parsed.exists() and not (target_path / parsed.name).exists():
        shutil.copy(parsed, target_path / parsed.name)
    command = dbt_command("build", *OPTIONS, target_path=target_path)
    if select:
        command += ["--select", *select]
    process = subprocess.Popen(
        command, env=dbt_environment(build_file), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    build = DbtBuild()
    for line in process.stdout or ():
        event = json.loads(line) if line.startswith("{") else {}
        name = event.get("info", {}).get("name")
        if name == SKIPPED_EVENT:
            build.skipped.append(event["data"]["node_info"]["unique_id"])
        elif name in RESULT_EVENTS:
            node = event["data"]["node_info"]
            build.seconds[node["unique_id"]] = event["data"]["execution_time"]
            (build.built if node["node_status"] == "success" else build.broken).append(node["unique_id"])
            progress(len(build.seconds))
    if process.wait() and not build.broken:
        raise RuntimeError(f"dbt stopped before it built anything; its words are in {target_path / 'dbt.log'}")
    return build
