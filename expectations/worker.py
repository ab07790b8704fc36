"""Great Expectations in a process of its own, started ahead: importing it takes longer than reading a night's feeds.

It also keeps the connections of GX, configured in their own way, out of the process that builds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cartwright.expectations import run as runner
from cartwright.expectations.check import Check
from cartwright.expectations.run import Verdict
from cartwright.warehouse.process import start_process

if TYPE_CHECKING:
    from concurrent.futures import Executor


@cache
def _process() -> Executor:
    return start_process()


def warm_up() -> None:
    """Start the process and its imports; returns at once."""
    _process().submit(runner.import_great_expectations)


def run(build_file: Path, checks: Sequence[Check], hospital: Path | None = None) -> list[Verdict]:
    """`cartwright.expectations.run.run` in the other process. The files must not be open for writing meanwhile."""
    return _process().submit(runner.run, build_file, checks, hospital).result()
