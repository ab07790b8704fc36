"""Times to event of an analysis: rows of adtte for its patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.plan.definition import Analysis, PlanError

if TYPE_CHECKING:
    from pandas import DataFrame


def event_times(analysis: Analysis, endpoint: str | None = None) -> DataFrame:
    """time (days) and is_event by usubjid, for the patients of the analysis that have the endpoint.

    `time` is the column that the plan names: duration_days (adt - startdt, as published) or aval (ADaM, plus one day).
    Where the plan names a column `entry` (left truncation), the days until the patient comes under observation stand
    beside it as `entry`, and who never does, with no entry before the end, is left out.
    Raises PlanError when adtte lacks the column or holds a patient twice.
    """
    adtte, column = analysis.datasets["adtte"], analysis.option("time")
    if column not in adtte:
        raise PlanError(f"analysis {analysis.analysis_id}: adtte has no column {column}")
    entry = analysis.options.get("entry")
    if entry is not None and entry not in adtte:
        raise PlanError(f"analysis {analysis.analysis_id}: adtte has no column {entry}")
    read = dict.fromkeys(["usubjid", column, "cnsr", *([entry] if entry else [])])
    wanted = (adtte["paramcd"] == (endpoint or analysis.endpoint)) & adtte["usubjid"].isin(analysis.subjects["usubjid"])
    rows = adtte.loc[wanted, list(read)]
    rows = rows[rows[column].notna()]
    if rows["usubjid"].duplicated().any():
        raise PlanError(f"analysis {analysis.analysis_id}: adtte holds a patient twice for {analysis.endpoint}")
    times = rows.set_index("usubjid").astype(float)
    times = times.assign(time=times[column], is_event=times["cnsr"] == 0)
    if entry is None:
        return times[["time", "is_event"]]
    return times.assign(entry=times[entry]).loc[times[entry] < times["time"], ["time", "is_event", "entry"]]


def event_causes(analysis: Analysis) -> DataFrame:
    """time, is_event and cause by usubjid: 0 censored, 1, 2, ... the position of the event's code in option `causes`.

    Raises PlanError when an event has a code (adtte.evntcd) that no cause lists.
    """
    times, adtte = event_times(analysis), analysis.datasets["adtte"]
    if "evntcd" not in adtte:
        raise PlanError(f"analysis {analysis.analysis_id}: adtte has no column evntcd")
    rows = adtte[(adtte["paramcd"] == analysis.endpoint) & adtte["usubjid"].isin(times.index)]
    code = rows.set_index("usubjid")["evntcd"].reindex(times.index)
    numbers = {code: number for number, cause in enumerate(analysis.option("causes"), 1) for code in cause["codes"]}
    cause = code.map(numbers).where(times["is_event"], 0)
    if cause.isna().any():
        strange = sorted(map(str, code[cause.isna()].unique()))
        raise PlanError(f"analysis {analysis.analysis_id}: no cause lists the event codes {', '.join(strange)}")
    return times.assign(cause=cause.astype(int))
