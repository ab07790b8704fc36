"""Runs whose process is gone: a killed run stays "started" in Dagster's books and keeps the pool from every later one.

Whoever writes the build file holds its lock, and the kernel takes the lock back when the process ends, also after a
kill or a reboot. So: the lock is free and a run has been "started" for a while, and says nothing = that run is dead. A
run that ends lets go of the lock a moment before its end is in the books.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cartwright.warehouse.writer import AnotherNightIsWriting, sole_writer

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

    from cartwright.warehouse.settings import Settings

BY_COMMAND = {"started_by": "cartwright refresh"}  # tag of a run that waits in no queue
GRACE = timedelta(minutes=3)  # from the start of a run to its hold on the lock: imports on a busy machine
SILENCE = timedelta(seconds=30)  # from the last word of a run: to its end in the books on a busy machine
WORDS = (
    "the process of this run is gone (killed, or the machine went down); what it did not publish, the next night does"
)


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
    if not old or not nobody_writes(settings):
        return []
    # Only now: what has ended since it was read above has just said so.
    quiet = datetime.now(UTC) - SILENCE
    return [run for run in old if _last_word(instance, run) < quiet]


def _last_word(instance: DagsterInstance, run: DagsterRun) -> datetime:
    """When a run last said something; long ago if it never did."""
    last = instance.get_records_for_run(run.run_id, limit=1, ascending=False).records
    return datetime.fromtimestamp(last[0].timestamp if last else 0, UTC)


def nobody_writes(settings: Settings) -> bool:
    """Whether the lock of the build file is free."""
    try:
        with sole_writer(settings, patience=0):
            return True
    except AnotherNightIsWriting:
        return False
