"""Printed figures as windows: the values that print as they do. Read from the study's published claims by claim id."""

from __future__ import annotations

import csv
from functools import cache
from math import inf, isnan, nan
from pathlib import Path
from typing import NamedTuple

CLAIMS = Path(__file__).parents[1] / "published_claims.csv"
MONTH = 365 / 12  # days
NEAR = 0.003  # distance on the log scale, about half a printed digit
NOT_REACHED = ("NE", "NR")

# Printed figures that no cohort should hold; the audit shows the arithmetic of each.
IN_DOUBT = {
    "t1.tfl.cd20": "with 1 of 54 the disease types do not add up",
    "t1.tfl.p": "fits only counts that do not add up",
    "t1.bulky.p": "no test of the printed counts gives it",
    "t1.stage_ge3.noncart": "34 of 39 cut off, not rounded",
    "r.safe.scrs.cd20": "5 of 54 cut off, not rounded",
    "t2.pfs.uni.ecog_ge3": "the cell of overall survival, printed again",
}


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

    def widened(self) -> Window:
        """Values that the audit calls close: at most two units of the last printed digit, or five per cent, away."""
        if isnan(self.low) or self.low == inf:
            return self
        printed, unit = (self.low + self.high) / 2, self.high - self.low
        margin = max(2 * unit, 0.05 * printed)
        return Window(max(printed - margin, 1e-6), printed + margin)

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
