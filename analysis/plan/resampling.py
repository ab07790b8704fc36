"""How often a run resamples: the night draws little, an acceptance run in full, and a measurement of speed not at all.

A row of the plan says both sizes in its options, `resamples: 100, full_resamples: 2000` (likewise `imputations`), and
the seed. What watches the draws, as a progress bar, is handed over once for the run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

SIZES = ("night", "full", "none")
DRAWN = ("resamples", "imputations")
PROGRESS: ContextVar[Callable[[Iterable], Iterable]] = ContextVar("progress", default=iter)


def sized(row: dict[str, Any], size: str) -> dict[str, Any] | None:
    """The plan row with the number of draws of a run of this size; None when without draws nothing is left of it.

    full    `full_<x>` stands for `<x>`
    none    no resampling; analyses that are nothing but draws (those with imputations) are left out
    """
    if size not in SIZES:
        raise ValueError(f"size must be one of {', '.join(SIZES)}, not {size!r}")
    given, options = row.get("options"), _options(row)
    if size == "night" or not any(name in options for name in DRAWN):
        return row
    if size == "full":
        changed = {name: options.get(f"full_{name}", options[name]) for name in DRAWN if name in options}
    elif "imputations" in options:
        return None
    else:
        changed = {"resamples": 0}
    options = {**options, **changed}
    return {**row, "options": json.dumps(options) if isinstance(given, str) else options}


def draws(row: dict[str, Any]) -> bool:
    """Whether an analysis draws at random, which takes most of a night's statistics."""
    options = _options(row)
    return any(options.get(name) for name in DRAWN)


def _options(row: dict[str, Any]) -> dict[str, Any]:
    given = row.get("options")
    return json.loads(given) if isinstance(given, str) and given else given or {}
