"""Runs whose process is gone: a killed run stays "started" in Dagster's books and keeps the pool from every later one.

Whoever writes the build file holds its lock, and the kernel takes the lock back when the process ends, also after a
kill or a reboot. So: the lock is free and a run has been "started" for a while = that run is dead.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cartwright.warehouse.writer import AnotherNightIsWriting, sole_writer

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

    from cartwright.warehouse.settings import Settings

BY_COMMAND = {
    "started_by": "cartwright refresh"
}  # tag of a run that no queue will start: it was entered to begin at once
GRACE = timedelta(minutes=3)  # from the start of a run to its hold on the lock: imports on a busy machine
WORDS = "the process of this run is gone (killed, or the machine went down); nothing was published, the next night runs"


def end_orphans(instance: DagsterInstance, settings: Settings, grace: timedelta = GRACE) -> list[str]:
    """Enter dead runs as failed, so that the pool is free again. Returns their ids.

    grace: younger runs are left alone, as they may not hold the lock yet.
    """
    old = orphans(instance, settings, grace)
    for run in old:
        instance.report_run_failed(run, WORDS)
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in old]


def orphans(instance: DagsterInstance, settings: Settings, grace: timedelta = GRACE) -> list[DagsterRun]:
    """Runs that are entered as going on while nobody holds the lock of the build file."""
    from dagster import DagsterRunStatus, RunsFilter

    unfinished = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    before = datetime.now(UTC) - grace
    found = [
        *instance.get_run_records(RunsFilter(statuses=unfinished)),
        *instance.get_run_records(RunsFilter(statuses=[DagsterRunStatus.NOT_STARTED], tags=BY_COMMAND)),
    ]
    old = [record.dagster_run for record in found if record.update_timestamp < before]
    return old if old and nobody_writes(settings) else []


def nobody_writes(settings: Settings) -> bool:
    """Whether the lock of the build file is free."""
    try:
        with sole_writer(settings):
            return True
    except AnotherNightIsWriting:
        return False
