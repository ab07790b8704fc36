"""Patients with an event, by term and worst grade: one row a term that occurs, whatever the terms of the night are.

The dataset of the one variable holds one row a patient and term; its column is the grade. `options.term` names the
column with the term, `options.only` a flag column that must be Y, `options.severe_from` the least severe grade.
`denominator: population` takes patients without a row as free of the event (recorded events); `rated` takes the
patients with a known grade of that term (measured toxicities, where grade 0 is a row). `options.bounds` names the
columns with the least and the greatest grade that the worst one can be: a patient at least grade 3 is severe, whatever
the grade is, and each count is over those for whom it is known. A group without any recorded
event was not watched as far as anybody can tell: its counts are not known, rather than 0.
`options.asked_of` names, by term, the population in which the event can arise: in the others it is no question, not 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, Group, PlanError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

ANY_TERM = "any"
GRADES = (1, 2, 3, 4, 5)
DENOMINATORS = ("population", "rated")
NOT_WATCHED = "no event of the group is on record: not known whether any was collected"
NO_GRADE = "unknown: no grade"
NOT_ASKED_TERM = "not asked, not watched or not rated"
NOT_ASKED = "not applicable: nobody of the group had a treatment after which it arises"


def run(analysis: Analysis, collect: Collector) -> None:
    if len(analysis.variables) != 1 or analysis.option("denominator") not in DENOMINATORS:
        raise PlanError(f"analysis {analysis.analysis_id}: needs one variable and a denominator out of {DENOMINATORS}")
    rows = _rows(analysis)
    for group in analysis.groups:
        collect.members(analysis, group.ids, group_level=group.level)
        collect.statistic(analysis, "n", len(group.ids), group_level=group.level, n=len(group.ids), method="count")
    worst = rows.groupby("usubjid", as_index=False)[["least", "greatest"]].max()  # unknown only if every grade is
    worst["grade"] = _exact(worst)
    asked_of = analysis.options.get("asked_of", {})
    for term, events in [(ANY_TERM, worst), *_by_frequency(rows, analysis)]:
        for group in analysis.groups:
            found = events[events["usubjid"].isin(group.ids)]
            asked = analysis.asked(group.ids, asked_of.get(term)) | frozenset(found["usubjid"])
            unasked = NOT_WATCHED if not rows["usubjid"].isin(group.ids).any() else None if asked else NOT_ASKED
            _term(analysis, collect, term, found, group, 0 if unasked else len(asked), unasked)
            _members(analysis, collect, term, found, group, frozenset() if unasked else asked)


def _rows(analysis: Analysis) -> DataFrame:
    (variable,), only = analysis.variables, analysis.options.get("only")
    table = analysis.datasets[variable.dataset]
    for column in filter(None, (analysis.option("term"), only)):
        if column not in table:
            raise PlanError(f"analysis {analysis.analysis_id}: {variable.dataset} has no column {column}")
    table = table[table["usubjid"].isin(analysis.subjects["usubjid"])]
    if only:
        table = table[table[only] == "Y"]
    bounds = analysis.options.get("bounds", [variable.column, variable.column])
    names = ["usubjid", "term", "least", "greatest"]
    rows = table[["usubjid", analysis.option("term"), *bounds]].set_axis(names, axis=1)
    if rows.duplicated(["usubjid", "term"]).any():
        raise PlanError(f"analysis {analysis.analysis_id}: more than one row for a patient and term")
    rows = rows.astype({"least": "Float64", "greatest": "Float64"})
    return rows.assign(grade=_exact(rows))


def _exact(rows: DataFrame) -> Series:
    """The grade where its bounds agree, else unknown."""
    return rows["least"].where(rows["least"] == rows["greatest"])


def _by_frequency(rows: DataFrame, analysis: Analysis) -> list[tuple[str, DataFrame]]:
    """Terms of the night, the most frequent first."""
    named = {str(term): events for term, events in rows.groupby("term")}
    present = {term: -int(_occurred(analysis, events).sum()) for term, events in named.items()}
    return [(term, named[term]) for term in sorted(named, key=lambda term: (present[term], term))]


def _occurred(analysis: Analysis, events: DataFrame) -> Series:
    """Rows that are an event: any recorded one, or a measured grade above 0."""
    recorded = analysis.option("denominator") == "population"
    return (events["least"] > 0).fillna(recorded).astype(bool)


def _members(
    analysis: Analysis, collect: Collector, term: str, events: DataFrame, group: Group, asked: frozenset[str]
) -> None:
    """Who has the term at which grade (`any` and the severe ones beside it), and who counts without it."""
    where = {"group_level": group.level, "variable": term}
    grade = events.set_index("usubjid")["grade"]
    rated = grade.dropna().astype(float)
    in_population = analysis.option("denominator") == "population"
    used = asked if in_population else frozenset(rated.index)
    occurred = grade.index[_occurred(analysis, events).to_numpy()]
    severe = analysis.option("severe_from")
    for level, ids in (
        ("any", occurred),
        (f">={severe}", grade.index[(events["least"] >= severe).fillna(False).to_numpy(bool)]),
        *((str(each), rated.index[rated == each]) for each in GRADES),
    ):
        ids = used.intersection(ids) if in_population else ids
        collect.members(analysis, ids, has_level=True, variable_level=level, **where)
    collect.members(analysis, used - set(occurred), has_level=False, **where)
    ungraded = grade.index[grade.isna()]
    if not in_population:
        collect.members(analysis, ungraded, False, reason=NO_GRADE, **where)
    collect.members(analysis, group.ids - used - set(ungraded), False, reason=NOT_ASKED_TERM, **where)


def _term(
    analysis: Analysis, collect: Collector, term: str, events: DataFrame, group: Group, asked: int, unasked: str | None
) -> None:
    """Statistics of one term in one group; `asked`: patients it counts over, 0 for the reason `unasked`."""
    graded, occurred = events["grade"].dropna(), int(_occurred(analysis, events).sum())
    about: Where = {"group_level": group.level, "variable": term}
    severe, reason = analysis.option("severe_from"), unasked or "nobody is rated"
    counts: dict[str, int | None] = {"any": occurred, f">={severe}": int((events["least"] >= severe).sum())}
    sizes = {"any": _known(events, 1), f">={severe}": _known(events, severe)}
    counts |= {str(grade): int((graded == grade).sum()) for grade in GRADES}
    if unasked:
        counts = dict.fromkeys(counts)
    for level, count in counts.items():
        size = asked if analysis.option("denominator") == "population" else sizes.get(level, len(graded))
        where: Where = {**about, "n": size, "variable_level": level}
        collect.statistic(analysis, "count", count, method="worst grade of a patient", flag=unasked, **where)
        if level in ("any", f">={severe}"):
            collect.statistic(
                analysis,
                "proportion",
                count / size if size and count is not None else None,
                method="share of the patients",
                flag=None if size else reason,
                **where,
            )
    about["n"] = asked if analysis.option("denominator") == "population" else len(graded)
    collect.statistic(analysis, "unknown", len(events) - len(graded), method="events without a grade", **about)


def _known(events: DataFrame, grade: int) -> int:
    """Patients of whom it is known whether they had this grade or a higher one."""
    return int(((events["least"] >= grade) | (events["greatest"] < grade)).fillna(False).sum())
