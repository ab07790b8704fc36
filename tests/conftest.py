"""What holds for all tests: long ones begin first, so that all workers end together; how examples are drawn; files of
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


# By how long they take or wait, the longest first (`--durations`): begun at the end, one of these keeps a core idle.
LONGEST = (
    *("test_schedule", "test_four_studies", "test_operators_how_to", "test_night_kills", "test_wheel", "test_spark"),
    *("test_second_night", "test_several_studies", "test_dbt_itself", "test_replay", "test_incremental_nights"),
    *("test_dagster_truth", "test_cdisc_export", "test_definitions_load", "test_order_and_key", "test_notebook"),
    *("test_planted_faults", "test_another_hospital", "test_restore", "test_time_travel", "test_handbook"),
    *("test_browser", "test_twins", "test_touched_subjects", "test_report", "test_files_as_programs_write_them"),
    *("test_published", "test_releases", "test_kills", "test_escapes", "test_ehr_postgresql", "test_firth"),
)


def _turn(item: pytest.Item) -> tuple[int, bool]:
    name = item.path.stem
    return LONGEST.index(name) if name in LONGEST else len(LONGEST), item.get_closest_marker("slow") is None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first, then slow tests, then the others. Harnesses of whole nights only where asked for."""
    if not config.getoption("--whole"):
        left_out = [item for item in items if item.get_closest_marker("whole")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=_turn)
