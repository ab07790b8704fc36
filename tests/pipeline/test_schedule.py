"""The schedule for real: the daemon fires the nightly job by itself, and the run publishes what it was brought."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from houses import House, copy_house

from orchestration.instance import prepare
from orchestration.structure import hospital_zone
from warehouse.connect import open_release
from warehouse.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Fired:
    """What the daemon's night left: its run, the release of yesterday, and the delivery that could not be read."""

    settings: Settings
    run: DagsterRun
    yesterday: Path
    unreadable: Path


@pytest.fixture(scope="module")
def fired(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fired]:
    """A night of the daemon's own, set to the next minute, with one feed away and one delivery unreadable."""
    scratch = tmp_path_factory.mktemp("schedule")
    with pytest.MonkeyPatch.context() as environment:
        settings = copy_house(house, scratch, environment)
        for path in (settings.feeds / "lis").rglob("ngs_*"):
            path.unlink()
        newest = max((settings.feeds / "lis").iterdir())
        unreadable = newest / f"lab_result_{newest.name.replace('-', '')}_broken.csv"
        unreadable.write_text("result_no,version_no\nonly,two columns\n")
        yesterday = settings.places()[0].current.resolve()
        yield Fired(settings, _fire(settings, scratch / "daemon.log"), yesterday, unreadable)


def _fire(settings: Settings, log_file: Path) -> DagsterRun:
    """Let the daemon run until the night of the schedule has ended."""
    prepare(settings)
    now = datetime.now(ZoneInfo(hospital_zone()))
    due = [now + timedelta(seconds=wait) for wait in (90, 270, 450)]  # a busy machine may not be up for the first
    minutes, hours = (",".join(dict.fromkeys(f"{moment:{part}}" for moment in due)) for part in ("%-M", "%-H"))
    environment = {**os.environ, "CARTWRIGHT_NIGHT_CRON": f"{minutes} {hours} * * *"}
    command = [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-m", "orchestration.definitions"]
    with log_file.open("w") as log:
        daemon = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            with DagsterInstance.get() as instance:
                return _finished_run(instance, "nightly_schedule", seconds=780)
        finally:
            daemon.terminate()
            daemon.wait(60)


def test_the_daemon_fires_the_nightly_schedule_and_publishes(fired: Fired) -> None:
    assert fired.run.status == DagsterRunStatus.SUCCESS
    manifest = json.loads((fired.settings.places()[0].current / "manifest.json").read_text())
    assert manifest["run_id"] == fired.run.run_id
    assert fired.settings.places()[0].current.resolve() != fired.yesterday


def test_a_feed_that_stays_away_is_named_and_does_not_stop_the_rest(fired: Fired) -> None:
    with open_release(fired.settings.places()[0].current_db) as con:
        refused = con.execute(
            "SELECT file_name, message FROM quality.delivery_ledger WHERE status = 'refused'"
        ).fetchall()
    assert len(refused) == 1
    assert fired.unreadable.name not in refused[0][0], "a name that says more than source and day may name a patient"
    assert refused[0][1]


def _finished_run(instance: DagsterInstance, schedule: str, seconds: float) -> DagsterRun:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for run in instance.get_runs(limit=5):
            if run.tags.get("dagster/schedule_name") == schedule and run.is_finished:
                return run
        time.sleep(3)
    raise AssertionError("the schedule did not fire, or its run did not end")
