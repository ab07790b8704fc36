"""Times to event of an analysis: rows of adtte for its patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .plan import Analysis, PlanError

if TYPE_CHECKING:
    from pandas import DataFrame


def event_times(analysis: Analysis, endpoint: str | None = None) -> DataFrame:
    """time (days) and is_event by usubjid, for the patients of the analysis that have the endpoint.

    `time` is the column that the plan names: duration_days (adt - startdt, as published) or aval (ADaM, plus one day).
    Raises PlanError when adtte lacks the column or holds a patient twice.
    """
    adtte, column = analysis.datasets["adtte"], analysis.option("time")
    if column not in adtte:
        raise PlanError(f"analysis {analysis.analysis_id}: adtte has no column {column}")
    rows = adtte[
        (adtte["paramcd"] == (endpoint or analysis.endpoint)) & adtte["usubjid"].isin(analysis.subjects["usubjid"])
    ]
    rows = rows[rows[column].notna()]
    if rows["usubjid"].duplicated().any():
        raise PlanError(f"analysis {analysis.analysis_id}: adtte holds a patient twice for {analysis.endpoint}")
    times = rows.set_index("usubjid")[[column, "cnsr"]].astype(float)
    return times.assign(time=times[column], is_event=times["cnsr"] == 0)[["time", "is_event"]]
