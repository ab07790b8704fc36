"""Our answer to a claim: the numbers of the results at the address that the map gives."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from cartwright.analysis.audit.claims import Claim
from cartwright.analysis.audit.link import LEAST, QUANTITIES, Link, MapError, printed_parts
from cartwright.analysis.counted import counted

ADDRESS = ("analysis_id", "group_level", "comparator", "variable", "variable_level")
COUNTING = ("count", "proportion")  # the method of such a row is that of its limits, which no claim prints
UNUSABLE = "not_computable"  # the one row of an analysis that tonight's data do not allow


@dataclass(frozen=True)
class Answer:
    """`parts`: part of the claim -> our number in the printed unit (NaN: not estimable). `absent` says why none."""

    parts: dict[str, float] = field(default_factory=dict)
    method: str = ""
    absent: str = ""


class Results:
    """The analysis results data, found by address; missing cells of an address are empty text."""

    def __init__(self, ard: pd.DataFrame) -> None:
        self._at: dict[tuple, list[Any]] = defaultdict(list)
        self._of: dict[str, list[Any]] = defaultdict(list)
        keys = ard[list(ADDRESS)].astype(object).where(ard[list(ADDRESS)].notna(), "")
        for address, row in zip(keys.itertuples(index=False, name=None), ard.itertuples(index=False), strict=True):
            self._at[address].append(row)
            self._of[address[0]].append(row)

    def answer(self, claim: Claim, link: Link) -> Answer:
        """Raises MapError when the address does not exist, or names several rows of the statistic."""
        rows = self._of[link.analysis_id] if link.combine == LEAST else self._at[link.address]
        if not rows:
            unusable = next((row for row in self._of[link.analysis_id] if row.statistic == UNUSABLE), None)
            if unusable is None:
                raise MapError(f"{claim.id}: the results have nothing at {' / '.join(link.address)}")
            return Answer(absent=unusable.flag)
        wanted = {part: QUANTITIES[link.statistic][part] for part in printed_parts(claim)}
        sought = {part: self._row(rows, statistic, link) for part, (statistic, *_) in wanted.items()}
        found = {part: row for part, row in sought.items() if row is not None}
        if len(found) < len(sought):
            flags = {row.flag for row in rows if row.flag == row.flag and row.flag}
            return Answer(absent="; ".join(sorted(flags)) or "tonight's data do not give the statistic")
        parts = {
            part: _number(getattr(found[part], column)) * factor * (link.factor if column == "value" else 1)
            for part, (_, column, factor) in wanted.items()
        }
        return Answer(parts, _methods([row.method for row in found.values() if row.statistic not in COUNTING]))

    @staticmethod
    def _row(rows: list[Any], statistic: str, link: Link) -> Any | None:
        is_test = statistic == "p" and link.method
        fitting = [row for row in rows if row.statistic == statistic and (not is_test or row.method == link.method)]
        if link.combine == LEAST:
            return min((row for row in fitting if row.value == row.value), key=lambda row: row.value, default=None)
        if len(fitting) > 1:
            tests = ", ".join(str(row.method) for row in fitting)
            raise MapError(f"{link.claim_id}: {counted(len(fitting), 'row')} of {statistic} ({tests}); name the method")
        return fitting[0] if fitting else None


def _methods(names: list[str | None]) -> str:
    """Each method once; `cox efron` is not repeated beside `cox efron, wald`."""
    known = [name for name in dict.fromkeys(names) if name]
    return "; ".join(n for n in known if not any(o != n and o.startswith(n) for o in known)) or "count"


def _number(cell: Any) -> float:
    return math.nan if pd.isna(cell) else float(cell)
