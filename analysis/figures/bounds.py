"""How much a figure draws, at any number of patients: what an eye can tell apart, and it says what it leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame, Series

PLACES, MARKS = 600, 200  # across a panel: steps finer than a point, and ticks that stand apart
PATIENTS = 150  # bars or courses of a group
POINTS = 400  # marks of a cloud


def steps(curve: DataFrame, time: str) -> DataFrame:
    """The rows of a step curve that show: of those that fall on one place of the panel the last one, and the first row.

    `curve` is in the order of `time`; the value that a place ends with is the value drawn.
    """
    if len(curve) <= PLACES:
        return curve
    place = _places(curve[time], PLACES)
    keep = place.ne(place.shift(-1))
    keep.iloc[0] = True
    return curve[keep]


def ticks(rows: DataFrame, time: str) -> DataFrame:
    """One mark a place."""
    return rows if len(rows) <= MARKS else rows[_places(rows[time], MARKS).diff().ne(0)]


def every(rows: DataFrame, by: str, most: int = PATIENTS) -> tuple[DataFrame, str]:
    """Every k-th of those that `by` tells apart, in its order, so that at most `most` are left; words that say so."""
    ranks = sorted(rows[by].unique())
    step = -(-len(ranks) // most)
    if step <= 1:
        return rows, ""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(step % 10 if step % 100 not in (11, 12, 13) else 0, "th")
    return rows[rows[by].isin(ranks[::step])], f"every {step}{ending} of {len(ranks):,} is drawn"


def _places(times: Series, count: int) -> Series:
    span = times.iloc[-1] - times.iloc[0] or 1.0
    return ((times - times.iloc[0]) / span * count).astype(int)
