"""What the harnesses share: their size (small in `make test`, whole in `make accept`), a line with
what was counted, a small house."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from test_releases import furnish
from tiny_hospital import Hospital


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """`size(small, whole)`: how often, by the option --whole."""
    return lambda small, whole: whole if request.config.getoption("--whole") else small


@pytest.fixture
def tell(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print what was counted, also when the test passes."""

    def line(words: str) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {words}", flush=True)

    return line


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Hospital]:
    """A house with a study, one laboratory result and an endpoint that goes back to it."""
    hospital = furnish(Hospital(tmp_path / "house"))
    yield hospital
    hospital.con.close()
