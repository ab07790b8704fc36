"""Which of the looks (colour, line, marker) a group has: the same one in every figure of the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

LOOKS = 9  # entries of COLOURS, LINES and MARKERS in analysis/figures/colours.py before the last
EVERYBODY = LOOKS  # the look of one group alone, which no group has


def places(figures: Iterable[Sequence[str]]) -> list[tuple[int, ...]]:
    """Per figure, in the order of the report, the look of each of its groups, given by their levels.

    The groups of the first figure that compares some take the first looks; a level keeps its look from then on, and a
    new one takes a look that no other has, as long as there is one. Groups of one figure differ, up to nine. Who stands
    alone and in no other figure has a look of its own.
    """
    kept: dict[str, int] = {}
    return [_of_one(levels, kept) for levels in figures]


def _of_one(levels: Sequence[str], kept: dict[str, int]) -> tuple[int, ...]:
    if len(levels) == 1:
        return (kept.get(levels[0], EVERYBODY),)
    own: dict[str, int] = {}
    for level, look in kept.items():  # who had it first keeps it
        if level in levels and look not in own.values():
            own[level] = look
    for level in levels:
        if level not in own:
            own[level] = _next(own, kept)
            kept.setdefault(level, own[level])
    return tuple(own[level] for level in levels)


def _next(own: Mapping[str, int], kept: Mapping[str, int]) -> int:
    free = [look for look in range(LOOKS) if look not in own.values()]
    new = [look for look in free if look not in kept.values()]
    return (new or free or [len(own) % LOOKS])[0]
