"""One process writes at a time; who only looks whether somebody does keeps no night from its work."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from cartwright.warehouse.settings import Settings
from cartwright.warehouse.writer import AnotherNightIsWriting, sole_writer


def test_a_night_waits_for_who_only_looks(tmp_path: Path) -> None:
    settings, holds = Settings(home=tmp_path), threading.Event()

    def look() -> None:
        with sole_writer(settings):
            holds.set()
            ended.wait(0.3)

    ended, looker = threading.Event(), threading.Thread(target=look)
    looker.start()
    holds.wait()
    with sole_writer(settings):
        pass
    looker.join()


def test_who_looks_says_at_once_that_a_night_is_writing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with sole_writer(settings), pytest.raises(AnotherNightIsWriting), sole_writer(settings, patience=0):
        pass
