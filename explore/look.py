"""What is shown of a choice, whatever page shows it: choice in; sentence, figure, tables and rows of a plan out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cartwright.analysis.face.ask import run
from cartwright.analysis.face.show import SHOWN, as_output, laid_out, view_of
from cartwright.analysis.face.study import Result, Row
from cartwright.analysis.face.write import Part, written
from cartwright.analysis.figures import draw
from cartwright.analysis.plan.definition import ALL, Level, PlanError, variable_of
from cartwright.analysis.report.answer import of_times
from cartwright.analysis.report.table import Table
from cartwright.analysis.report.view import View
from cartwright.explore.choices import Choice, Grouping, Patients, characteristics, curves, declared_as
from cartwright.explore.guard import Guard


@dataclass(frozen=True)
class Look:
    """title, sentence: in words. left_out: groups and rows that are not shown, each with the reason.

    svg, tables, baseline: empty where no group may be shown. plan: rows of a plan for what is shown, as YAML.
    declared: the analyses of the plan that are what is shown; is_declared: whether each of curve, test and ratio is.
    """

    title: str
    left_out: Sequence[str]
    sentence: str = ""
    svg: bytes = b""
    tables: Sequence[Table] = ()
    baseline: Sequence[Table] = ()
    declared: Sequence[str] = ()
    is_declared: bool = False
    plan: str = ""
    results: Sequence[Result] = ()


def look(guard: Guard, choice: Choice) -> Look:
    """What may be shown of this choice. Raises PlanError for a name that the study does not declare."""
    grouping, title = _named(guard, choice)
    groups = _groups(guard, choice, grouping)
    drawn = [level for level, group in groups if guard.curve(choice.endpoint, group)]
    left_out = [f"{level.label}: {_why(guard, choice, group)}" for level, group in groups if level not in drawn]
    if not drawn:
        return Look(title, left_out)
    asked = curves(guard.study, choice, grouping, drawn if grouping.by else [])
    described, unseen = _described(guard, choice, grouping, [one for one in groups if one[1] in guard.counted])
    every = run(guard.study, [*asked, *described])
    results, baseline = every[: len(asked)], every[len(asked) :]
    output, tables_of = as_output(results, title)
    view = View(tables_of, [output])
    of_curve, *of_tests = view.of_output(SHOWN)
    declared = [declared_as(guard.study, result.row) for result in results]
    return Look(
        title=title,
        left_out=[*left_out, *unseen],
        sentence="".join(piece.text for piece in of_times(of_curve, next((s for s in of_tests if s.one("hr")), None))),
        svg=draw(tables_of, [output])[SHOWN],
        tables=_without_links(laid_out(view)),
        baseline=_without_links(laid_out(view_of(baseline))) if baseline else (),
        declared=[name for name in declared if name],
        is_declared=all(declared),
        plan=_plan(guard, choice, grouping, title, results, baseline),
        results=every,
    )


def _named(guard: Guard, choice: Choice) -> tuple[Grouping, str]:
    """The grouping of the choice, and in words what it is."""
    offer = guard.offer
    for name, known in (
        (choice.population, offer.populations),
        (choice.endpoint, offer.endpoints),
        (choice.grouping, offer.groupings),
    ):
        if name not in known:
            raise PlanError(f"the study declares nothing by the name {name} to choose of: {', '.join(known)}")
    return offer.groupings[
        choice.grouping
    ], f"{offer.endpoints[choice.endpoint]}: {offer.populations[choice.population]}"


def _groups(guard: Guard, choice: Choice, grouping: Grouping) -> list[tuple[Level, Patients]]:
    """The groups that were chosen, within the population; without groups everybody is one."""
    inside = guard.populations[choice.population]
    if grouping.by is None:
        return [(Level(ALL, "All patients"), inside)]
    chosen = [level for level in grouping.levels if not choice.levels or level.level in choice.levels]
    return [(level, inside & guard.groups[grouping.key][level.level]) for level in chosen]


def _why(guard: Guard, choice: Choice, group: Patients) -> str:
    few = f"fewer than {guard.least} patients"
    if guard.is_small(choice.endpoint, group):
        return f"{few} have a time to this event"
    return f"beside groups that are shown elsewhere, their difference would be {few}"


def _described(
    guard: Guard, choice: Choice, grouping: Grouping, groups: Sequence[tuple[Level, Patients]]
) -> tuple[list[Row], list[str]]:
    """The row of the plan for the characteristics of these groups, and which of its variables are not shown.

    A variable is there for all groups or for none: with one left out, its test and difference would tell.
    """
    row = characteristics(guard.study, choice, grouping, [level for level, _ in groups] if grouping.by else [])
    if row is None or not groups:
        return [], []
    of_row = [(spec, variable_of(spec, row["analysis_id"])) for spec in row["variables"]]
    seen = [spec for spec, variable in of_row if all(guard.shows(variable, group) for _, group in groups)]
    unseen = [variable.label for spec, variable in of_row if spec not in seen]
    said = [
        f"Characteristics: {', '.join(unseen)}: a value has fewer than {guard.least} patients, itself or by difference"
    ]
    return [{**row, "variables": seen}] if seen else [], said if unseen else []


def _plan(
    guard: Guard, choice: Choice, grouping: Grouping, title: str, results: Sequence[Result], described: Sequence[Result]
) -> str:
    name = f"{choice.endpoint}_{choice.population}" + (f"_by_{grouping.by}" if grouping.by else "")
    parts = [Part(results, f"explored.{name.lower()}", "figure", title)]
    if described:
        parts.append(Part(described, f"explored.baseline_{name.lower()}", "table", f"Characteristics: {title}"))
    return written(guard.study, parts)


def _without_links(tables: Sequence[Table]) -> list[Table]:
    """The tables without the places that numbers lead to in a report."""
    return [
        replace(
            table,
            rows=[
                replace(row, source="", cells=[replace(cell, source="", links=()) for cell in row.cells])
                for row in table.rows
            ],
        )
        for table in tables
    ]
