"""One simulated study for all tests of this folder."""

import csv
from pathlib import Path

import pytest

from cartwright.simulator.generate import simulate


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default study in its final state."""
    out = tmp_path_factory.mktemp("hospital")
    simulate(out)
    return out


@pytest.fixture(scope="session")
def truths(home: Path) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Actual and derivable truth, row by row the same patients."""

    def rows(name: str) -> list[dict[str, str]]:
        with (home / "truth" / f"{name}.csv").open(encoding="utf-8") as handle:
            return list(csv.DictReader(handle))

    return rows("actual"), rows("derivable")
