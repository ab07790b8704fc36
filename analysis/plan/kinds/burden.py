"""Change of tumour burden patient by patient: the best (waterfall) and its course (spider). Ranks, never identities.

The first variable is the change in percent of the baseline, the second the categories that colour the patients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, PlanError, Variable, parameter_rows, values
from cartwright.analysis.plan.kinds.members import write_sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import Series


def run_waterfall(analysis: Analysis, collect: Collector) -> None:
    """One row a patient with a value, the largest increase of each group first."""
    change, category = _categories(analysis)
    best = values(change, analysis.subjects, analysis.datasets)
    for patient, group, rank in _ranked(analysis, collect, best):
        collect.add(
            "change",
            analysis_id=analysis.analysis_id,
            group_level=group,
            rank=rank,
            variable_level=category.get(patient),
            change_percent=best[patient],
        )


def run_spider(analysis: Analysis, collect: Collector) -> None:
    """One row a patient and study that counts; who has only the baseline has no course and is unknown."""
    change, category = _categories(analysis)
    rows = parameter_rows(change, None, analysis.subjects, analysis.datasets)
    rows = rows[(rows["anl01fl"] == "Y") & rows[change.column].notna()]
    rows = rows.sort_values(analysis.option("time"), kind="stable")
    courses: dict[str, list[tuple[float, float]]] = {}
    wanted = rows[["usubjid", analysis.option("time"), change.column]]
    for patient, days, percent in wanted.itertuples(index=False, name=None):
        courses.setdefault(patient, []).append((days, percent))
    courses = {patient: course for patient, course in courses.items() if len(course) > 1}
    last = analysis.subjects["usubjid"].map({patient: course[-1][1] for patient, course in courses.items()})
    last.index = analysis.subjects["usubjid"]
    for patient, group, rank in _ranked(analysis, collect, last.astype(float)):
        for days, percent in courses[patient]:
            collect.add(
                "change",
                analysis_id=analysis.analysis_id,
                group_level=group,
                rank=rank,
                variable_level=category.get(patient),
                time_months=analysis.months(days),
                change_percent=percent,
            )


def _categories(analysis: Analysis) -> tuple[Variable, Series]:
    if len(analysis.variables) != 2:
        raise PlanError(f"analysis {analysis.analysis_id}: needs two variables, the change and the categories")
    change, category = analysis.variables
    return change, values(category, analysis.subjects, analysis.datasets).dropna()


def _ranked(analysis: Analysis, collect: Collector, column: Series) -> Iterator[tuple[str, str, int]]:
    """(patient, group, rank) by falling value within each group; who has no value is counted as unknown."""
    rank = 0
    for group in analysis.groups:
        members = column[column.index.isin(group.ids)]
        known = members.dropna().sort_values(ascending=False, kind="stable")
        write_sample(analysis, collect, analysis.variables[0], members, group.level)
        where: Where = {"group_level": group.level, "n": len(members)}
        collect.statistic(analysis, "n", len(members), method="count", **where)
        where["variable"] = analysis.variables[0].name
        collect.statistic(analysis, "unknown", len(members) - len(known), method="count", **where)
        for patient in known.index:
            rank += 1
            yield patient, group.level, rank
