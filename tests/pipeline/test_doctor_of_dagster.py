"""What the doctor says of daemon, schedule, nights and dead runs, from Dagster's own books."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._daemon.types import DaemonHeartbeat
from typer.testing import CliRunner

from cartwright.orchestration import doctor, orphans
from cartwright.orchestration.commands.cli import app
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.upkeep.examined import Finding


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "house").mkdir()
    return Settings(home=tmp_path / "house")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as made:
        yield made


@dg.asset(key=["cd20_salvage", "release", "current"])
def current(context: dg.AssetExecutionContext) -> None:
    if context.run.tags.get("fails"):
        raise ValueError


NIGHT = dg.Definitions([current], jobs=[dg.define_asset_job("nightly", executor_def=dg.in_process_executor)])


def night(instance: dg.DagsterInstance, **tags: str) -> None:
    NIGHT.resolve_job_def("nightly").execute_in_process(instance=instance, raise_on_error=False, tags=tags)


def problems(instance: dg.DagsterInstance, settings: Settings, grace: timedelta = orphans.GRACE) -> dict[str, Finding]:
    return {finding.kind: finding for finding in doctor.of_dagster(instance, settings, grace) if finding.is_problem}


def beat(instance: dg.DagsterInstance, ago: timedelta = timedelta(0)) -> None:
    heartbeat = DaemonHeartbeat(time.time() - ago.total_seconds(), "SENSOR", "1", [])
    instance.add_daemon_heartbeat(heartbeat)


def test_a_living_daemon_and_a_published_night_are_no_problem(instance: dg.DagsterInstance, settings: Settings) -> None:
    beat(instance)
    night(instance)
    assert problems(instance, settings) == {}


def test_a_daemon_that_never_ran_or_is_silent_is_found(instance: dg.DagsterInstance, settings: Settings) -> None:
    assert problems(instance, settings)["daemon"].words == "never ran"
    beat(instance, timedelta(minutes=6))
    assert "no heartbeat since" in problems(instance, settings)["daemon"].words


def test_a_night_without_a_release_is_found_with_its_run(instance: dg.DagsterInstance, settings: Settings) -> None:
    beat(instance)
    night(instance)
    night(instance, fails="yes")
    found = problems(instance, settings)["night_failed"]
    assert found.about == "last night of cd20_salvage"
    assert instance.get_runs(limit=1)[0].run_id in found.remedy


def test_when_the_schedule_fires_is_told(
    instance: dg.DagsterInstance, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newcomer's first question, whose answer is the hospital's clock and not that of the machine."""
    monkeypatch.setenv("CARTWRIGHT_NIGHT_CRON", "15 1 * * 1-5")
    (told,) = [found.words for found in doctor.of_dagster(instance, settings) if found.kind == "schedule"]
    assert told == "on: 15 1 * * 1-5 by the clock of Asia/Shanghai"


def test_a_schedule_that_was_switched_off_is_found(instance: dg.DagsterInstance, settings: Settings) -> None:
    beat(instance)
    target = LoadableTargetOrigin(module_name="cartwright.orchestration.definitions")
    location = ManagedGrpcPythonEnvCodeLocationOrigin(target, "cartwright.orchestration.definitions")
    origin = RemoteRepositoryOrigin(location, "__repository__").get_instigator_origin("nightly_schedule")
    data = ScheduleInstigatorData("30 2 * * *")
    instance.add_instigator_state(InstigatorState(origin, InstigatorType.SCHEDULE, InstigatorStatus.STOPPED, data))
    assert problems(instance, settings)["schedule"].words == "off: no nights"


def test_a_dead_run_is_found_and_ended_by_fix(
    instance: dg.DagsterInstance, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat(instance)
    run = instance.create_run_for_job(NIGHT.resolve_job_def("nightly"), status=dg.DagsterRunStatus.STARTED)
    assert "orphans" not in problems(instance, settings), "it may not have come to its lock yet"
    monkeypatch.setattr(orphans, "SILENCE", timedelta(seconds=-1))
    problems(instance, settings, timedelta(seconds=-1))["orphans"].fix()
    assert instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE


def test_a_house_that_is_not_there_is_said_and_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path / "nowhere"))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "there is no house at" in result.output
    assert not (tmp_path / "nowhere").exists()


def test_every_problem_leads_to_the_runbook(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWRIGHT_HOME", str(settings.home))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    lines = result.output.splitlines()
    found = [line for line in lines if line.startswith("PROBLEM")]
    assert found
    assert sum("docs/runbook.md#" in line for line in lines) >= len(found)
