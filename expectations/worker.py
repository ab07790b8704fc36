"""Great Expectations in a process of its own, started ahead: importing it takes longer than reading a night's feeds.

It also keeps the connections of GX, configured in their own way, out of the process that builds.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from expectations import run as runner
from expectations.check import Check
from expectations.run import Verdict


@cache
def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))


def warm_up() -> None:
    """Start the process and its imports; returns at once."""
    _process().submit(runner.import_great_expectations)


def run(build_file: Path, checks: Sequence[Check]) -> list[Verdict]:
    """`expectations.run.run` in the other process. The build file must not be open for writing meanwhile."""
    return _process().submit(runner.run, build_file, checks).result()
