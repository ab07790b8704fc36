"""The time of each patient to one endpoint inside another, ranked; no patient identifier leaves this module."""

from __future__ import annotations

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis
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
        inside = members["is_event_inner"]
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
    collect.statistic(analysis, "n", rank, n=rank, method="count")
