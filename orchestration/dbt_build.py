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
BUILT = ("--resource-type", "model", "--resource-type", "seed")
QUIET = ("--log-format", "json", "--log-level-file", "warn")  # writing debug logs takes longer than small models


@dataclass
class DbtBuild:
    """What a build left behind: node ids that were built, that broke, that were skipped; seconds by node."""

    built: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def run_build(
    build_file: Path, target_path: Path, select: Sequence[str], progress: Callable[[str, int], None]
) -> DbtBuild:
    """Build seeds and models (all, or those in `select`). `progress` hears each node as it is done, and how many are.

    Messages of dbt can quote data, so they stay in `target_path`/dbt.log, inside the restricted zone.
    Raises RuntimeError when dbt ends without results (it did not get as far as building).
    """
    target_path.mkdir(parents=True, exist_ok=True)
    results = target_path / "run_results.json"
    results.unlink(missing_ok=True)
    parsed = COMPILED_DIR / "partial_parse.msgpack"
    if parsed.exists() and not (target_path / parsed.name).exists():
        shutil.copy(parsed, target_path / parsed.name)
    command = dbt_command("build", *BUILT, *QUIET, target_path=target_path)
    if select:
        command += ["--select", *select]
    process = subprocess.Popen(
        command, env=dbt_environment(build_file), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    done = 0
    for line in process.stdout or ():
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("info", {}).get("name") in RESULT_EVENTS:
            done += 1
            progress(event["data"]["node_info"]["unique_id"], done)
    process.wait()
    if not results.exists():
        raise RuntimeError(f"dbt stopped before it built anything; its words are in {target_path / 'dbt.log'}")
    build = DbtBuild()
    for result in json.loads(results.read_text(encoding="utf-8"))["results"]:
        build.seconds[result["unique_id"]] = result["execution_time"]
        group = {"success": build.built, "skipped": build.skipped}.get(result["status"], build.broken)
        group.append(result["unique_id"])
    return build
