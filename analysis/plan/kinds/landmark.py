"""Does response go with longer survival, counted only from when it is known: landmarks, a time-dependent covariate and
its curves (Simon & Makuch 1984, Stat Med 3:35). The first variable is the study day of first response (1: time zero);
the first group names the patients who have responded, the second those who have not yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, PlanError, values
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.cox import write_ratio
from cartwright.analysis.plan.kinds.km import write_curves
from cartwright.analysis.plan.kinds.logrank import two_groups
from cartwright.analysis.plan.kinds.members import write_timed, write_untimed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pandas import DataFrame

    from cartwright.analysis.methods.cox import CoxFit


def run_landmark(analysis: Analysis, collect: Collector) -> None:
    """statistic hr: responded by `day` against not, among those still followed then; later responses do not count."""
    from cartwright.analysis.methods.cox import cox

    day, ties, table = analysis.option("day"), analysis.option("ties"), _times_and_response(analysis)
    kept = _after(table, day)
    where = _compared(analysis, len(kept), int(kept["is_event"].sum()))
    _members(analysis, collect, kept, set(table.index) - set(kept.index), day)
    collect.statistic(analysis, "left_out", len(table) - len(kept), method=f"follow-up ends by day {day}", **where)
    for position, level in enumerate((where["group_level"], where["comparator"])):
        size = int((kept["has_responded"] == 1 - position).sum())
        collect.statistic(analysis, "n", size, group_level=level, n=size, method="count")
    _ratio(analysis, collect, where, lambda: cox(kept, "has_responded", "time", "is_event", ties=ties))


def run_time_dependent(analysis: Analysis, collect: Collector) -> None:
    """statistic hr: from the day of response on against before or never."""
    from cartwright.analysis.methods.cox import cox

    table = _times_and_response(analysis)
    rows = _rows(table)
    write_timed(analysis, collect, table)
    write_untimed(analysis, collect, set(analysis.subjects["usubjid"]) - set(table.index))
    where = _compared(analysis, rows["usubjid"].nunique(), int(rows["event"].sum()))
    ties = analysis.option("ties")
    _ratio(
        analysis,
        collect,
        where,
        lambda: cox(rows, "has_responded", "stop", "event", entry="start", subject="usubjid", ties=ties),
    )


def run_curves(analysis: Analysis, collect: Collector) -> None:
    """Curves from `day` on; a responder leaves the second for the first group on the day of response."""
    day, table = analysis.option("day"), _times_and_response(analysis)
    rows = _rows(_after(table, day, keep_later=True))
    _members(analysis, collect, rows.set_index("usubjid"), set(table.index) - set(rows["usubjid"]), day)
    rows = rows.rename(columns={"start": "entry"}).assign(time=rows["stop"], is_event=rows["event"])
    levels = [group.level for group in two_groups(analysis)]
    write_curves(analysis, {level: rows[rows["has_responded"] == 1 - i] for i, level in enumerate(levels)}, collect)


def _members(analysis: Analysis, collect: Collector, kept: DataFrame, ended: Collection[str], day: float) -> None:
    """Rows of `kept` (by usubjid, is_event or event of the row) by group, and those whose follow-up ended before."""
    for position, group in enumerate(two_groups(analysis)):
        part = kept[kept["has_responded"] == 1 - position]
        event = part["event" if "event" in part else "is_event"].astype(bool)
        collect.members(analysis, part.index, is_event=event, group_level=group.level)
    collect.members(analysis, ended, False, reason=f"follow-up ends by day {day}")
    timed = set(kept.index) | set(ended)
    write_untimed(analysis, collect, set(analysis.subjects["usubjid"]) - timed)


def _times_and_response(analysis: Analysis) -> DataFrame:
    """time, is_event and response (days from time zero; missing: never) by usubjid."""
    if not analysis.variables or analysis.option("time") != "duration_days":
        raise PlanError(f"analysis {analysis.analysis_id}: needs the study day of response and time: duration_days")
    table = event_times(analysis)
    study_day = values(analysis.variables[0], analysis.subjects, analysis.datasets).reindex(table.index)
    return table.assign(response=study_day - (study_day > 0))  # there is no study day 0


def _after(table: DataFrame, day: float, keep_later: bool = False) -> DataFrame:
    """Those still followed after `day`, time counted from it; with keep_later also responses to come."""
    from cartwright.analysis.methods.sensitivity import landmark_groups

    if table.empty:
        return table.assign(has_responded=0)
    kept = landmark_groups(table, day, "time", "is_event", "response")
    later = (kept["response"] - day).clip(lower=0) if keep_later else kept["response"]
    return kept.assign(time=kept["landmark_duration"], response=later)


def _rows(table: DataFrame) -> DataFrame:
    from cartwright.analysis.methods.sensitivity import response_rows

    if table.empty:
        return table.reset_index().assign(start=0.0, stop=0.0, event=False, has_responded=0)
    return response_rows(table.reset_index(), "usubjid", "time", "is_event", "response")


def _compared(analysis: Analysis, n: int, events: int) -> Where:
    group, reference = two_groups(analysis)
    return {"group_level": group.level, "comparator": reference.level, "n": n, "events": events}


def _ratio(analysis: Analysis, collect: Collector, where: Where, fit: Callable[[], CoxFit]) -> None:
    try:
        write_ratio(analysis, collect, fit(), where)
    except UnusableData as error:
        collect.statistic(analysis, "hr", flag=str(error), **where)
