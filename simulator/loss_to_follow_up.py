"""How long before the data cut a patient who lives was last seen."""

from __future__ import annotations

from random import Random


def days_unseen(rng: Random) -> int:
    """Of a patient of the hospital: one in eight is lost for months."""
    lost = rng.random() < 0.12
    return rng.randrange(60, 300) if lost else rng.randrange(0, 30)


def days_unseen_of_included(rng: Random, is_seen: bool, has_room: bool) -> int:
    """Of a patient of the study: none where `is_seen`, months for one in seven where the calendar `has_room`."""
    gap = 0 if rng.random() < 0.2 else rng.randrange(0, 26)
    if is_seen:
        return 0
    return rng.randrange(60, 120) if rng.random() < 0.15 and has_room else gap
