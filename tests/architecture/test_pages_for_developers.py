"""Pages for developers name files, folders and tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:toml|py|md))`")
PAGES = ("changing.md", "checks.md", "developing.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_file_of_the_page_is_there(page: str) -> None:
    named = set(PLACE.findall((ROOT / "docs" / page).read_text(encoding="utf-8")))
    assert len(named) > 3
    assert not [place for place in sorted(named) if not (ROOT / place).exists()]


def test_a_task_names_one_file_and_one_test() -> None:
    rows = [line.split("|")[1:4] for line in (ROOT / "docs" / "changing.md").read_text().splitlines() if "`" in line]
    tasks = [(task.strip(), PLACE.findall(file), PLACE.findall(test)) for task, file, test in filter(None, rows)]
    assert len(tasks) >= 30
    assert not [task for task, files, _ in tasks if not files]
    assert not [task for task, _, tests in tasks if not tests and task != "prove that a rule is tested"]
