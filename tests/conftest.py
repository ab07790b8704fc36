"""What holds for all tests: long ones begin first, so that two workers end together; how examples are drawn."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Where nothing is to depend on luck (CI), the same examples are tried every time; at a desk others each time.
settings.register_profile("desk", max_examples=60, deadline=None)
settings.register_profile("ci", parent=settings.get_profile("desk"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests first; otherwise in the order of files."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
