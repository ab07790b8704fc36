"""What is used of Dagster beyond its public interface: there, called as here, in few files; of dbt its runner."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRIVATE = re.compile(r"^\s*(?:from|import) (?:dagster[.]_|dagster_\w+[.]|dbt\w*[.])", re.MULTILINE)
HOMES = {
    "orchestration/dbt/compile.py",  # dbt's runner, which its pages document but no import of its package offers
    "orchestration/dagster_private.py",  # Dagster
    "orchestration/pages.py",  # dagster-webserver, which the night does not import
}


def test_private_modules_are_imported_in_these_files_alone():
    found = {
        str(path.relative_to(ROOT))
        for room in ("orchestration", "expectations", "warehouse", "analysis", "simulator")
        for path in (ROOT / room).rglob("*.py")
        if PRIVATE.search(path.read_text(encoding="utf-8"))
    }
    assert found == HOMES


@pytest.mark.parametrize("package", ["dagster", "dagster-webserver", "dagster-dbt", "dbt-core", "dbt-duckdb"])
def test_a_package_with_private_use_is_pinned_to_the_version_that_is_tested(package):
    declared = (ROOT / "requirements" / "base.in").read_text(encoding="utf-8").splitlines()
    assert f"{package}=={version(package)}" in declared


def takes(function, *arguments: str, **named: object) -> bool:
    """Whether a call with these arguments fits the signature."""
    try:
        inspect.signature(function).bind(*arguments, **named)
    except TypeError:
        return False
    return True


def test_the_event_store_of_dagster_is_extended_where_it_opens_its_files():
    from cartwright.orchestration.dagster_private import SqliteEventLogStorage

    assert takes(SqliteEventLogStorage.__init__, "self", "base_dir", "inst_data")
    assert takes(SqliteEventLogStorage._connect, "self", "shard")
    assert takes(SqliteEventLogStorage.conn_string_for_shard, "self", "shard")
    assert takes(SqliteEventLogStorage._initdb, "self", "engine")
    assert "_db_lock" in inspect.getsource(SqliteEventLogStorage.__init__)
    assert "self._connect(" in inspect.getsource(SqliteEventLogStorage)


def test_what_dagster_says_of_an_error_has_its_class_its_words_and_its_cause():
    from cartwright.orchestration.dagster_private import SerializableErrorInfo, StepFailureData

    assert {"message", "cls_name", "cause"} <= set(SerializableErrorInfo._fields)
    assert {"error", "user_failure_data"} <= set(inspect.signature(StepFailureData.__new__).parameters)


def test_runs_can_be_named_and_ticks_be_judged():
    from cartwright.orchestration.dagster_private import TickStatus, make_new_run_id

    assert len(make_new_run_id()) == 36
    assert TickStatus.FAILURE.value == "FAILURE"


def test_a_run_can_be_entered_under_a_job_of_the_pages():
    from cartwright.orchestration import dagster_private as private

    created = {"job_def", "run_id", "run_config", "tags", "remote_job_origin"}
    assert takes(private.DagsterInstance.create_run_for_job, "self", **dict.fromkeys(created))
    assert takes(private.execute_run, "job", "run", "instance")
    assert takes(private.LoadableTargetOrigin, executable_path="python", module_name="module")
    assert takes(
        private.ManagedGrpcPythonEnvCodeLocationOrigin, loadable_target_origin="target", location_name="module"
    )
    assert private.REPOSITORY_LABEL_TAG == ".dagster/repository"


def test_the_daemon_is_a_module_that_can_be_run():
    assert find_spec("dagster._daemon.__main__")


def test_the_pages_are_served_by_the_class_that_the_guard_replaces():
    from dagster_webserver import app
    from dagster_webserver.webserver import DagsterWebserver

    assert takes(DagsterWebserver.build_middleware, "self")
    assert "DagsterWebserver(" in inspect.getsource(app)


def test_the_runner_of_dbt_takes_what_was_parsed_and_returns_it():
    from dbt.cli.main import dbtRunner, dbtRunnerResult

    assert takes(dbtRunner, manifest=None)
    assert takes(dbtRunner.invoke, "self", ["compile"])
    assert takes(dbtRunnerResult, success=True, exception=None, result=None)
