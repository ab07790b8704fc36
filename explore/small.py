"""Which groups of patients can be shown together, so that nobody works out a small one by adding and subtracting.

Whoever sees two groups sees their difference, too: 93 patients, and the same without three of them, show the three.
What can be worked out of counts and curves, which are sums over patients, is a matter of linear algebra: a set of
patients is singled out when its row of zeros and ones is a combination of the rows of the sets that are shown.

Medians, ratios and p values are no sums and are not followed here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Patients = frozenset[str]
_ZERO = 1e-8


class Ledger:
    """What may be shown, decided set after set: whoever comes first is shown.

    sets    all sets that will be asked for, in any order
    least   fewer patients than this are a small group
    spared  patients of whom nothing is told by being in a set of these alone, however small
    """

    def __init__(self, sets: Iterable[Collection[str]], least: int, spared: Patients = frozenset()) -> None:
        self._least, self._spared = least, spared
        every = [frozenset(one) for one in sets]
        members = sorted(frozenset().union(*every))
        inside = np.array([[patient in one for one in every] for patient in members], dtype=bool)
        parts, self._part_of, sizes = np.unique(
            inside.reshape(len(members), len(every)), axis=0, return_inverse=True, return_counts=True
        )
        self._place = {patient: number for number, patient in enumerate(members)}
        guarded = np.zeros(len(parts), dtype=bool)
        guarded[[part for patient, part in zip(members, self._part_of, strict=True) if patient not in spared]] = True
        self._small = np.flatnonzero((sizes < least) & guarded)
        self._sizes = sizes
        self._unknown = np.eye(len(parts))  # columns: directions in which the parts cannot be told yet

    def admit(self, sets: Sequence[Patients]) -> bool:
        """Whether these sets can be shown, all of them, beside all that was admitted; then they are.

        Empty sets say nothing. A set of fewer than `least`, or one that would let such a set be worked out, is refused,
        and the others with it.
        """
        wanted = [one for one in sets if one]
        if any(len(one) < self._least and not one <= self._spared for one in wanted):
            return False
        unknown = self._unknown
        for one in wanted:
            unknown = _told(unknown, self._row(one) @ unknown)
        if unknown.shape[1] < self._unknown.shape[1]:
            if _singles_out(unknown[self._small], self._sizes[self._small], self._least):
                return False
            self._unknown = unknown
        return True

    def _row(self, one: Patients) -> NDArray[np.float64]:
        row = np.zeros(len(self._sizes))
        row[self._part_of[[self._place[patient] for patient in one]]] = 1.0
        return row


def _told(unknown: NDArray[np.float64], seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """The directions that stay unknown once the sum in direction `seen` (of the columns) is told: one fewer, or all."""
    size = np.linalg.norm(seen)
    if size < _ZERO:
        return unknown
    mirror = seen / size
    mirror[0] += 1.0 if mirror[0] >= 0 else -1.0
    mirror /= np.linalg.norm(mirror)
    return (unknown - 2.0 * np.outer(unknown @ mirror, mirror))[:, 1:]


def _singles_out(unknown: NDArray[np.float64], sizes: NDArray[np.int64], least: int) -> bool:
    """Whether some of the parts, fewer than `least` patients together, have a sum that is no longer unknown.

    Up to four parts are tried, all there can be for `least` up to 5; patients who are in the same sets are one part.
    """
    if not len(unknown):
        return False
    along = np.random.default_rng(0).standard_normal(unknown.shape[1])
    told, near = unknown @ along, 10 * _ZERO * max(1.0, float(np.linalg.norm(along)))
    ones = np.arange(len(unknown))[:, None]
    pairs = np.stack(np.triu_indices(len(unknown), 1), axis=1)
    pairs = pairs[sizes[pairs].sum(axis=1) < least]
    alone = (some[np.abs(told[some].sum(axis=1)) < near] for some in (ones, pairs))
    with_a_pair = (_opposite(told, sizes, some, pairs, least, near) for some in (ones, pairs))  # up to four parts
    return any(_is_told(unknown, found) for found in chain(alone, with_a_pair))


def _opposite(
    told: NDArray[np.float64],
    sizes: NDArray[np.int64],
    some: NDArray[np.int64],
    pairs: NDArray[np.int64],
    least: int,
    near: float,
) -> NDArray[np.int64]:
    """Parts out of `some` and a pair, all different and few enough, whose sums seem to cancel."""
    values = told[pairs].sum(axis=1)
    order = np.argsort(values)
    values, pairs = values[order], pairs[order]
    wanted = -told[some].sum(axis=1)
    low, high = np.searchsorted(values, wanted - near), np.searchsorted(values, wanted + near)
    found = [
        [*some[number], *pairs[place]]
        for number in np.flatnonzero(high > low)
        for place in range(low[number], high[number])
    ]
    kept = [parts for parts in found if len(set(parts)) == len(parts) and sizes[parts].sum() < least]
    return np.array(kept, dtype=int).reshape(len(kept), some.shape[1] + 2)


def _is_told(unknown: NDArray[np.float64], groups: NDArray[np.int64]) -> bool:
    """Whether of one of these groups of parts nothing is unknown, in any direction."""
    return bool(len(groups)) and bool((np.abs(unknown[groups].sum(axis=1)).max(axis=1, initial=0.0) < _ZERO).any())
