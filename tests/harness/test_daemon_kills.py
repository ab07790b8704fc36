"""The daemon killed in each step of a night, or every process of the machine as in a reboot: the next night fires and
publishes by itself.

Under the real daemon, its schedule, its queue and its pool. What is started again is the daemon, as systemd does it.
Only whole: each waits minutes for schedule and grace of a dead run. tests/pipeline/test_schedule.py has one kill.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterEventType, DagsterInstance, DagsterRunStatus, RunsFilter

from benchmarks.time_travel import House
from cartwright.warehouse.settings import CHECKOUT, Settings
from killed_nights import Nights, complete_release, inexact, left_over, living

pytestmark = [pytest.mark.slow, pytest.mark.whole, pytest.mark.timeout(4 * 3600)]
EVERY_OTHER_MINUTE = "*/2 * * * *"
PATIENCE = 1500  # seconds: minutes of the schedule, the grace of a dead run, and a busy machine


@dataclass
class Lane:
    """One house under its own daemon. `told`: a line a kill; `wrong`: every night that did not come as it should."""

    nights: Nights
    home: Path
    number: int
    say: Callable[[str], None]
    told: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.nights.copy("first", self.home)
        self.settings = self.nights.settings(self.home)
        self.life = House(self.home, draw=random.Random(self.home.name))

    def news(self) -> None:
        """What the next night is to bring."""
        for event in (self.life.news, self.life.correction, self.life.withdrawal):
            event()
        self.life.day += timedelta(days=1)

    def start(self) -> subprocess.Popen:
        """The daemon, with a night every other minute."""
        environment = self.nights.environment(self.home) | {
            "CARTWRIGHT_NIGHT_CRON": EVERY_OTHER_MINUTE,
            "DAGSTER_HOME": str(self.settings.dagster_home),
        }
        program = str(Path(sys.executable).with_name("dagster-daemon"))
        command = [program, "run", "-m", "cartwright.orchestration.definitions"]
        with self.home.with_name(f"{self.home.name}.daemon.log").open("a") as said:
            return subprocess.Popen(
                command, env=environment, cwd=CHECKOUT, stdout=said, stderr=said, start_new_session=True
            )

    def reboot(self) -> None:
        """Every process of this house is gone at once, as often as it takes to meet those that are being started."""
        while found := living(self.home):
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)


def steps(instance: DagsterInstance, run_id: str) -> list[str]:
    """The steps that a run has begun, in order."""
    begun = instance.all_logs(run_id, of_type=DagsterEventType.STEP_START)
    return [entry.dagster_event.step_key for entry in begun]


def under_way(instance: DagsterInstance, step: str) -> str | None:
    """The step that a night is in now which has begun this one."""
    for run in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED])):
        begun = steps(instance, run.run_id)
        if step in begun:
            return begun[-1]
    return None


def forget_the_queue(instance: DagsterInstance) -> None:
    """Cancel the nights that wait, while no daemon is there to begin one: the next has to fire after the kill, and does
    not wait for those. On a busy machine they come faster than they end."""
    for run in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.QUEUED])):
        instance.report_run_canceled(run)


def published(instance: DagsterInstance, lane: Lane, known: set[str]) -> str | None:
    """A run that is not among the known ones, and has ended with a release."""
    made = instance.get_latest_materialization_event(AssetKey([lane.nights.study.name, "release", "current"]))
    if made is None or made.run_id in known:
        return None
    run = instance.get_run_by_id(made.run_id)
    return made.run_id if run and run.status == DagsterRunStatus.SUCCESS else None


def waited(look: Callable[[], str | None]) -> str | None:
    """What there is to see in time, else None."""
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


@contextmanager
def books(settings: Settings) -> Iterator[DagsterInstance]:
    """Dagster's books of a house; where they lie is read from the environment when they are opened."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DAGSTER_HOME", str(settings.dagster_home))
        instance = DagsterInstance.get()
    with instance:
        yield instance


def lives(lane: Lane, instance: DagsterInstance, deadly: list[str]) -> Lane:
    """A night is killed in each of these steps, by turns with all processes and with the daemon alone; the night after
    it must publish what came."""
    daemon = lane.start()
    try:
        for number, step in enumerate(deadly):
            before = complete_release(lane.settings)
            lane.news()
            met = waited(lambda step=step: under_way(instance, step))
            if met is None:
                lane.wrong.append(f"{step}: no night came to it")
                return lane
            is_reboot, at = number % 2 == lane.number % 2, time.monotonic()
            if is_reboot:
                lane.reboot()
            daemon.kill()
            daemon.wait()
            forget_the_queue(instance)
            known = {run.run_id for run in instance.get_runs()}
            daemon = lane.start()
            run_id = waited(lambda known=known: published(instance, lane, known))
            what = f"{'every process' if is_reboot else 'the daemon'} killed in {met}"
            if run_id is None:
                lane.wrong.append(f"{what}: no night published after it")
                return lane
            lane.told.append(f"{what}: published {time.monotonic() - at:.0f} s later")
            lane.say(lane.told[-1])
            after = complete_release(lane.settings)
            lane.wrong += [f"{what}: nothing new was published"] * (after == before)
    finally:
        daemon.kill()
        lane.reboot()
        daemon.wait()
    return lane


def test_the_next_night_fires_and_publishes_whatever_was_killed(tmp_path, tell):
    nights = Nights(tmp_path)
    with books(nights.settings(tmp_path / "first")) as instance:
        (run,) = instance.get_runs()
        all_steps = steps(instance, run.run_id)
    count, lanes = len(all_steps), 4
    assert len(all_steps) >= 20
    deadly = random.Random(count).sample(all_steps, count)
    houses = [Lane(nights, tmp_path / f"house{number}", number, tell) for number in range(lanes)]
    with ExitStack() as stack, ThreadPoolExecutor(lanes) as together:
        opened = [stack.enter_context(books(lane.settings)) for lane in houses]
        done = list(together.map(lives, houses, opened, [deadly[number::lanes] for number in range(lanes)]))
    wrong = [f"{lane.home.name}: {each}" for lane in done for each in lane.wrong]
    for lane in done:
        wrong += [f"{lane.home.name}: {each}" for each in (*inexact(lane.settings), *left_over(lane.settings))]
        code, said = nights.night(lane.home, "--full")  # publishes nothing else under the id that is current
        wrong += [f"{lane.home.name}: made anew it differs: {said[-1000:]}"] * bool(code)
    published_after = sum(len(lane.told) for lane in done)
    tell(f"{published_after} of {count} nights published, each after a kill in another step; {len(wrong)} things wrong")
    assert wrong == []
    assert published_after == count
