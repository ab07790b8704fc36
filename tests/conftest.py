"""What holds for all tests: long ones begin first, so that two workers end together; how examples are drawn; files of
slow tests alone are not even imported where none is wanted."""

from __future__ import annotations

import gc
import os
import re
from pathlib import Path

import pytest
from hypothesis import settings

# Where nothing is to depend on luck (CI), the same examples are tried every time; at a desk others each time.
settings.register_profile("desk", max_examples=60, deadline=None)
settings.register_profile("ci", parent=settings.get_profile("desk"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


gc.disable()  # while tests are collected; see pytest_collection_finish

_ALL_ARE = re.compile(r"^pytestmark = \[?\s*pytest\.mark\.(slow|browser)\b", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whether every test of a file is deselected by its mark: to import it can take longer than many a test."""
    if collection_path.suffix != ".py" or not (unwanted := re.findall(r"not (\w+)", config.option.markexpr or "")):
        return None
    mark = _ALL_ARE.search(collection_path.read_text(encoding="utf-8"))
    return True if mark and mark[1] in unwanted else None


def pytest_collection_finish() -> None:
    """What was loaded stays: to look for garbage among it, again and again, took a quarter of the tests' time."""
    gc.freeze()
    gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="harnesses at full size, as `make accept` runs them")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow tests first; otherwise in the order of files. Harnesses of whole nights only where they are asked for."""
    if not config.getoption("--whole"):
        left_out = [item for item in items if item.get_closest_marker("whole")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
