"""Counts by day: all that Kaplan-Meier and the log-rank test need, however many subjects stand behind them.

One grouped pass over the rows (or one GROUP BY in a database) gives the table; nothing after it depends on n.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.input_checks import as_labels, checked_survival

COLUMNS = ["stratum", "group", "time", "events", "censored", "entered"]


def event_counts(
    durations: ArrayLike,
    events: ArrayLike,
    group: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> pd.DataFrame:
    """Weighted counts per (stratum, group, time): `events`, `censored`, and `entered` (left truncation; at that time).

    Subjects enter after time 0 only when `entry` is given; without it the number at risk at the start is the sum of
    events and censored. A subject is at risk at t when entry < t <= time.
    """
    data = checked_survival(durations, events, entry, weights)

    def labels(values: ArrayLike | None, name: str) -> np.ndarray:
        if values is None:
            return np.zeros(data.time.size, dtype=int)
        return as_labels(values, name, np.size(durations))[data.kept]

    keys = {"stratum": labels(stratum, "stratum"), "group": labels(group, "group")}
    leaving = pd.DataFrame(
        {
            **keys,
            "time": data.time,
            "events": data.weight * data.event,
            "censored": data.weight * ~data.event,
            "entered": 0.0,
        }
    )
    parts = [leaving]
    if data.entry is not None:
        parts.append(pd.DataFrame({**keys, "time": data.entry, "events": 0.0, "censored": 0.0, "entered": data.weight}))
    return pd.concat(parts).groupby(["stratum", "group", "time"], sort=True, as_index=False).sum()[COLUMNS]


def checked_counts(counts: pd.DataFrame, needed: tuple[str, ...] = ()) -> pd.DataFrame:
    """Counts by day that somebody else grouped; UnusableData unless they are non-negative numbers at known times."""
    if absent := [name for name in ("time", "events", "censored", *needed) if name not in counts]:
        raise UnusableData(f"no column {', '.join(absent)}")
    numbers = counts[[name for name in ("time", "events", "censored", "entered") if name in counts]].to_numpy(float)
    if not numbers.size or not (np.isfinite(numbers) & (numbers >= 0)).all():
        raise UnusableData("counts must be non-negative numbers at non-negative times")
    if counts[[name for name in ("group", "stratum") if name in counts]].isna().to_numpy().any():
        raise UnusableData("group or stratum: values are missing")
    return counts


def at_risk_before(entered: np.ndarray, left: np.ndarray, axis: int = -1) -> np.ndarray:
    """Number at risk just before each time: those who entered strictly earlier less those who left strictly earlier.

    With no entries recorded, everybody is at risk from the start: the suffix sum of those who leave.
    """
    if not entered.any():
        return np.flip(np.cumsum(np.flip(left, axis), axis), axis)
    return np.cumsum(entered - left, axis) - (entered - left)
