"""What is used of Dagster beyond its public interface, all of it, in one place.

Dagster may change these in any version, so that its version is pinned exactly (requirements/base.in), and
tests/architecture/test_private_interfaces.py says which of them a new version no longer has as they are used. What
the pages need of dagster-webserver stands in pages.py, which the night does not import.
"""

from __future__ import annotations

from dagster._core.execution.plan.objects import StepFailureData
from dagster._core.scheduler.instigation import TickStatus
from dagster._core.storage.event_log import SqliteEventLogStorage
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
]
