"""How often a run resamples: the night draws little, an acceptance run in full, and a measurement of speed not at all.

A row of the plan says both sizes in its options, `resamples: 100, full_resamples: 2000` (likewise `imputations`), and
the seed. What watches the draws, as a progress bar, is handed over once for the run.

At night a bootstrap of many patients draws less often. The Monte-Carlo error of a limit is the standard error of the
statistic, which falls with the root of the patients, over the root of twice the draws: as many draws fewer as there are
patients more leave limits that are moved by dice no further than those of `_AS_PLANNED` patients.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

SIZES = ("night", "full", "none")
DRAWN = ("resamples", "imputations")
_AS_PLANNED = 500  # patients up to whom the night draws as often as the plan says
_FEWEST = 20  # draws: of fewer no standard deviation can be told
PROGRESS: ContextVar[Callable[[Iterable], Iterable]] = ContextVar("progress", default=iter)


def sized(row: dict[str, Any], size: str) -> dict[str, Any] | None:
    """The plan row with the number of draws of a run of this size; None when without draws nothing is left of it.

    full    `full_<x>` stands for `<x>`
    none    no resampling; analyses that are nothing but draws (those with imputations) are left out
    """
    if size not in SIZES:
        raise ValueError(f"size must be one of {', '.join(SIZES)}, not {size!r}")
    options = _options(row)
    if size == "night" or not any(name in options for name in DRAWN):
        return row
    if size == "full":
        changed = {name: options.get(f"full_{name}", options[name]) for name in DRAWN if name in options}
    elif "imputations" in options:
        return None
    else:
        changed = {"resamples": 0}
    return _with_options(row, {**options, **changed})


def at_night(row: dict[str, Any], size: str, patients: int) -> dict[str, Any]:
    """The plan row, at night with fewer `resamples` where so many patients need no more."""
    options = _options(row)
    planned = options.get("resamples", 0)
    if size != "night" or patients <= _AS_PLANNED or planned <= _FEWEST:
        return row
    return _with_options(row, {**options, "resamples": max(_FEWEST, -(-planned * _AS_PLANNED // patients))})


def draws(row: dict[str, Any]) -> bool:
    """Whether an analysis draws at random, which takes most of a night's statistics."""
    options = _options(row)
    return any(options.get(name) for name in DRAWN)


def _options(row: dict[str, Any]) -> dict[str, Any]:
    given = row.get("options")
    return json.loads(given) if isinstance(given, str) and given else given or {}


def _with_options(row: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    return {**row, "options": json.dumps(options) if isinstance(row.get("options"), str) else options}
