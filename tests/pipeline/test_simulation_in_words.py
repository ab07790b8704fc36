"""The first screen of a report says in words what wrote its data, and no name of a program's setting."""

from __future__ import annotations

from pathlib import Path

from cartwright.orchestration.assets.report import simulation_in_words
from cartwright.simulator.generate import simulate
from cartwright.warehouse.settings import Settings


def test_the_report_says_in_words_what_wrote_its_data(tmp_path: Path) -> None:
    marker = Settings(home=tmp_path).simulated_marker
    assert simulation_in_words(marker) == {}
    simulate(tmp_path, patients=3, seed=7, processes=1)
    told = simulation_in_words(marker)
    assert told["patients"] == 3
    assert told["seed"] == 7
    assert not [words for words in told if "_" in words]
