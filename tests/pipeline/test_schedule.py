"""The schedule for real: the daemon fires the nightly job by itself, and the run publishes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestration.instance import prepare
from orchestration.publish import HOSPITAL_ZONE
from warehouse.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house"), pytest.mark.timeout(900)]


def test_the_daemon_fires_the_nightly_schedule_and_publishes(copy_of_house: Settings, tmp_path: Path) -> None:
    from dagster import DagsterInstance, DagsterRunStatus

    (copy_of_house.home / "current").unlink()
    prepare(copy_of_house)
    due = datetime.now(ZoneInfo(HOSPITAL_ZONE)) + timedelta(seconds=75)
    environment = {**os.environ, "CARTWRIGHT_NIGHT_CRON": f"{due.minute} {due.hour} * * *"}
    command = [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-m", "orchestration.definitions"]
    with (tmp_path / "daemon.log").open("w") as log:
        daemon = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            with DagsterInstance.get() as instance:
                run = _finished_run(instance, "nightly_schedule", seconds=780)
        finally:
            daemon.terminate()
            daemon.wait(60)
    assert run.status == DagsterRunStatus.SUCCESS
    assert copy_of_house.current.exists()


def _finished_run(instance: object, schedule: str, seconds: float) -> object:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for run in instance.get_runs(limit=5):
            if run.tags.get("dagster/schedule_name") == schedule and run.is_finished:
                return run
        time.sleep(3)
    raise AssertionError("the schedule did not fire, or its run did not end")
