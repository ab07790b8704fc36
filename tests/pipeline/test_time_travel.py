"""A past night rebuilt as of then is the night that was, table by table and by its release id."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.time_travel import begin, differences

pytestmark = pytest.mark.slow


def test_every_past_night_is_built_again_as_it_was(tmp_path: Path) -> None:
    """Three nights, with all that can happen in a hospital between them."""
    house = begin(tmp_path / "house", patients=12)
    nights = [house.night()]
    for event in (house.news, house.correction, house.withdrawal, house.deletion, house.merge):
        house.do(event)
    nights.append(house.night())
    for event in (house.news, house.late, house.without_a_word, house.wrong):
        house.do(event)
    nights.append(house.night())
    assert len({night.release_id for night in nights}) == len(nights)
    for night in (nights[1], nights[0], nights[2]):
        assert differences(night, house.again(night)) == []
