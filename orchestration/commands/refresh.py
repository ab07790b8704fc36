"""One night from the command line: the same job the schedule runs, in this process, with its events as they happen.

Or one study alone, by its own job.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from cartwright.expectations import worker
from cartwright.orchestration import instance as dagster_home
from cartwright.orchestration.assets import second_process
from cartwright.orchestration.dbt import manifest
from cartwright.orchestration.event_metadata import said
from cartwright.orchestration.orphans import BY_COMMAND, end_orphans
from cartwright.warehouse.process import loading
from cartwright.warehouse.settings import PREFIX

if TYPE_CHECKING:
    from dagster import EventLogEntry

    from cartwright.orchestration.dagster_private import SerializableErrorInfo, StepFailureData
    from cartwright.warehouse.settings import Settings


RECORD_COUNTS = ("delivered", "loaded", "rejected", "duplicates")


@dataclass
class NightReport:
    """How a night went. `seconds` by step, in order; `problems` in words, those of a study after its id; `published`:
    studies that have a release of tonight; `tonight`: records delivered, loaded, ...; `told`: what came of alerts;
    `built`: how much of the tables was made anew, of the hospital (its name: an empty one) and of each study;
    `has_news`: whether it is to be expected that something is."""

    run_id: str
    succeeded: bool = False
    published: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    tonight: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RECORD_COUNTS, 0))
    told: list[str] = field(default_factory=list)
    built: dict[str, str] = field(default_factory=dict)
    has_news: bool = False


Listener = Callable[[str, str], None]  # (what happened: start | end | fail | note, words)


def warm_up() -> None:
    """Have another process load what the night begins with: dbt, on both cores, where nothing is compiled yet."""
    if manifest.is_anything_compiled():
        worker.warm_up()
    else:
        manifest.start_compiler()


def run_night(settings: Settings, listen: Listener, study_id: str | None = None, is_full: bool = False) -> NightReport:
    """Run the job `nightly` in this process, recorded in DAGSTER_HOME so that it can be looked at afterwards.

    study_id: only this study, on the hospital's tables as they are; is_full: every table is made anew. Never raises for
    a night that fails: the report says what went wrong, and `current` of what is not published has not moved.
    """
    listen("start", "definitions")
    dagster_home.prepare(settings)
    with loading():
        from dagster import DagsterInstance

        from cartwright.orchestration import definitions, structure
        from cartwright.orchestration.alerts import sensor as alerts
        from cartwright.orchestration.assets.night import FULL
        from cartwright.orchestration.dagster_private import make_new_run_id, run_under_its_job

        defs = definitions.of(settings)
        job = defs.resolve_job_def(f"study_{study_id}" if study_id else definitions.NIGHTLY)
    worker.warm_up()
    listen("end", "definitions")

    is_simulated = settings.simulated_marker.exists()
    report = NightReport(make_new_run_id(), has_news=is_full)
    started: dict[str, float] = {}
    with DagsterInstance.get() as instance:
        end_orphans(instance, settings)
        instance.add_event_listener(report.run_id, lambda entry: _hear(entry, report, started, listen))
        report.succeeded = run_under_its_job(
            instance,
            job,
            definitions.__name__,
            run_id=report.run_id,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags={
                **BY_COMMAND,
                "data": "simulated" if is_simulated else "delivered",
                **({FULL: "true"} if is_full else {}),
                "dagster/max_retries": "0",  # whoever started it is there, and starts it again
            },
        )
        dagster_home.forget_old_runs(instance)
        if settings.alert is not None:
            report.told += alerts.tell_safely(instance, settings, structure.hospital_zone())
    return report


@contextmanager
def telling_of_failure() -> Iterator[None]:
    """Tell whom CARTWRIGHT_ALERT names of an error that ends the command before, or beside, a night's own books."""
    try:
        yield
    except Exception as error:
        if f"{PREFIX}ALERT" in os.environ:
            from cartwright.orchestration import structure
            from cartwright.orchestration.alerts import sensor as alerts

            for words in alerts.tell_that_none_began(structure.settings(), error):
                print(words, file=sys.stderr)
        raise


def _hear(entry: EventLogEntry, report: NightReport, started: dict[str, float], listen: Listener) -> None:
    event = entry.dagster_event
    if event is None:
        listen("note", entry.user_message)
        return
    step = event.step_key or ""
    match event.event_type_value:
        case "STEP_START":
            started[step] = time.monotonic()
            if not report.has_news:
                pass  # nothing will be computed, as far as one can know here
            elif step == "arriving_gate":  # the other process works: this one has nothing to do
                threading.Thread(target=import_statistics, daemon=True).start()
            elif step == "models":  # and here it is the other way round
                second_process.warm_up()
            listen("start", step)
        case "STEP_SUCCESS":
            report.seconds[step] = time.monotonic() - started[step]
            listen("end", step)
        case "STEP_FAILURE":
            report.seconds[step] = time.monotonic() - started.get(step, time.monotonic())
            failure = event.step_failure_data
            if not (failure.error and failure.error.cls_name == "DagsterAssetCheckFailedError"):  # checks said it
                report.problems.append(_of_step(step, _cause(failure)))
            listen("fail", step)
        case "RUN_FAILURE" | "PIPELINE_FAILURE" if not report.problems:
            report.problems.append(_first_cause(event.job_failure_data.error))
        case "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            if not check.passed and check.severity.name == "ERROR":  # the others block nothing; the release tells
                *study, schema, table = check.asset_key.path
                words = f"{schema}.{table}: {check.description or check.check_name}"
                report.problems.append(": ".join([*study, words]))
        case "ASSET_MATERIALIZATION":
            made = event.step_materialization_data.materialization
            first, *rest = made.asset_key.path
            if rest == ["release", "current"]:
                report.published.append(first)
                if (pinged := said(made.metadata, "ping", str)).startswith("not"):
                    report.told.append(f"ping of {first} {pinged}")
            if "built" in made.metadata:
                side = first if len(made.asset_key.path) == 3 else ""
                report.built[side] = said(made.metadata, "built", str)
            for name in RECORD_COUNTS:
                if first == "raw" and name in made.metadata:
                    report.tonight[name] += said(made.metadata, name, int)
            report.has_news |= report.tonight["loaded"] > 0


def _of_step(step: str, words: str) -> str:
    """A problem of a step, after the study that the step belongs to."""
    study, _, name = step.rpartition("__")
    return ": ".join([*([study] if study else []), name, words])


def _cause(failure: StepFailureData) -> str:
    """The words of whoever raised first."""
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    return _first_cause(failure.error)


def _first_cause(error: SerializableErrorInfo | None) -> str:
    while error and error.cause:
        error = error.cause
    return error.message.strip() if error else "no reason given"


def import_statistics() -> None:
    """Import what the statistics need while this process waits for a gate: seconds saved on two cores."""
    for name in (
        *(
            "cartwright.analysis.plan.run",
            "cartwright.analysis.figures",
            "cartwright.analysis.report.journal",
            "cartwright.analysis.report.page",
            "cartwright.analysis.audit",
        ),
        *("scipy.stats", "lifelines", "statsmodels.genmod.generalized_linear_model"),
        *("matplotlib.figure", "matplotlib.backends.backend_svg", "docx"),
    ):
        import_module(name)
