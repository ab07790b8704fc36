"""Tables of toxicity: events by term and worst grade, and two ratings of the same patients crossed."""

from __future__ import annotations

from cartwright.analysis.plan.definition import Level, Variable, levels_of
from cartwright.analysis.plan.kinds.agreement import UNKNOWN
from cartwright.analysis.plan.kinds.incidence import ANY_TERM, GRADES
from cartwright.analysis.report.table import Cell, Notes, Row, Table
from cartwright.analysis.report.view import Shown
from cartwright.analysis.report.wording import ABSENT, estimate, number, percent


def incidences(analyses: list[Shown]) -> list[Table]:
    """One table an analysis: terms down; any grade, severe and each single grade of each group across."""
    return [_incidence(shown) for shown in analyses]


def _incidence(shown: Shown) -> Table:
    severe = f">={shown.options['severe_from']}"
    labels = {level.level: level.label for level in shown.variables[0].levels}
    notes, rows = Notes(), []
    for term in dict.fromkeys(row.variable for row in shown.rows("count")):
        label = "Any event" if term == ANY_TERM else labels.get(term, term.replace("_", " "))
        cells = []
        for group in shown.groups:
            cells += [_share(shown, term, level, group, notes) for level in ("any", severe)]
            cells.append(_single_grades(shown, term, group))
        rows.append(Row(label, cells, source=shown.analysis_id))
    columns = [Cell("Term")]
    for group in shown.groups:
        size = shown.due("n", group_level=group.level, variable=None)
        told = f"{group.label}, n = {number(size.value, 0)}"
        columns += [Cell("Any grade", told), Cell(f"Grade {severe.replace('>=', '≥ ')}", told)]
        columns.append(Cell("Grades " + " / ".join(map(str, GRADES)), group.label))
    return Table(shown.title, columns, rows, notes.lines())


def _share(shown: Shown, term: str, level: str, group: Level, notes: Notes) -> Cell:
    where = {"variable": term, "variable_level": level, "group_level": group.level}
    count, share = shown.due("count", **where), shown.due("proportion", **where)
    if not count.n:
        return Cell(ABSENT, marks=notes.mark(share.flag))
    is_part = shown.options["denominator"] == "rated" or term in shown.options.get("asked_of", {})
    size = f"/{count.n}" if is_part else ""
    return Cell(f"{number(count.value, 0)}{size} ({percent(share.value)})")


def _single_grades(shown: Shown, term: str, group: Level) -> Cell:
    where = {"variable": term, "group_level": group.level}
    found = [shown.due("count", variable_level=str(grade), **where) for grade in GRADES]
    if not found[0].n:
        return Cell(ABSENT)
    counts = [number(count.value, 0) for count in found]
    ungraded = shown.due("unknown", **where).value
    return Cell(" / ".join(counts), f"ungraded {number(ungraded, 0)}" if ungraded else "")


def agreements(analyses: list[Shown]) -> list[Table]:
    """A cross table for each rated variable of each analysis; what it amounts to stands in its notes."""
    return [_crossed(shown, variable) for shown in analyses for variable in shown.variables]


def _crossed(shown: Shown, variable: Variable) -> Table:
    first, second = levels_of(shown.options["levels"])
    scale = [*variable.levels, Level(UNKNOWN, "Unknown")]
    rows = []
    for one in scale:
        cells = [
            shown.due("count", variable=variable.name, group_level=one.level, variable_level=other.level)
            for other in scale
        ]
        rows.append(Row(one.label, [Cell(number(cell.value, 0)) for cell in cells], source=shown.analysis_id))
    corner = Cell(f"{first.label} (down) by {second.label.lower()} (across)")
    columns = [corner, *(Cell(level.label) for level in scale)]
    return Table(f"{shown.title}: {variable.label}", columns, rows, _verdict(shown, variable.name))


def _verdict(shown: Shown, variable: str) -> list[str]:
    equal, share = shown.due("agreeing", variable=variable), shown.due("agreement", variable=variable)
    kappa = shown.due("kappa", variable=variable)
    lines = [f"Equal grades: {number(equal.value, 0)} of {equal.n} with both grades"]
    if equal.n:
        lines[0] += f", {estimate(100 * share.value, 100 * share.ci_low, 100 * share.ci_high, 1)} %"
    told = estimate(kappa.value, kappa.ci_low, kappa.ci_high) if kappa.ci_low == kappa.ci_low else number(kappa.value)
    lines.append(f"{kappa.method.capitalize()}: {told}" + (f" ({kappa.flag})" if kappa.flag else ""))
    return lines
