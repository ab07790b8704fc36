"""`cartwright doctor`: the store's examination and Dagster's, printed a line a finding, and what `--fix` may do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import typer

from cartwright.orchestration import orphans
from cartwright.orchestration.alerts import run_alarms
from cartwright.warehouse.alarms import runbook
from cartwright.warehouse.counted import counted
from cartwright.warehouse.hospital.definition import HospitalError, load_hospital
from cartwright.warehouse.upkeep.doctor import examine
from cartwright.warehouse.upkeep.doctor_rights import left_behind
from cartwright.warehouse.upkeep.examined import Finding

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from cartwright.warehouse.settings import Settings

_NEEDED = {"schedule nightly_schedule": "nights", "sensor alerts": "alerts", "sensor dead_runs": "the end of dead runs"}
_HEARTBEAT = timedelta(minutes=5)


def look(settings: Settings) -> Iterator[Finding]:
    """Everything about one house."""
    if not settings.home.exists():
        words, remedy = f"there is no house at {settings.home}", "see CARTWRIGHT_HOME, or run `cartwright refresh`"
        yield Finding("settings", "settings", words, remedy)
        return
    yield Finding("settings", "settings", f"house {settings.home}, feeds {settings.feeds}")
    yield from examine(settings)
    from dagster import DagsterInstance

    from cartwright.orchestration.instance import prepare

    prepare(settings)
    with DagsterInstance.get() as instance:
        yield from of_dagster(instance, settings)
    if settings.restricted.exists():
        if orphans.nobody_writes(settings):
            yield from left_behind(settings)
        else:
            yield Finding("leftovers", "leftovers", "not looked for: a night is running")


def of_dagster(instance: DagsterInstance, settings: Settings, grace: timedelta = orphans.GRACE) -> Iterator[Finding]:
    """Daemon, schedule, last night of each study, dead runs (younger ones than `grace` are left alone)."""
    yield _daemon(instance)
    yield from _switched_on(instance, settings)
    yield from _nights(instance, settings)
    dead = orphans.orphans(instance, settings, grace)
    for run in dead:
        fix = partial(orphans.end_orphans, instance, settings, grace)
        remedy = "the sensor dead_runs or the next night ends it; `--fix` does it now"
        words = f"run {run.run_id} goes on in the books, but its process is gone"
        yield Finding("orphans", "runs", words, remedy, fix=fix)
    if not dead:
        yield Finding("orphans", "runs", "none whose process is gone")


def _daemon(instance: DagsterInstance) -> Finding:
    beats = instance.get_daemon_heartbeats()
    if not beats:
        remedy = "start cartwright-daemon (deploy/) or `cartwright ui`: without it no schedule fires, nobody is told"
        return Finding("daemon", "daemon", "never ran", remedy)
    oldest = min(datetime.fromtimestamp(beat.timestamp, UTC) for beat in beats.values())
    if datetime.now(UTC) - oldest > _HEARTBEAT:
        remedy = "systemctl status cartwright-daemon; its journal says why it ended"
        return Finding("daemon", "daemon", f"no heartbeat since {oldest:%Y-%m-%d %H:%M} UTC", remedy)
    if failing := sorted(kind for kind, beat in beats.items() if beat.errors):
        return Finding("daemon", "daemon", f"errors in {', '.join(failing)}", "its journal has their words")
    return Finding("daemon", "daemon", "alive")


def _switched_on(instance: DagsterInstance, settings: Settings) -> Iterator[Finding]:
    """What is on by default and was switched off, or fails whenever it is due."""
    from cartwright.orchestration.dagster_private import TickStatus
    from cartwright.orchestration.schedule import cron

    found = []
    for state in instance.all_instigator_state():
        name = f"{state.instigator_type.value.lower()} {state.instigator_name}"
        if name not in _NEEDED:
            continue
        if not state.is_running:
            remedy = "switch it on in the pages, under Automation"
            found.append(Finding("schedule", name, f"off: no {_NEEDED[name]}", remedy))
            continue
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        if ticks and ticks[0].status == TickStatus.FAILURE:
            words, remedy = "failed when it was last due", "its tick in the pages has the words"
            found.append(Finding("schedule", name, words, remedy))
    yield from found
    if not found:
        yield Finding("schedule", "schedule", f"on: {cron()} by the clock of {_zone(settings)}")


def _zone(settings: Settings) -> str:
    try:
        return load_hospital(settings.hospital).zone
    except (HospitalError, OSError):  # told above
        return "the hospital"


def _nights(instance: DagsterInstance, settings: Settings) -> Iterator[Finding]:
    from dagster import AssetKey, DagsterRunStatus, RunsFilter

    ends = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
    filters = RunsFilter(statuses=ends, job_name="nightly")
    last = instance.get_run_records(filters, limit=1, order_by="update_timestamp")
    if not last:
        remedy = "the schedule or `cartwright refresh` runs one"
        yield Finding("night_missing", "last night", "none yet", remedy, is_note=True)
        return
    at = f"{last[0].update_timestamp:%Y-%m-%d %H:%M} UTC"
    for alarm in run_alarms.missing(instance):
        yield Finding(alarm.kind, "last night", alarm.words, "see the daemon and the schedule")
    for place in settings.places():
        about = f"last night of {place.study_id}"
        event = instance.get_latest_materialization_event(AssetKey([place.study_id, "release", "current"]))
        if event is None:
            yield Finding("night_failed", about, "never published", "see the run in the pages")
        elif event.timestamp < (last[0].start_time or 0):
            published = datetime.fromtimestamp(event.timestamp, UTC)
            words = f"ended {at} without a release; published last {published:%Y-%m-%d %H:%M} UTC"
            yield Finding("night_failed", about, words, f"run {last[0].dagster_run.run_id} in the pages says why")
        else:
            yield Finding("night_failed", about, f"published; the night ended {at}")


def examine_and_print(settings: Settings, fix: bool) -> bool:
    """Print every finding, mend what may be mended; returns whether no problem is left."""
    problems = 0
    for finding in look(settings):
        typer.echo(f"{_sign(finding):8} {finding.about}: {finding.words}")
        if finding.remedy:
            typer.echo(f"         do: {finding.remedy}; {runbook.section(finding.kind)}")
        if fix and finding.fix and finding.is_problem:
            finding.fix()
            typer.echo("         mended")
        else:
            problems += finding.is_problem
    typer.echo(counted(problems, "problem") if problems else "no problem")
    return not problems


def _sign(finding: Finding) -> str:
    return "PROBLEM" if finding.is_problem else "note" if finding.remedy else "ok"
