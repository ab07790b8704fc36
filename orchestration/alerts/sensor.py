"""Who is told of what: after each night and every minute, by the daemon's sensor and by `cartwright refresh`.

Both look at Dagster's books and at the house after the fact, so a night whose process died is told of like any other.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cartwright.orchestration.alerts import notify, run_alarms
from cartwright.orchestration.alerts.told import Told, told
from cartwright.warehouse.alarms import house_alarms, runbook
from cartwright.warehouse.alarms.alarm import Alarm
from cartwright.warehouse.counted import counted

if TYPE_CHECKING:
    from dagster import DagsterInstance, RunRecord

    from cartwright.warehouse.settings import Settings

RETRY_SECONDS = 600
NOT_SET = "CARTWRIGHT_ALERT is not set: nobody is told"


def tell(instance: DagsterInstance, settings: Settings, zone: str, by_daemon: bool = True) -> list[str]:
    """Tell of every night that has ended and every trouble that has begun since the last look; in the morning send the
    digest. Returns in words what was sent and what could not be; never raises because a message cannot be sent.

    by_daemon: also what only somebody who is always there can see: nights that do not come, and the morning.
    """
    if settings.alert is None:
        return [NOT_SET]
    with told(settings) as state:
        if state is None or time.time() < state.wait_until:
            return []
        said = []
        for record in run_alarms.ended(instance):
            if record.dagster_run.run_id not in state.runs:
                said += _tell_of_night(instance, settings, state, record)
        said += _tell_of_house(instance, settings, state, by_daemon)
        if by_daemon:
            said += _morning(instance, settings, state, zone)
        return said


def tell_safely(instance: DagsterInstance, settings: Settings, zone: str) -> list[str]:
    """`tell` for a night that was run by hand: whatever goes wrong with telling, the night is what it was."""
    try:
        return tell(instance, settings, zone, by_daemon=False)
    except Exception as error:  # noqa: BLE001 a night that was published has not failed
        return [f"NOT told: {type(error).__name__} while looking for what to tell"]


def tell_that_none_began(settings: Settings, error: BaseException) -> list[str]:
    """Tell that `cartwright refresh` ended before there was a night: by the class of the error, and what is wrong with
    the house. Returns in words what could not be told."""
    if settings.alert is None:
        return []
    alarms = [Alarm("night_failed", f"the night could not begin ({type(error).__name__})")]
    _, untold = message(settings, "no night", _grouped([*alarms, *house_alarms.alarms(settings)]))
    return untold


def tell_of_unit(settings: Settings, unit: str) -> list[str]:
    """Tell that a service of the machine was stopped. Returns in words what could not be told."""
    if settings.alert is None:
        return [NOT_SET]
    alarm = Alarm("unit_stopped", f"{unit} has failed and was stopped")
    _, untold = message(settings, f"{unit} stopped", _grouped([alarm]))
    return untold


def _tell_of_night(instance: DagsterInstance, settings: Settings, state: Told, record: RunRecord) -> list[str]:
    """One message a night, whatever went wrong in how many studies."""
    run = record.dagster_run
    listed = [place.study_id for place in settings.places()]
    studies = listed if run.job_name == "nightly" else [run.job_name.removeprefix("study_")]
    alarms = run_alarms.of_run(instance, settings, record, studies)
    releases = run_alarms.published(instance, run.run_id)
    feeds = run_alarms.of_feeds(instance, run.run_id)
    known = {Alarm(**alarm).key for alarm in state.feeds}
    new = [alarm for alarm in feeds or [] if alarm.key not in known] + _of_releases(settings, releases)
    missing = [study for study in studies if study not in releases]
    title = f"no release of {', '.join(missing)}" if missing else "tonight's feeds" if new else "the night"
    said, arrived = _send(settings, state, title, [*alarms, *new], f"Run {run.run_id}")
    if arrived:
        state.runs.append(run.run_id)
        if feeds is not None:
            state.feeds = [asdict(alarm) for alarm in feeds]
    return said


def _tell_of_house(instance: DagsterInstance, settings: Settings, state: Told, by_daemon: bool) -> list[str]:
    alarms = house_alarms.alarms(settings) + (run_alarms.missing(instance) if by_daemon else [])
    new = [alarm for alarm in alarms if alarm.key not in state.house]
    said, arrived = _send(settings, state, ", ".join(dict.fromkeys(runbook.TITLES[a.kind] for a in new)), new)
    if arrived:
        state.house = [alarm.key for alarm in alarms]
    return said


def _morning(instance: DagsterInstance, settings: Settings, state: Told, zone: str) -> list[str]:
    """Once a day everything that stands: warnings of the current releases, and troubles that last."""
    from cartwright.warehouse.alarms import study_alarms

    now = datetime.now(ZoneInfo(zone))
    if state.digest == now.date().isoformat() or now.time() < settings.digest_at:
        return []
    lasting = [*house_alarms.alarms(settings), *run_alarms.missing(instance), *(Alarm(**a) for a in state.feeds)]
    standing = [alarm for place in settings.places() for alarm in study_alarms.warnings(place)]
    said, arrived = _send(
        settings, state, f"digest: {counted(len(lasting) + len(standing), 'warning')}", [*lasting, *standing]
    )
    if arrived:
        state.digest = now.date().isoformat()
    return said


def _of_releases(settings: Settings, releases: dict[str, tuple[str, bool]]) -> list[Alarm]:
    from cartwright.warehouse.alarms import study_alarms

    places = {place.study_id: place for place in settings.places()}
    return [
        alarm
        for study, (release_id, is_new) in releases.items()
        if is_new and study in places
        for alarm in study_alarms.new_codes(places[study], release_id)
    ]


def _send(
    settings: Settings, state: Told, title: str, alarms: Sequence[Alarm], last_line: str = ""
) -> tuple[list[str], bool]:
    """(what came of it in words, whether it has arrived somewhere). Nothing to say has arrived."""
    if not alarms:
        return [], True
    taken, untold = message(settings, title, [*_grouped(alarms), last_line])
    if not taken:
        state.wait_until = time.time() + RETRY_SECONDS
    said = [f"told {counted(taken, 'receiver')}: {title}"] if taken else [f"NOT told: {title}; tried again later"]
    return said + untold, bool(taken)


def message(settings: Settings, title: str, lines: Sequence[str]) -> tuple[int, list[str]]:
    """Send one message under the name of this house."""
    if settings.simulated_marker.exists():
        lines = ["Simulated data: no patient of this house exists.", *lines]
    body = "\n".join([*(line for line in lines if line), f"House {settings.home} on {socket.gethostname()}"])
    return notify.send(settings, f"[Cartwright {socket.gethostname()}] {title}", body)


def _grouped(alarms: Sequence[Alarm]) -> list[str]:
    """The lines of a message: what is of one kind and study together, with its section of the runbook once."""
    lines: list[str] = []
    before = None
    for alarm in alarms:
        if before and (before.kind, before.study_id) != (alarm.kind, alarm.study_id):
            lines.append(f"  what to do: {runbook.section(before.kind)}")
        lines.append(alarm.in_words())
        before = alarm
    return [*lines, f"  what to do: {runbook.section(before.kind)}"] if before else lines
