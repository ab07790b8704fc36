"""The schedule for real: the daemon fires the nightly job by itself, and the run publishes what it was brought.

It ends a run that was killed before it, and tells real receivers what went wrong and what is new."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus

from cartwright.orchestration.instance import prepare
from cartwright.orchestration.structure import hospital_zone
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.settings import Settings
from houses import House, copy_house
from sinks import PASSWORD, TOKEN, Sinks, listening

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1500),
    pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning"),  # no mail leaves this machine
]
JUMP = 200  # records of a code that nobody knows; a delivery of the laboratory usually has some twenty


@dataclass(frozen=True)
class Fired:
    """What the daemon's night left: its run, the release of yesterday, the delivery that could not be read, the run
    that was killed before, what the receivers got, and the daemon's log."""

    settings: Settings
    run: DagsterRun
    yesterday: Path
    unreadable: Path
    killed: str
    sinks: Sinks
    log: str


@pytest.fixture(scope="module")
def fired(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fired]:
    """A night of the daemon's own, set to the next minute, with one feed away, one delivery unreadable, one with an
    unknown code far too often, and a run before it that was killed."""
    scratch = tmp_path_factory.mktemp("schedule")
    with pytest.MonkeyPatch.context() as environment:
        settings = copy_house(house, scratch, environment)
        for path in (settings.feeds / "lis").rglob("ngs_*"):
            path.unlink()
        newest = max((settings.feeds / "lis").iterdir())
        unreadable = newest / f"lab_result_{newest.name.replace('-', '')}_broken.csv"
        unreadable.write_text("result_no,version_no\nonly,two columns\n")
        _deliver_unknown(newest)
        yesterday = settings.places()[0].current.resolve()
        killed, log_file = _killed_run(settings, scratch / "killed.log"), scratch / "daemon.log"
        with listening() as sinks:
            run = _fire(settings, log_file, sinks, killed)
            yield Fired(settings, run, yesterday, unreadable, killed, sinks, log_file.read_text())


def _deliver_unknown(newest: Path) -> None:
    """A delivery of the day after, with many results of one code that no list knows."""
    day = date.fromisoformat(newest.name) + timedelta(days=1)
    source = min(path for path in newest.parent.rglob("lab_result_*.csv") if "broken" not in path.name)
    with source.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        names, row = rows.fieldnames, next(rows)
    target = newest.with_name(day.isoformat()) / f"lab_result_{day:%Y%m%d}.csv"
    target.parent.mkdir()
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows({**row, "result_no": f"NEW{i}", "local_code": "NEWTEST"} for i in range(JUMP))


def _killed_run(settings: Settings, said: Path) -> str:
    """Begin a night by hand and kill its process when it is under way; the books still say that it goes on."""
    prepare(settings)
    program = str(Path(sys.executable).with_name("cartwright"))
    with said.open("w") as words:
        process = subprocess.Popen(
            [program, "refresh", "--quiet"], start_new_session=True, stdout=words, stderr=subprocess.STDOUT
        )
    try:
        with DagsterInstance.get() as instance:
            while process.poll() is None:
                for run in instance.get_runs(limit=1):
                    if run.status == DagsterRunStatus.STARTED:
                        return run.run_id
                time.sleep(0.2)
        raise AssertionError(
            f"the night ended with {process.returncode} before it could be killed:\n{said.read_text()}"
        )
    finally:
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _fire(settings: Settings, log_file: Path, sinks: Sinks, killed: str) -> DagsterRun:
    """Let the daemon run until the night of the schedule has ended, and it and the killed one were told of."""
    prepare(settings)
    now = datetime.now(ZoneInfo(hospital_zone()))
    due = [now + timedelta(seconds=wait) for wait in (90, 270, 450)]  # a busy machine may not be up for the first
    minutes, hours = (",".join(dict.fromkeys(f"{moment:{part}}" for moment in due)) for part in ("%-M", "%-H"))
    environment = {
        **os.environ,
        "CARTWRIGHT_NIGHT_CRON": f"{minutes} {hours} * * *",
        "CARTWRIGHT_ALERT": sinks.alert,
        "CARTWRIGHT_PING": sinks.ping,
        "CARTWRIGHT_DIGEST_AT": "00:00",
    }
    command = [
        str(Path(sys.executable).with_name("dagster-daemon")),
        "run",
        "-m",
        "cartwright.orchestration.definitions",
    ]
    with log_file.open("w") as log:
        daemon = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            with DagsterInstance.get() as instance:
                run = _finished_run(instance, "nightly_schedule", seconds=1080)
            # A killed run counts as dead after a grace of three minutes: on a fast machine the night is over before.
            _wait_for(lambda: all(any(each in text for text in sinks.texts) for each in (run.run_id, killed)), 420)
            return run
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


def test_a_night_that_was_killed_is_told(fired: Fired) -> None:
    (text,) = [text for text in fired.sinks.texts if fired.killed in text]
    assert "no release of cd20_salvage" in text
    assert "its process died" in text
    assert "docs/runbook.md#a-night-failed" in text


def test_what_is_new_of_the_feeds_is_told_by_mail_and_webhook(fired: Fired) -> None:
    (mail,) = [text for text in fired.sinks.texts if fired.run.run_id in text]
    (hook,) = [body for _, body in fired.sinks.hooks if fired.run.run_id in body]
    for text in (mail, hook):
        assert "lis_lab_result: 1 delivery refused" in text
        assert f"lis_lab_result: {JUMP} records in the newest delivery, usually" in text
        assert f"cd20_salvage: lis_lab_result.local_code: unknown code: 1 new, {JUMP} records" in text
        assert "Simulated data" in text
        assert "NEWTEST" not in text, "what was sent may be anything"
        assert fired.unreadable.name not in text


def test_the_digest_lists_the_warnings_that_stand(fired: Fired) -> None:
    (digest,) = [text for subject, text in fired.sinks.mails if "digest" in subject]
    assert "docs/runbook.md" in digest


def test_the_publication_is_pinged(fired: Fired) -> None:
    assert fired.sinks.pings == [f"/ping/{TOKEN}/cd20_salvage"]


def test_no_password_reaches_the_logs_and_the_books(fired: Fired) -> None:
    books = [path for path in fired.settings.dagster_home.rglob("*") if path.is_file()]
    assert len(books) > 5
    for secret in (PASSWORD, TOKEN):
        assert secret not in fired.log
        assert [path for path in books if secret.encode() in path.read_bytes()] == []


def _wait_for(is_done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_done() and time.monotonic() < deadline:
        time.sleep(1)


def _finished_run(instance: DagsterInstance, schedule: str, seconds: float) -> DagsterRun:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for run in instance.get_runs(limit=5):
            if run.tags.get("dagster/schedule_name") == schedule and run.is_finished:
                return run
        time.sleep(3)
    raise AssertionError("the schedule did not fire, or its run did not end")
