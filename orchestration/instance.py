"""The Dagster instance of this house: its folder, its configuration, and the sweeping of what old runs leave behind."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from warehouse.settings import Settings

TEMPLATE = Path(__file__).with_name("dagster.yaml")
KEEP_RUNS_DAYS = 90


def prepare(settings: Settings) -> None:
    """Create DAGSTER_HOME with our dagster.yaml (an existing one is the operator's) and point Dagster at it."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    config = settings.dagster_home / TEMPLATE.name
    if not config.exists():
        config.write_bytes(TEMPLATE.read_bytes())
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
