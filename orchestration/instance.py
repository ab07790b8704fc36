"""The Dagster instance of this house: its folder, its configuration, and the sweeping of what old runs leave behind."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from cartwright.warehouse.settings import Settings

TEMPLATE = Path(__file__).with_name("dagster.yaml")
KEEP_RUNS_DAYS = 90
_OLD_MODULE, _NEW_MODULE = re.compile(r"(?<=module: )orchestration(?=\.)"), "cartwright.orchestration"
_RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def prepare(settings: Settings) -> None:
    """Create DAGSTER_HOME with our dagster.yaml and point Dagster at it.

    An existing one is the operator's; but where a house of 0.1 names our module as it was called then, it follows.
    """
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    config = settings.dagster_home / TEMPLATE.name
    if not config.exists():
        config.write_bytes(TEMPLATE.read_bytes())
    elif (text := config.read_text(encoding="utf-8")) != (now := _OLD_MODULE.sub(_NEW_MODULE, text)):
        aside = config.with_name(f".{config.name}.{os.getpid()}")
        aside.write_text(now, encoding="utf-8")
        aside.replace(config)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)


def forget_old_runs(instance: DagsterInstance, older_than_days: int = KEEP_RUNS_DAYS) -> int:
    """Delete records of runs that ended longer ago; releases keep the results of every check for good."""
    from datetime import UTC, datetime

    from dagster import RunsFilter

    before = datetime.fromtimestamp(time.time() - older_than_days * 86_400, UTC)
    old = instance.get_runs(filters=RunsFilter(created_before=before))
    for run in old:
        instance.delete_run(run.run_id)
    return len(old)


def sweep(instance: DagsterInstance, settings: Settings, older_than_days: int = KEEP_RUNS_DAYS) -> tuple[int, int]:
    """Forget old runs, remove what files they have left, and give space back. Returns (runs, bytes) that went.

    In the files beside Dagster's SQLite store; PostgreSQL keeps its own house.
    """
    before = _bytes(settings.dagster_home)
    forgotten = forget_old_runs(instance, older_than_days)
    left = [*settings.dagster_home.glob("history/runs/*.db*"), *settings.dagster_home.glob("storage/*")]
    known = {run.run_id for run in instance.get_runs()}  # asked after: a run may begin meanwhile
    for path in left:
        run_id = path.name.partition(".")[0]
        if _RUN_ID.fullmatch(run_id) and run_id not in known:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in (
        *settings.dagster_home.glob("history/*.db"),
        *settings.dagster_home.glob("*/*/index.db"),
        *settings.dagster_home.glob("schedules/*.db"),
    ):
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path)) as con:  # in use: the next time
            con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            con.execute("VACUUM")
    return forgotten, max(before - _bytes(settings.dagster_home), 0)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
