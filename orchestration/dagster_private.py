"""What is used of Dagster beyond its public interface, all of it, in one place.

Dagster may change these in any version, so that its version is pinned exactly (requirements/base.in), and
tests/architecture/test_private_interfaces.py says which of them a new version no longer has as they are used. What
the pages need of dagster-webserver stands in pages.py, which the night does not import.
"""

from __future__ import annotations

import sys
from typing import Any

from dagster import DagsterInstance, JobDefinition
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.execution.api import execute_run
from dagster._core.execution.plan.objects import StepFailureData
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import TickStatus
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.tags import REPOSITORY_LABEL_TAG
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.utils import make_new_run_id
from dagster._serdes import ConfigurableClassData
from dagster._utils.error import SerializableErrorInfo

__all__ = [
    "ConfigurableClassData",
    "SerializableErrorInfo",
    "SqliteEventLogStorage",
    "StepFailureData",
    "TickStatus",
    "make_new_run_id",
    "run_under_its_job",
]


def run_under_its_job(
    instance: DagsterInstance,
    job: JobDefinition,
    location: str,
    run_id: str,
    run_config: dict[str, Any],
    tags: dict[str, str],
) -> bool:
    """Run a job in this process; whether it succeeded. `location`: the module of the definitions that the pages load.

    `execute_in_process` would enter a run that belongs to no job of the pages and stands in no timeline.
    """
    target = LoadableTargetOrigin(executable_path=sys.executable, module_name=location)
    code = ManagedGrpcPythonEnvCodeLocationOrigin(loadable_target_origin=target, location_name=location)
    origin = RemoteRepositoryOrigin(code, SINGLETON_REPOSITORY_NAME).get_job_origin(job.name)
    run = instance.create_run_for_job(
        job_def=job,
        run_id=run_id,
        run_config=run_config,
        tags={**tags, REPOSITORY_LABEL_TAG: origin.repository_origin.get_label()},
        remote_job_origin=origin,
    )
    return bool(execute_run(InMemoryJob(job), run, instance).success)
