"""What Dagster's books say of the nights: which ended and how, which did not come. Names of steps and checks only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cartwright.orchestration.event_metadata import said
from cartwright.warehouse.alarms.alarm import Alarm
from cartwright.warehouse.counted import counted

if TYPE_CHECKING:
    from dagster import AssetCheckEvaluation, DagsterInstance, EventLogEntry, RunRecord

    from cartwright.orchestration.dagster_private import SerializableErrorInfo
    from cartwright.warehouse.settings import Settings

LOOKED_BACK = timedelta(days=2)  # older runs are no news
NIGHT_DUE_AFTER = timedelta(hours=26)
_BY_A_CHECK = "DagsterAssetCheckFailedError"  # the checks say it themselves
KEY_TROUBLE = "KeyTrouble"


def ended(instance: DagsterInstance) -> list[RunRecord]:
    """Nights, of all studies or of one, that have ended lately, the oldest first."""
    from dagster import DagsterRunStatus, RunsFilter

    statuses = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
    lately = RunsFilter(statuses=statuses, updated_after=datetime.now(UTC) - LOOKED_BACK)
    records = instance.get_run_records(lately, order_by="update_timestamp", ascending=True)
    return [record for record in records if is_night(record.dagster_run.job_name)]


def is_night(job_name: str) -> bool:
    return job_name == "nightly" or job_name.startswith("study_")


def published(instance: DagsterInstance, run_id: str) -> dict[str, tuple[str, bool]]:
    """Study -> (its release of this run, whether it is new)."""
    from dagster import DagsterEventType

    found = {}
    for entry in instance.all_logs(run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION):
        made = entry.get_dagster_event().step_materialization_data.materialization
        if made.asset_key.path[1:] == ["release", "current"]:
            found[made.asset_key.path[0]] = (said(made.metadata, "release", str), said(made.metadata, "new", bool))
    return found


def of_feeds(instance: DagsterInstance, run_id: str) -> list[Alarm] | None:
    """What the night noticed about its feeds; None when it did not come so far."""
    from dagster import DagsterEventType

    for entry in instance.all_logs(run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION):
        made = entry.get_dagster_event().step_materialization_data.materialization
        if made.asset_key.path == ["quality", "delivery_ledger"]:
            return [Alarm(**alarm) for alarm in said(made.metadata, "alarms", list)]
    return None


def of_run(instance: DagsterInstance, settings: Settings, record: RunRecord, studies: Sequence[str]) -> list[Alarm]:
    """What went wrong in a run that has ended: fatal checks, steps that failed, studies without a release."""
    from dagster import DagsterEventType

    run_id = record.dagster_run.run_id
    found = []
    for entry in instance.all_logs(run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION):
        found += _of_check(entry.get_dagster_event().asset_check_evaluation_data, run_id)
    for entry in instance.all_logs(run_id, of_type=DagsterEventType.STEP_FAILURE):
        found += _of_step(entry, run_id)
    with_release = published(instance, run_id)
    missing = [study for study in studies if study not in with_release]
    if not found and (missing or not record.dagster_run.is_success):
        words = "no step failed: the run was ended, or its process died"
        found.append(Alarm("night_failed", words, subject=run_id))
    return [
        *(Alarm("night_failed", "no release tonight; the one before stays", run_id, study) for study in missing),
        *found,
    ]


def missing(instance: DagsterInstance) -> list[Alarm]:
    """No night has ended for more than a day, in a house that had nights."""
    from dagster import DagsterRunStatus, RunsFilter

    ends = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE]
    newest = instance.get_run_records(
        RunsFilter(statuses=ends, job_name="nightly"), limit=1, order_by="update_timestamp"
    )
    if not newest or datetime.now(UTC) - newest[0].update_timestamp < NIGHT_DUE_AFTER:
        return []
    at = f"{newest[0].update_timestamp:%Y-%m-%d %H:%M} UTC"
    return [Alarm("night_missing", f"no night has ended since {at}", subject=at)]


def _of_check(check: AssetCheckEvaluation, run_id: str) -> list[Alarm]:
    """The fatal checks that one folded check of Dagster stands for."""
    if check.passed or check.severity.name != "ERROR":
        return []
    *study, schema, table = check.asset_key.path
    counts: dict[str, int | None] = {check.check_name: None}
    if "fatal" in check.metadata:
        counts = said(check.metadata, "fatal", dict) or counts
    return [
        Alarm(
            "fatal_check",
            f"{check_id} on {schema}.{table}: " + ("not judged" if count is None else counted(count, "row")),
            f"{run_id} {check_id} {schema}.{table}",
            study[0] if study else None,
        )
        for check_id, count in counts.items()
    ]


def _of_step(entry: EventLogEntry, run_id: str) -> list[Alarm]:
    event = entry.get_dagster_event()
    classes = _classes(event.step_failure_data.error)
    if _BY_A_CHECK in classes:
        return []
    study, _, step = (event.step_key or "").rpartition("__")
    kind = "key" if KEY_TROUBLE in classes else "night_failed"
    return [Alarm(kind, f"step {step} failed ({classes[-1]})", f"{run_id} {study} {step}", study or None)]


def _classes(error: SerializableErrorInfo | None) -> list[str]:
    """The classes of an error, the one that was raised first at the end."""
    found = []
    while error:
        found.append(error.cls_name or "error")
        error = error.cause
    return found or ["error"]
