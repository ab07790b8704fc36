"""Great Expectations in the other process of a night, started ahead: importing it takes longer than reading feeds.

It also keeps the connections of GX, configured in their own way, out of the process that builds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cartwright.expectations import run as runner
from cartwright.expectations.check import Check
from cartwright.expectations.run import Verdict
from cartwright.warehouse.process import loading, second_process


def warm_up() -> None:
    """Start the process and its imports; returns at once."""
    second_process().submit(_import)


def _import() -> None:
    with loading():
        runner.import_great_expectations()


def run(build_file: Path, checks: Sequence[Check], hospital: Path | None = None) -> list[Verdict]:
    """`cartwright.expectations.run.run` in the other process. The files must not be open for writing meanwhile."""
    return second_process().submit(runner.run, build_file, checks, hospital).result()
