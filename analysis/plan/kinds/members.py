"""Who stands behind the numbers of an analysis: each patient of its population used, or left out and why.

Written by the kinds from the very rows that they computed with, so that nothing has to be worked out again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis, Variable

if TYPE_CHECKING:
    from collections.abc import Collection

    from pandas import DataFrame, Index, Series

NO_ENDPOINT = "without the endpoint"
NEVER_ENTERED = "without the endpoint, or not under observation before it ended"
UNKNOWN = "unknown"
NOT_ASKED = "the question does not apply"


def write_groups(analysis: Analysis, collect: Collector, times: DataFrame, **about: Any) -> None:
    """Of each group who has a time (rows of event_times) and who has none."""
    for group in analysis.groups:
        write_timed(analysis, collect, times[times.index.isin(group.ids)], group_level=group.level, **about)
        write_untimed(analysis, collect, group.ids - set(times.index), group_level=group.level, **about)


def write_timed(analysis: Analysis, collect: Collector, times: DataFrame, **about: Any) -> None:
    """Patients used, with whether they had the event."""
    collect.members(analysis, times.index, is_event=times["is_event"], **about)


def write_untimed(analysis: Analysis, collect: Collector, ids: Collection[str], **about: Any) -> None:
    """Patients without a time."""
    reason = NEVER_ENTERED if "entry" in analysis.options else NO_ENDPOINT
    collect.members(analysis, ids, False, reason=reason, **about)


def write_model(
    analysis: Analysis, collect: Collector, table: DataFrame, used: Index, variables: tuple[Variable, ...], **about: Any
) -> None:
    """Members of a model, by covariate: `used` (usubjid) of the table with x0, x1, ...; the others lack a covariate."""
    inside = table.index.isin(used)
    reasons = unknown_of(table, variables)[~inside]
    absent = set(analysis.subjects["usubjid"]) - set(table.index)
    for index, variable in enumerate(variables):
        where = {"variable": variable.name, "variable_level": variable.level, **about}
        counted = table[f"x{index}"] == 1 if variable.type == "binary" else None
        event = table.get("is_event")
        collect.members(analysis, table.index[inside], is_event=event, has_level=counted, **where)
        collect.members(analysis, table.index[~inside], False, reason=reasons, **where)
        write_untimed(analysis, collect, absent, **where)


def write_imputed(analysis: Analysis, collect: Collector, table: DataFrame, variables: tuple[Variable, ...]) -> None:
    """Members of a model of imputed values, by covariate: everybody with a time, some with an imputed value."""
    absent = set(analysis.subjects["usubjid"]) - set(table.index)
    for index, variable in enumerate(variables):
        known, where = table[f"x{index}"].notna(), {"variable": variable.name, "variable_level": variable.level}
        counted = table[f"x{index}"] == 1 if variable.type == "binary" else None
        write_timed(analysis, collect, table[known], has_level=counted, **where)
        write_timed(analysis, collect, table[~known], reason="imputed", **where)
        write_untimed(analysis, collect, absent, **where)


def write_unusable_model(
    analysis: Analysis, collect: Collector, table: DataFrame, variables: tuple[Variable, ...], reason: str
) -> None:
    """Nobody is used in a model that cannot be fitted."""
    for variable in variables:
        where = {"variable": variable.name, "variable_level": variable.level}
        collect.members(analysis, table.index, False, reason=f"not computed: {reason}", **where)


def unknown_of(table: DataFrame, variables: tuple[Variable, ...]) -> Series:
    """By usubjid the names of the covariates (x0, x1, ...) that are unknown, in words."""
    import pandas as pd

    gaps = table[[f"x{index}" for index in range(len(variables))]].isna()
    names = [variable.name for variable in variables]
    lists = [", ".join(name for name, gap in zip(names, row, strict=True) if gap) for row in gaps.to_numpy()]
    return pd.Series([f"{UNKNOWN}: {words}" for words in lists], index=table.index, dtype=object)


def write_sample(
    analysis: Analysis,
    collect: Collector,
    variable: Variable,
    sample: Series,
    group_level: str,
    not_asked: Collection[str] = (),
    bounds: DataFrame | None = None,
) -> None:
    """One row of a table in one group: whose value is known, at which level, and whose is not. Who is known by a bound
    is used."""
    where: dict[str, str | None] = {"group_level": group_level, "variable": variable.name}
    if bounds is not None:
        sample = sample.fillna(bounds["least"]).fillna(bounds["greatest"])
    known, unknown = sample.dropna(), sample.index[sample.isna()]
    if variable.type == "categorical":
        collect.members(analysis, known.index, has_level=True, variable_level=known, **where)
    else:
        counted = known == 1 if variable.type == "binary" else None
        collect.members(analysis, known.index, has_level=counted, variable_level=variable.level, **where)
    if variable.type == "binary":
        where["variable_level"] = variable.level
    collect.members(analysis, unknown, False, reason=UNKNOWN, **where)
    collect.members(analysis, not_asked, False, reason=NOT_ASKED, **where)
