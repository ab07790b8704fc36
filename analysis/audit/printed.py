"""A printed number and the interval of values that print so: `0.50` is anything from 0.495 to 0.505, ends included."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")


@dataclass(frozen=True)
class Printed:
    """`text` as printed. Exact fractions, so that a tie such as 81.25 is seen as one."""

    text: str

    @property
    def decimals(self) -> int:
        return len(self.text.partition(".")[2])

    @property
    def exact(self) -> Fraction:
        return Fraction(self.text)

    @property
    def value(self) -> float:
        return float(self.exact)

    @property
    def low(self) -> float:
        return float(self.exact - self._half)

    @property
    def high(self) -> float:
        return float(self.exact + self._half)

    @property
    def _half(self) -> Fraction:
        return Fraction(1, 2 * 10**self.decimals)

    def rounds(self, value: float | Fraction) -> bool:
        """True when `value` prints so; a tie may go either way, as programs differ (half up, half to even)."""
        return abs(Fraction(value) - self.exact) <= self._half

    def truncates(self, value: float | Fraction) -> bool:
        """True when `value` prints so by dropping digits, not by rounding."""
        return not self.rounds(value) and 0 <= Fraction(value) - self.exact < 2 * self._half

    def agrees(self, other: Printed) -> bool:
        """True when one value can stand behind both prints (0.1 and 0.10; not 0.52 and 0.50)."""
        return abs(self.exact - other.exact) < self._half + other._half or self.exact == other.exact


def printed(text: str) -> Printed | None:
    """None for an empty cell and for words (NE, NR, a date)."""
    return Printed(text) if NUMBER.fullmatch(text) else None
