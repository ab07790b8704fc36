"""A run whose process is gone is entered as failed; a living one is left alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus, InitResourceContext, job, op, resource

from cartwright.orchestration import orphans
from cartwright.orchestration.orphans import BY_COMMAND, end_orphans
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.writer import sole_writer

NO_GRACE = timedelta(seconds=-1)


@op
def nothing() -> None:
    pass


@job
def night() -> None:
    nothing()


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def instance_of_a_house(tmp_path: Path) -> Iterator[DagsterInstance]:
    """Its books are files, where who writes waits for who reads; those in memory refuse a second thread at once."""
    (tmp_path / "dagster").mkdir()
    with DagsterInstance.local_temp(str(tmp_path / "dagster")) as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def started(instance: DagsterInstance, status: DagsterRunStatus) -> str:
    return instance.create_run_for_job(night, status=status).run_id


def status(instance: DagsterInstance, run_id: str) -> DagsterRunStatus:
    return instance.get_run_by_id(run_id).status


@pytest.mark.parametrize(
    "state", [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING], ids=lambda s: s.value
)
def test_a_run_that_holds_no_lock_is_dead(
    instance: DagsterInstance, settings: Settings, state: DagsterRunStatus
) -> None:
    run_id = started(instance, state)
    assert end_orphans(instance, settings, NO_GRACE) == [run_id]
    assert status(instance, run_id) == DagsterRunStatus.FAILURE


def test_a_night_of_the_command_line_that_was_killed_before_it_began_is_dead(
    instance: DagsterInstance, settings: Settings
) -> None:
    run_id = instance.create_run_for_job(night, status=DagsterRunStatus.NOT_STARTED, tags=BY_COMMAND).run_id
    assert end_orphans(instance, settings) == []
    assert end_orphans(instance, settings, NO_GRACE) == [run_id]
    assert status(instance, run_id) == DagsterRunStatus.FAILURE


def test_a_run_that_has_just_said_something_is_about_to_end(
    instance: DagsterInstance, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = started(instance, DagsterRunStatus.STARTED)
    instance.report_engine_event("Finished steps", instance.get_run_by_id(run_id))
    assert end_orphans(instance, settings, NO_GRACE) == []
    assert status(instance, run_id) == DagsterRunStatus.STARTED
    monkeypatch.setattr(orphans, "SILENCE", timedelta(seconds=-1))
    assert end_orphans(instance, settings, NO_GRACE) == [run_id]


def test_a_run_that_ends_while_somebody_looks_stays_a_success(
    instance_of_a_house: DagsterInstance, settings: Settings
) -> None:
    """A night was published, and entered as failed: it had let go of the lock, and its end was not in the books yet."""
    instance = instance_of_a_house

    @resource
    def lock(context: InitResourceContext) -> Iterator[None]:
        with sole_writer(settings):
            yield

    @op(required_resource_keys={"lock"})
    def build() -> None:
        pass

    @job(resource_defs={"lock": lock})
    def short_night() -> None:
        build()

    ended, told = threading.Event(), []

    def look() -> None:
        while not ended.is_set():
            told.extend(end_orphans(instance, settings, NO_GRACE))

    looker = threading.Thread(target=look)
    looker.start()
    try:
        nights = [short_night.execute_in_process(instance=instance) for _ in range(3)]
    finally:
        ended.set()
        looker.join()
    assert told == []
    assert [status(instance, night.run_id) for night in nights] == [DagsterRunStatus.SUCCESS] * len(nights)


def test_a_run_is_left_alone_while_somebody_writes(instance: DagsterInstance, settings: Settings) -> None:
    run_id = started(instance, DagsterRunStatus.STARTED)
    with sole_writer(settings):
        assert end_orphans(instance, settings, NO_GRACE) == []
    assert status(instance, run_id) == DagsterRunStatus.STARTED


def test_a_run_that_has_just_begun_may_still_come_to_its_lock(instance: DagsterInstance, settings: Settings) -> None:
    run_id = started(instance, DagsterRunStatus.STARTED)
    assert end_orphans(instance, settings) == []
    assert status(instance, run_id) == DagsterRunStatus.STARTED


@pytest.mark.parametrize("state", [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.SUCCESS], ids=lambda s: s.value)
def test_waiting_and_ended_runs_are_left_alone(
    instance: DagsterInstance, settings: Settings, state: DagsterRunStatus
) -> None:
    run_id = started(instance, state)
    assert end_orphans(instance, settings, NO_GRACE) == []
    assert status(instance, run_id) == state
