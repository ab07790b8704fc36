"""What every survival function demands of its input, said once: a clear error, never a silent number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cartwright.analysis.counted import counted
from cartwright.analysis.methods.estimate import UnusableData

SAME_TIME = 1.5e-8  # of the mean time, or of 1: root of the machine's precision, as R's timefix


@dataclass(frozen=True)
class SurvivalData:
    """Checked arrays, one subject (or interval) a row, all float64 except `event` (bool); weight-zero rows are gone."""

    time: np.ndarray
    event: np.ndarray
    entry: np.ndarray | None
    weight: np.ndarray
    kept: np.ndarray  # positions of the rows kept, so that group labels can follow

    @property
    def is_weighted(self) -> bool:
        return bool((self.weight != 1).any())


def as_numbers(values: ArrayLike, name: str) -> np.ndarray:
    """Float64 vector without missing or infinite values."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise UnusableData(f"{name} must be numbers without missing values") from error
    if array.ndim != 1:
        raise UnusableData(f"{name} must be one column, not {array.ndim} dimensions")
    if (bad := ~np.isfinite(array)).any():
        raise UnusableData(f"{name}: {int(bad.sum())} of {array.size} values are missing or infinite")
    return array


def complete_rows(table: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Whether each row of a table knows all of these columns; a row does where there are none."""
    known = {column: table[column].notna().to_numpy() for column in columns}
    if empty := [column for column, where in known.items() if not where.any()]:
        raise UnusableData(f"all values are missing in {', '.join(empty)}")
    complete = np.logical_and.reduce([np.ones(len(table), dtype=bool), *known.values()])
    if not complete.any():
        raise UnusableData("no row is complete in all covariates")
    return complete


def as_labels(values: ArrayLike, name: str, size: int) -> np.ndarray:
    """Labels of `size` rows (groups, strata) without missing ones: a row without a label would be left out unseen."""
    labels = np.asarray(values)
    if labels.shape != (size,):
        raise UnusableData(f"{name} must be one column of {size} rows")
    if missing := int(pd.isna(labels).sum()):
        raise UnusableData(f"{name}: {missing} of {size} values are missing")
    return labels


def same_times(*columns: np.ndarray) -> list[np.ndarray]:
    """The columns with times that differ by rounding only set to one value: the earliest (R survival's aeqSurv).

    Days divided by a month length and multiplied back differ in the last digits; two such deaths are still one time.
    """
    every = np.unique(np.concatenate(columns))
    if every.size < 2 or (every == np.round(every)).all():
        return list(columns)
    apart = np.diff(every) > SAME_TIME * max(1.0, np.abs(every).mean())
    if apart.all():
        return list(columns)
    first = np.append(True, apart)
    merged = every[first][np.cumsum(first) - 1]
    return [merged[np.searchsorted(every, column)] for column in columns]


def checked_survival(
    durations: ArrayLike, events: ArrayLike, entry: ArrayLike | None = None, weights: ArrayLike | None = None
) -> SurvivalData:
    """Validate times (>= 0, entry < time), event flags (0/1) and weights (>= 0, not all zero). Times that differ by
    rounding only become one.

    Raises UnusableData naming the column and the number of bad rows. Rows of weight zero are left out, as they carry
    no information and would otherwise count in n.
    """
    time = as_numbers(durations, "durations")
    flags = as_numbers(events, "events")
    if time.size == 0:
        raise UnusableData("no rows: nothing to estimate")
    if flags.size != time.size:
        raise UnusableData(f"durations has {time.size} rows, events {flags.size}")
    if (time < 0).any():
        raise UnusableData(f"durations: {int((time < 0).sum())} of {time.size} values are negative")
    if not np.isin(flags, (0, 1)).all():
        raise UnusableData("events must be 0 or 1 (False or True)")
    start = None
    if entry is not None:
        start = as_numbers(entry, "entry")
        if start.size != time.size:
            raise UnusableData(f"durations has {time.size} rows, entry {start.size}")
        time, start = same_times(time, start)
        if (start >= time).any():
            raise UnusableData(
                f"entry: {counted(int((start >= time).sum()), 'row')} that do not enter before their time"
            )
    else:
        (time,) = same_times(time)
    weight = np.ones_like(time) if weights is None else as_numbers(weights, "weights")
    if weight.size != time.size:
        raise UnusableData(f"durations has {time.size} rows, weights {weight.size}")
    if (weight < 0).any():
        raise UnusableData(f"weights: {counted(int((weight < 0).sum()), 'value is', 'values are')} negative")
    kept = np.flatnonzero(weight > 0)
    if kept.size == 0:
        raise UnusableData("weights: all are zero")
    return SurvivalData(time[kept], flags[kept] == 1, None if start is None else start[kept], weight[kept], kept)


def require_one_row_per_subject(subjects: ArrayLike) -> None:
    """Raise when a subject is listed twice: every row would be counted as a person of its own."""
    labels, counts = np.unique(np.asarray(subjects), return_counts=True)
    if (counts > 1).any():
        raise UnusableData(f"{int((counts > 1).sum())} of {labels.size} subjects have more than one row")
