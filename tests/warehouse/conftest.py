"""Fixtures of the store's tests; the tiny hospital itself stands in tiny_hospital.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiny_hospital import Hospital


@pytest.fixture
def hospital(tmp_path: Path):
    made = Hospital(tmp_path / "home")
    yield made
    made.con.close()
