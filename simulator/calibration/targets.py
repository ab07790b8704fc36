"""Printed figures as windows: the values that print as they do. Read from the study's published claims by claim id."""

from __future__ import annotations

import csv
from functools import cache
from math import inf, isnan, nan
from pathlib import Path
from typing import NamedTuple

CLAIMS = Path(__file__).parents[2] / "studies" / "cd20_salvage" / "published_claims.csv"
MONTH = 365 / 12  # days
NOT_REACHED = ("NE", "NR")


class Window(NamedTuple):
    """Values that round to what is printed, ends included. Nothing printed: nan. Not reached: inf."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value (nan: not reached) prints like this; nothing printed holds anything."""
        if isnan(self.low):
            return True
        if self.low == inf:
            return isnan(value)
        return self.low - 1e-9 <= value <= self.high + 1e-9

    def map(self, function) -> Window:
        """The window on another, rising scale."""
        return self if isnan(self.low) or self.low == inf else Window(function(self.low), function(self.high))


class Claim(NamedTuple):
    """One printed figure: estimate, limits and p as windows."""

    claim_id: str
    value: Window
    low: Window
    high: Window
    p: Window

    def parts(self) -> dict[str, Window]:
        """The parts that are printed, by name."""
        named = {"value": self.value, "low": self.low, "high": self.high, "p": self.p}
        return {name: window for name, window in named.items() if not isnan(window.low)}


def window(text: str, unit: float = 1.0) -> Window:
    """`0.36` -> 0.355 to 0.365, times `unit`."""
    if not text:
        return Window(nan, nan)
    if text in NOT_REACHED:
        return Window(inf, inf)
    half = 0.5 * 10 ** -(len(text.split(".")[1]) if "." in text else 0)
    return Window((float(text) - half) * unit, (float(text) + half) * unit)


def p_window(text: str, operator: str) -> Window:
    """A p value as printed, or a bound."""
    if not text:
        return Window(nan, nan)
    if operator == "<":
        return Window(0.0, float(text))
    if operator == ">":
        return Window(float(text), 1.0)
    found = window(text)
    return Window(max(found.low, 0.0), min(found.high, 1.0))


@cache
def claims(path: Path = CLAIMS) -> dict[str, Claim]:
    """Every numeric claim of the file; survival times are in days."""
    found = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["statistic"] in ("identifier", "date", "schedule"):
                continue
            survival = row["statistic"] == "median_survival" or row["measure"] == "followup"
            unit = MONTH if survival else 1.0
            found[row["id"]] = Claim(
                row["id"],
                window(row["value"], unit),
                window(row["ci_low"], unit),
                window(row["ci_high"], unit),
                p_window(row["p_value"], row["p_operator"]),
            )
    return found
