"""Two groups with covariates that must be known: what the adjusted comparisons (weighted, standardised) start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ard import Collector
from ..endpoint import event_times
from ..estimate import UnusableData
from ..plan import Analysis
from .coefficients import names, with_covariates
from .logrank import two_groups

if TYPE_CHECKING:
    from pandas import DataFrame


def compared_table(analysis: Analysis) -> DataFrame:
    """Complete cases of both groups: time, is_event, is_treated (1: the first group), x0, x1, ... by usubjid.

    Raises UnusableData when a group has none.
    """
    group, reference = two_groups(analysis)
    table = event_times(analysis)
    table = table[table.index.isin(group.ids | reference.ids)]
    table = table.assign(is_treated=table.index.isin(group.ids).astype(float))
    table = with_covariates(analysis, table, analysis.variables).dropna(subset=names(analysis.variables))
    for level, treated in ((group.level, 1), (reference.level, 0)):
        if not (table["is_treated"] == treated).any():
            raise UnusableData(f"no complete case in group {level}")
    return table


def count_complete(analysis: Analysis, collect: Collector, table: DataFrame) -> dict[str, Any]:
    """Writes the complete cases of each group and those left out; returns what the rows of a comparison share."""
    group, reference = two_groups(analysis)
    for level, treated in ((group.level, 1), (reference.level, 0)):
        size = int((table["is_treated"] == treated).sum())
        collect.statistic(analysis, "n", size, group_level=level, n=size, method="count")
    left_out = len(group.ids | reference.ids) - len(table)
    collect.statistic(analysis, "unknown", left_out, method="incomplete cases left out", n=len(table))
    where = {"group_level": group.level, "comparator": reference.level}
    return {**where, "n": len(table), "events": int(table["is_event"].sum())}
