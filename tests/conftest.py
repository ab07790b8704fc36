"""What holds for all tests: those that take long begin first, so that two workers end together."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests first; otherwise in the order of files."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
