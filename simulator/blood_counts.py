"""Blood counts of one patient over time: a level of their own, and what a treatment takes from it for a while.

Depths and days follow what is seen after lymphodepletion and CAR-T cells (a fall within the first week, the lowest
counts about day 8, most of it back after a month); without lymphodepletion the cells alone take little.
"""

from __future__ import annotations

from math import exp
from random import Random
from typing import NamedTuple

from cartwright.simulator.vocabulary import CBC

PRETREATED = 0.85  # of the middle of the normal range, in patients after several lines
# What is left at the lowest point, by treatment.
_LEFT = {
    "fludarabine": {"WBC": 0.22, "ANC": 0.13, "ALC": 0.1, "HB": 0.78, "PLT": 0.4},
    "bendamustine": {"WBC": 0.35, "ANC": 0.3, "ALC": 0.12, "HB": 0.84, "PLT": 0.55},
    "none": {"WBC": 0.8, "ANC": 0.8, "ALC": 0.7, "HB": 0.93, "PLT": 0.8},
    "chemotherapy": {"WBC": 0.35, "ANC": 0.25, "ALC": 0.5, "HB": 0.85, "PLT": 0.5},
    "targeted": {"WBC": 0.85, "ANC": 0.75, "ALC": 0.8, "HB": 0.95, "PLT": 0.8},
}
_LOWEST = {"fludarabine": 8, "bendamustine": 9, "none": 7, "chemotherapy": 12, "targeted": 14}  # days after its day 0
_FALLING, _RECOVERING = 5.0, 12.0  # days over which counts fall and come back
_PERSON = {"WBC": 0.2, "ANC": 0.25, "ALC": 0.3, "HB": 0.08, "PLT": 0.25}  # how much people differ (log scale)
_SAMPLE = {"WBC": 0.12, "ANC": 0.18, "ALC": 0.18, "HB": 0.04, "PLT": 0.12}  # how much samples of one person do


class Insult(NamedTuple):
    """A treatment that lowers counts: its day 0 and its kind."""

    day: int
    kind: str


class BloodCounts:
    """The counts of one patient as shares of the middle of the normal range."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._levels = {code: exp(rng.gauss(0, _PERSON[code])) for code in CBC}
        self._toll = rng.uniform(0.8, 1.15)  # how hard treatments hit this patient

    def share(self, code: str, day: int, insult: Insult | None) -> float:
        left = 1.0 if insult is None else self._left(code, day - insult.day, insult.kind)
        return PRETREATED * self._levels[code] * left * exp(self._rng.gauss(0, _SAMPLE[code]))

    def _left(self, code: str, days: int, kind: str) -> float:
        apart = days - _LOWEST[kind]
        felt = exp(-((apart / (_FALLING if apart < 0 else _RECOVERING)) ** 2))
        return _LEFT[kind][code] ** (felt * self._toll)
