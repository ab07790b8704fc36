"""Tables of survival: medians and survival at fixed months by group, tests and hazard ratios between groups."""

from __future__ import annotations

from cartwright.analysis.plan.definition import Level
from cartwright.analysis.report import adjustment_tables
from cartwright.analysis.report.table import Cell, Notes, Row, Table
from cartwright.analysis.report.view import Shown
from cartwright.analysis.report.wording import (
    ABSENT,
    estimate,
    interval,
    is_known,
    method_words,
    number,
    p_value,
    percent,
)

_CURVES = ("km", "simon_makuch")


def curves(analyses: list[Shown]) -> list[Table]:
    """Medians and survival at fixed months, one row a group and convention; how, in the notes."""
    notes, rows = Notes(), []
    named = {(shown.endpoint_name, shown.title) for shown in analyses}
    months = sorted({float(row.variable_level) for shown in analyses for row in shown.rows("survival")})
    for shown in analyses:
        reverse = shown.options.get("reverse", False)
        if len(named) > 1:
            rows.append(Row(_heading(shown, analyses)))
        for group in shown.groups:
            median = shown.due(f"median_{'followup' if reverse else 'survival'}_months", group_level=group.level)
            size = shown.due("n", group_level=group.level)
            cells = [
                Cell(number(size.value, 0), marks=notes.mark(size.flag)),
                Cell(str(median.events)),
                Cell(
                    estimate(median.value, median.ci_low, median.ci_high, 1),
                    marks=notes.marks(method_words(median.method), median.flag),
                ),
            ]
            cells += [_landmark(shown, group, month, notes) for month in months]
            rows.append(Row(group.label, cells, int(len(named) > 1), shown.analysis_id))
    is_followup = analyses[0].options.get("reverse", False)  # there the event of the endpoint censors
    counted = "Censored by an event" if is_followup else "Events"
    columns = ["Group", "n", counted, "Median, months (95 % limits)"]
    columns += [f"At {month:g} months, %" for month in months]
    caption = "Follow-up by reverse Kaplan-Meier" if is_followup else "Kaplan-Meier estimates"
    endpoints = {shown.endpoint_name for shown in analyses}
    caption += f": {analyses[0].endpoint_name}" if len(endpoints) == 1 else ""
    return [Table(caption, [Cell(column) for column in columns], rows, notes.lines())]


def _heading(shown: Shown, analyses: list[Shown]) -> str:
    """What tells an analysis from the others of its table: its endpoint, its title, or both."""
    endpoints, titles = ({getattr(one, name) for one in analyses} for name in ("endpoint_name", "title"))
    parts = [shown.endpoint_name or ""] * (len(endpoints) > 1) + [shown.title] * (len(titles) > 1)
    return ", ".join(parts)


def _landmark(shown: Shown, group: Level, month: float, notes: Notes) -> Cell:
    row = shown.one("survival", group_level=group.level, variable_level=f"{month:g}")
    if row is None:
        return Cell(ABSENT)
    if not is_known(row.value):
        return Cell("NE", marks=notes.mark(row.flag))
    has_limits = is_known(row.ci_low) or is_known(row.ci_high)
    return Cell(percent(row.value), interval(100 * row.ci_low, 100 * row.ci_high, 1) if has_limits else "no limits")


def comparisons(analyses: list[Shown]) -> list[Table]:
    """Tests and hazard ratios between groups, each with its method in the notes."""
    notes, rows = Notes(), []
    several = len({shown.endpoint for shown in analyses}) > 1
    for shown in analyses:
        ratio, test = shown.one("hr"), shown.one("p")
        said = ratio or shown.due("p")
        words = " against ".join(group.label for group in shown.groups)
        value = estimate(ratio.value, ratio.ci_low, ratio.ci_high) if ratio is not None else ABSENT
        firth = shown.one("hr_firth")
        marks = notes.marks(method_words(said.method), said.flag, firth.flag if firth else None)
        detail = f"Firth {estimate(firth.value, firth.ci_low, firth.ci_high)}" if firth is not None else ""
        detail = detail or adjustment_tables.resampled(shown.one("hr_bootstrap"))
        rows.append(
            Row(
                shown.title,
                [
                    *[Cell(shown.endpoint_name or "")] * several,
                    Cell(words),
                    Cell(value, detail, marks if ratio is not None else ""),
                    Cell(p_value(test.value if test is not None else None), marks="" if ratio is not None else marks),
                    Cell(f"{said.n} / {said.events}", adjustment_tables.left_out(shown.one("unknown"))),
                ],
                source=shown.analysis_id,
            )
        )
    columns = ["Comparison", *["Endpoint"] * several, "Groups", "Hazard ratio (95 % limits)", "p", "n / events"]
    return [Table("Comparisons of the groups", [Cell(c) for c in columns], rows, notes.lines())]


def survival(analyses: list[Shown]) -> list[Table]:
    """Curves first, then what compares their groups."""
    drawn = [shown for shown in analyses if shown.kind in _CURVES]
    others = [shown for shown in analyses if shown.kind not in _CURVES]
    return (curves(drawn) if drawn else []) + (comparisons(others) if others else [])
