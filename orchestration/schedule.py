"""When the night runs: by default at 02:30 hospital time; `CARTWRIGHT_NIGHT_CRON` says otherwise."""

import os

import dagster as dg

from cartwright.orchestration import structure
from cartwright.warehouse.settings import NIGHT_CRON, PREFIX

DEFAULT = "30 2 * * *"


def cron() -> str:
    """The cron line of this environment."""
    return os.environ.get(PREFIX + NIGHT_CRON, DEFAULT)


def nightly_schedule(job_name: str) -> dg.ScheduleDefinition:
    """The schedule that starts the job of this name, in the hospital's time zone."""
    return dg.ScheduleDefinition(
        name="nightly_schedule",
        job_name=job_name,
        cron_schedule=cron(),
        execution_timezone=structure.hospital_zone(),
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night, by default at 02:30 hospital time, when yesterday's deliveries are complete.",
    )
