"""Two groups with covariates that must be known: what the adjusted comparisons (weighted, standardised) start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.coefficients import names, with_covariates
from cartwright.analysis.plan.kinds.logrank import two_groups
from cartwright.analysis.plan.kinds.members import unknown_of, write_timed, write_untimed

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def whole_table(analysis: Analysis) -> DataFrame:
    """Both groups: time, is_event, is_treated (1: the first group), x0, x1, ... (some unknown) by usubjid."""
    group, reference = two_groups(analysis)
    table = event_times(analysis)
    table = table[table.index.isin(group.ids | reference.ids)]
    table = table.assign(is_treated=table.index.isin(group.ids).astype(float))
    return with_covariates(analysis, table, analysis.variables)


def compared_table(analysis: Analysis, collect: Collector) -> DataFrame:
    """The complete cases of `whole_table`.

    Writes who is not among them. Raises UnusableData when a group has none.
    """
    group, reference = two_groups(analysis)
    every = whole_table(analysis)
    table = every.dropna(subset=names(analysis.variables))
    reasons = unknown_of(every, analysis.variables)
    for each in (group, reference):
        left_out = every.index[every.index.isin(each.ids) & ~every.index.isin(table.index)]
        collect.members(analysis, left_out, False, group_level=each.level, reason=reasons)
        write_untimed(analysis, collect, each.ids - set(every.index), group_level=each.level)
    for level, treated in ((group.level, 1), (reference.level, 0)):
        if not (table["is_treated"] == treated).any():
            raise UnusableData(f"no complete case in group {level}")
    return table


def count_complete(analysis: Analysis, collect: Collector, table: DataFrame, weights: Series | None = None) -> Where:
    """Writes the complete cases of each group and those left out; returns what the rows of a comparison share.

    weights: by usubjid, where the patients do not count alike.
    """
    group, reference = two_groups(analysis)
    for level, treated in ((group.level, 1), (reference.level, 0)):
        write_timed(analysis, collect, table[table["is_treated"] == treated], group_level=level, weight=weights)
        size = int((table["is_treated"] == treated).sum())
        collect.statistic(analysis, "n", size, group_level=level, n=size, method="count")
    left_out = len(group.ids | reference.ids) - len(table)
    collect.statistic(analysis, "unknown", left_out, method="incomplete cases left out", n=len(table))
    return {
        "group_level": group.level,
        "comparator": reference.level,
        "n": len(table),
        "events": int(table["is_event"].sum()),
    }
