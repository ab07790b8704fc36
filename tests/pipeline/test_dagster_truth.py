"""What Dagster shows is what was: checks, runs under their job, every asset alone, and with PostgreSQL as its store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb
import pytest
import yaml
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster_graphql.schema import create_schema

import postgresql
from cartwright.orchestration import definitions
from cartwright.orchestration import instance as dagster_home
from cartwright.orchestration.commands.refresh import run_night
from cartwright.warehouse.settings import CHECKOUT, Settings
from houses import House, silent

pytestmark = pytest.mark.slow
# What the pages ask for the page of a job, and for the timeline.
RUNS = """{
  repositoryOrError(repositorySelector: {repositoryLocationName: "cartwright.orchestration.definitions",
                                         repositoryName: "__repository__"}) {
    ... on Repository { pipelines { name runs { runId status } } } }
  runsOrError { ... on Runs { results { runId jobName startTime repositoryOrigin {
    repositoryName repositoryLocationName } } } }
}"""


@contextmanager
def instance_of(settings: Settings) -> Iterator[dg.DagsterInstance]:
    dagster_home.prepare(settings)
    with dg.DagsterInstance.get() as instance:
        yield instance


def stored_checks(house: House) -> dict[str, tuple[str, str]]:
    """(severity, outcome) of every check of the night, by id and table."""
    found = {}
    for path in (house.settings.build_db, house.place.build_db):
        with duckdb.connect(str(path), read_only=True) as con:
            rows = con.execute(
                "SELECT check_id || ' on ' || table_name, severity, outcome FROM quality.check_result WHERE run_id = ?",
                [house.report.run_id],
            ).fetchall()
        found |= {name: state for name, *state in rows}
    return found


def test_every_stored_check_is_shown_and_what_did_not_pass_is_red(house: House) -> None:
    with instance_of(house.settings) as instance:
        events = instance.get_records_for_run(
            house.report.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ).records
    shown = [event.event_log_entry.dagster_event.event_specific_data for event in events]
    stored = stored_checks(house)
    assert sum(check.metadata["checks"].value for check in shown) == len(stored)
    bad = {name for name, (_, outcome) in stored.items() if outcome in ("failed", "error")}
    assert bad, "the simulated hospital has things to find"
    assert sum(check.metadata["failed"].value for check in shown) == len(bad)
    for check in shown:
        assert check.passed == (check.metadata["failed"].value == 0)
        fatal = check.metadata["fatal"].value
        assert check.passed or check.severity.name == ("ERROR" if fatal else "WARN")
    told = "\n".join(check.metadata["findings"].value for check in shown)
    for name in bad:
        assert f"**{name.partition(' on ')[0]}**" in told


def test_every_asset_and_every_check_can_be_asked_for_alone(house: House) -> None:
    defs = definitions.of(house.settings)
    everything, graph = defs.resolve_implicit_global_asset_job_def(), defs.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        assert everything.get_subset(asset_selection={key}).asset_layer.selected_asset_keys == {key}
    for key in graph.asset_check_keys:
        assert everything.get_subset(asset_selection=set(), asset_check_selection={key})


def test_whatever_is_started_from_the_pages_runs_in_one_process(house: House) -> None:
    defs = definitions.of(house.settings)
    jobs = [defs.resolve_implicit_global_asset_job_def(), *defs.resolve_all_job_defs()]
    assert {job.name: job.executor_def.name for job in jobs} == {job.name: "in_process" for job in jobs}
    assert len(jobs) > 2


def test_one_asset_of_each_step_is_made_alone_after_a_night(copy_of_house: Settings) -> None:
    defs = definitions.of(copy_of_house)
    everything, graph = defs.resolve_implicit_global_asset_job_def(), defs.resolve_asset_graph()
    of_step = {graph.get(key).assets_def.op.name: key for key in sorted(graph.materializable_asset_keys)}
    ended = {}
    with instance_of(copy_of_house) as instance:
        for step, key in of_step.items():
            job = everything.get_subset(asset_selection={key})
            run = instance.create_run_for_job(job, asset_selection={key})
            result = execute_run(InMemoryJob(job), run, instance)
            made = [event.asset_key for event in result.get_asset_materialization_events()]
            ended[step] = result.success and made == [key]
    assert [step for step, is_whole in ended.items() if not is_whole] == []


def test_a_release_made_alone_is_not_published_with_a_report_of_other_inputs(copy_of_house: Settings) -> None:
    """Its checks would be those of the night before; what was made since then may be of other SQL."""
    place = copy_of_house.places()[0]
    key = dg.AssetKey([place.study_id, "release", "current"])
    (place.workshop / "release_id").write_text("0123456789abcdef")
    job = definitions.of(copy_of_house).resolve_implicit_global_asset_job_def().get_subset(asset_selection={key})
    with instance_of(copy_of_house) as instance:
        result = execute_run(InMemoryJob(job), instance.create_run_for_job(job, asset_selection={key}), instance)
        (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "the report was made of other inputs" in str(failure.step_failure_data)
    assert not (place.releases / "0123456789abcdef").exists()


def test_a_night_of_the_command_line_stands_under_its_job_and_in_the_timeline(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        instance_of(house.settings) as instance,
        WorkspaceProcessContext(instance, ModuleTarget(definitions.__name__, None, str(CHECKOUT), None)) as pages,
    ):
        found = create_schema().execute(RUNS, context_value=pages.create_request_context())
    assert not found.errors, found.errors
    (nightly,) = [job for job in found.data["repositoryOrError"]["pipelines"] if job["name"] == "nightly"]
    assert nightly["runs"] == [{"runId": house.report.run_id, "status": "SUCCESS"}]
    (run,) = found.data["runsOrError"]["results"]
    assert (run["jobName"], run["startTime"] > 0) == ("nightly", True)
    assert run["repositoryOrigin"] == {
        "repositoryName": "__repository__",
        "repositoryLocationName": "cartwright.orchestration.definitions",
    }


def test_with_postgresql_as_its_store_a_study_runs_alone_and_is_found_again(
    copy_of_house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration is that of docs/operations.md, word for word."""
    page = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```yaml dagster\.yaml\n(.*?)```", page, re.DOTALL)
    config = copy_of_house.dagster_home / "dagster.yaml"
    kept = [line for line in config.read_text().splitlines() if not line.startswith("event_log_storage:")]
    config.write_text("\n".join(kept) + "\n" + lines)
    assert yaml.safe_load(config.read_text())["storage"]
    with postgresql.running("dagster") as url:
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", url.replace("+psycopg", ""))
        report = run_night(copy_of_house, silent, "cd20_salvage")
        assert report.succeeded, report.problems
        assert report.published == ["cd20_salvage"]
        with instance_of(copy_of_house) as instance:
            (run,) = instance.get_runs()
            assert (run.run_id, run.job_name, run.status.name) == (report.run_id, "study_cd20_salvage", "SUCCESS")
            checks = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
            assert len(checks.records) > 50
            assert "postgresql" in type(instance.event_log_storage).__module__ or "postgres" in str(
                type(instance.event_log_storage)
            )
            assert dagster_home.sweep(instance, copy_of_house)[0] == 0
