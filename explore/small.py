"""Which groups of patients can be shown together, so that nobody works out a small one by adding and subtracting.

Whoever sees two groups sees their difference, too: 93 patients, and the same without three of them, show the three.
What can be worked out of counts and curves, which are sums over patients, is a matter of linear algebra: a set of
patients is singled out when its row of zeros and ones is a combination of the rows of the sets that are shown.

Medians, ratios and p values are no sums and are not followed here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
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
        self._place = {patient: number for number, patient in enumerate(members)}
        inside = np.zeros((len(members), len(every)), dtype=bool)
        for number, one in enumerate(every):
            inside[[self._place[patient] for patient in one], number] = True
        parts, self._part_of, sizes = np.unique(inside, axis=0, return_inverse=True, return_counts=True)
        guarded = np.zeros(len(parts), dtype=bool)
        guarded[[part for patient, part in zip(members, self._part_of, strict=True) if patient not in spared]] = True
        self._small = np.flatnonzero((sizes < least) & guarded)
        self._sizes, self._few = sizes, _Small(sizes[self._small], least)
        self._unknown = np.eye(len(parts))  # columns: directions in which the parts cannot be told yet

    def tell(self, sets: Iterable[Patients]) -> None:
        """Enter sets that another ledger of the same limit admitted together: a finer cut singles out no other group of
        them, since what follows from sets is the same for all patients of each part that they make."""
        for one in sets:
            self._unknown = _told(self._unknown, self._row(one) @ self._unknown)

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
            if self._few.is_singled_out(unknown[self._small]):
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


class _Small:
    """Parts of fewer than `least` patients, and what of them may be fewer than that together.

    Up to four parts are tried, all there can be for `least` up to 5; patients who are in the same sets are one part.
    """

    def __init__(self, sizes: NDArray[np.int64], least: int) -> None:
        self._sizes, self._least = sizes, least
        self._ones = np.arange(len(sizes))[:, None]
        pairs = np.stack(np.triu_indices(len(sizes), 1), axis=1)
        together = sizes[pairs].sum(axis=1)
        self._pairs, self._beside_one, self._beside_two = (pairs[together < least - others] for others in (0, 1, 2))

    def is_singled_out(self, unknown: NDArray[np.float64]) -> bool:
        """Whether some of them, few enough, have a sum that is no longer unknown (`unknown`: a row a part).

        Sums are looked at in two directions first, in which hardly any but those that are known are nothing.
        """
        if not len(unknown):
            return False
        along = np.random.default_rng(0).standard_normal((2, unknown.shape[1]))
        told, near = along @ unknown.T, 10 * _ZERO * max(1.0, float(np.linalg.norm(along)))
        tried = (
            self._alone(told, self._ones, near),
            self._alone(told, self._pairs, near),
            self._with_a_pair(told, self._ones, self._beside_one, near),
            self._with_a_pair(told, self._beside_two, self._beside_two, near),
        )
        return any(_is_told(unknown, found) for each in tried for found in each)

    def _alone(self, told: NDArray[np.float64], some: NDArray[np.int64], near: float) -> Iterator[NDArray[np.int64]]:
        yield some[np.abs(_sums(told[0], some)) < near]

    def _with_a_pair(
        self, told: NDArray[np.float64], some: NDArray[np.int64], pairs: NDArray[np.int64], near: float
    ) -> Iterator[NDArray[np.int64]]:
        """Parts out of `some` and a pair, all different and few enough, whose sums seem to cancel."""
        values = _sums(told[0], pairs)
        by_value = np.argsort(values)
        wanted = -_sums(told[0], some)
        by_wanted = by_value[::-1] if some is pairs else np.argsort(wanted)  # sorted, they are found many times faster
        values, wanted = values[by_value], wanted[by_wanted]
        low, high = np.searchsorted(values, wanted - near), np.searchsorted(values, wanted + near)
        count = high - low
        first = some[np.repeat(by_wanted, count)]
        second = pairs[by_value[np.arange(count.sum()) - np.repeat(np.cumsum(count) - high, count)]]
        found = np.hstack([first, second])[np.abs(_sums(told[1], first) + _sums(told[1], second)) < near]
        different = [len(set(parts)) == len(parts) for parts in found.tolist()]
        yield found[np.array(different, dtype=bool) & (self._sizes[found].sum(axis=1) < self._least)]


def _sums(told: NDArray[np.float64], some: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.sum([told[column] for column in some.T], axis=0)


def _is_told(unknown: NDArray[np.float64], groups: NDArray[np.int64]) -> bool:
    """Whether of one of these groups of parts nothing is unknown, in any direction."""
    return bool(len(groups)) and bool((np.abs(unknown[groups].sum(axis=1)).max(axis=1, initial=0.0) < _ZERO).any())
