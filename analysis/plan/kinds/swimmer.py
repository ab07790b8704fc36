"""The time of each patient to one endpoint inside another, ranked, and the first time of each level of a variable, such
as a response; no patient identifier leaves this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis, Variable
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.members import write_untimed
from cartwright.analysis.records import records


def run(analysis: Analysis, collect: Collector) -> None:
    inner = event_times(analysis)
    outer = event_times(analysis, analysis.option("outer_endpoint"))
    both = inner.join(outer, how="inner", lsuffix="_inner", rsuffix="_outer")
    rank = 0
    for group in analysis.groups:
        members = both[both.index.isin(group.ids)].sort_values("time_outer", ascending=False, kind="stable")
        first, inside = rank + 1, members["is_event_inner"]
        collect.members(analysis, members.index, group_level=group.level, is_event=inside)
        write_untimed(analysis, collect, group.ids - set(members.index), group_level=group.level)
        for row in records(members):
            rank += 1
            collect.add(
                "subject",
                analysis_id=analysis.analysis_id,
                group_level=group.level,
                rank=rank,
                inner_months=analysis.months(row["time_inner"]),
                is_inner_event=row["is_event_inner"],
                outer_months=analysis.months(row["time_outer"]),
                is_outer_event=row["is_event_outer"],
            )
        for variable in analysis.variables:
            _onsets(
                analysis, collect, group.level, dict(zip(members.index, range(first, rank + 1), strict=True)), variable
            )
    collect.statistic(analysis, "n", rank, n=rank, method="count")


def _onsets(analysis: Analysis, collect: Collector, group: str, ranks: Mapping[Any, int], variable: Variable) -> None:
    """Points at the first day of each level, in months from the start of the endpoint; y is the rank of the patient.

    Rows that their dataset leaves out of its primary analysis (anl01fl) do not count, nor days before the start.
    """
    import pandas as pd

    adtte, table = analysis.datasets["adtte"], analysis.datasets[variable.dataset]
    table = table[(table["paramcd"] == variable.paramcd) & table["usubjid"].isin(list(ranks)) & table["adt"].notna()]
    if "anl01fl" in table:
        table = table[table["anl01fl"] == "Y"]
    start = adtte[adtte["paramcd"] == analysis.endpoint].set_index("usubjid")["startdt"]
    days = (pd.to_datetime(table["adt"]) - pd.to_datetime(table["usubjid"].map(start))).dt.days
    for level in variable.levels:
        first = days[(table[variable.column] == level.level) & (days >= 0)].groupby(table["usubjid"]).min()
        for usubjid, day in sorted(first.items(), key=lambda found: ranks[found[0]]):
            collect.add(
                "point",
                analysis_id=analysis.analysis_id,
                group_level=group,
                variable=level.level,
                x=analysis.months(day),
                y=ranks[usubjid],
            )
