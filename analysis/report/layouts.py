"""Result rows laid out as tables for readers; the same tables go to HTML, CSV and, later, journals.

A table is built from the kinds of analysis of its output: comparisons of groups, models, survival, counts, unknowns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from cartwright.analysis.plan.definition import ALL, Level, Variable
from cartwright.analysis.plan.kinds.describe import DOES_NOT_APPLY
from cartwright.analysis.report import adjustment_tables, reviewer_tables, survival_tables
from cartwright.analysis.report.table import Cell, Notes, Row, Table
from cartwright.analysis.report.toxicity_tables import agreements, incidences
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import (
    ABSENT,
    drawn_digits,
    estimate,
    interval,
    is_known,
    method_name,
    monte_carlo,
    number,
    p_value,
    percent,
)


def of_output(view: View, output_id: str) -> list[Table]:
    """Every table of an output, in the order of its analyses; kinds that only draw give none."""
    tables: list[Table] = []
    analyses = view.of_output(output_id)
    reasons = [(shown.title, row.flag) for shown in analyses for row in shown.rows("not_computable")]
    if reasons:
        tables.append(Table("Not computable", [Cell("Analysis"), Cell("Why")], [Row(a, [Cell(b)]) for a, b in reasons]))
    computed = [shown for shown in analyses if not shown.rows("not_computable")]
    for layout, chunk in groupby(computed, key=lambda shown: _LAYOUTS.get(shown.kind)):
        if layout is not None:
            together = list(chunk)
            laid_out = layout(together)
            tables += [_sourced(table, together[0]) for table in laid_out] if len(together) == 1 else laid_out
    return tables


def _sourced(table: Table, shown: Shown) -> Table:
    """The table of one analysis, whose rows all come from it."""
    rows = [row if row.source else replace(row, source=shown.analysis_id) for row in table.rows]
    return replace(table, rows=rows)


def headline(view: View) -> list[Table]:
    """Medians and ratios of the analyses that the plan marks as headline."""
    marked = [shown for shown in view.analyses.values() if shown.options.get("headline")]
    tables = []
    for layout in (survival_tables.curves, survival_tables.comparisons, _grouped):
        chosen = [shown for shown in marked if layout in _parts(shown.kind)]
        tables += layout(chosen) if chosen else []
    return tables


def _grouped(analyses: list[Shown]) -> list[Table]:
    """Variables by group; analyses with the same groups share a table."""
    tables = []
    for _, chunk in groupby(analyses, key=lambda shown: (shown.kind, shown.columns)):
        tables.append(_one_grouped(list(chunk)))
    return tables


def _one_grouped(analyses: list[Shown]) -> Table:
    levels = analyses[0].columns
    tests = max((len(v.tests) for shown in analyses for v in shown.variables), default=0) if len(levels) > 1 else 0
    has_difference = any(shown.rows("difference") for shown in analyses)
    has_smd = any(shown.rows("smd") for shown in analyses)
    notes, rows = Notes(), []
    for shown in analyses:
        if len(analyses) > 1:
            rows.append(Row(f"{shown.title} (n = {_group_size(shown, levels[0])})"))
        for variable in shown.variables:
            between = [*_difference(shown, variable, has_difference), *_imbalance(shown, variable, has_smd, notes)]
            rows += _variable_rows(shown, variable, levels, [*between, *_tests(shown, variable, tests, notes)], notes)
    alone = len(analyses) == 1
    columns = [Cell("Characteristic")]
    columns += [Cell(level.label, f"n = {_group_size(analyses[0], level)}" if alone else "") for level in levels]
    columns += [Cell("Difference, points", "95 % limits")] * has_difference
    columns += [Cell("Standardised difference")] * has_smd
    columns += [Cell("p"), *[Cell("p, second test")] * (tests - 1)][:tests]
    unknown = Cell("Unknown", "by group" if len(levels) > 1 else "")
    return Table("; ".join(shown.title for shown in analyses), [*columns, unknown], rows, notes.lines())


def _group_size(shown: Shown, level: Level) -> str:
    size = shown.one("n", group_level=level.level, variable=None)
    return number(size.value, 0) if size else "0"


def _variable_rows(
    shown: Shown, variable: Variable, levels: tuple[Level, ...], between: list[Cell], notes: Notes
) -> list[Row]:
    counts = {
        row.group_level: row.value
        for row in shown.rows("unknown", variable=variable.name, variable_level=variable.level)
    }
    unknown = Cell(" / ".join(number(counts.get(level.level), 0) for level in levels))
    trailing = [*between, unknown]
    if variable.type != "categorical":
        if variable.type == "continuous":
            cells = [_quartiles(shown, variable, level.level, notes) for level in levels]
        else:
            cells = [_share(shown, variable, level.level, variable.level, notes) for level in levels]
        return [Row(variable.label, cells + trailing, source=shown.analysis_id)]
    rows = [Row(variable.label, [Cell("")] * len(levels) + trailing, source=shown.analysis_id)]
    labels = {level.level: level.label for level in variable.levels}
    apart = {other.level for other in shown.variables if other.name == variable.name}  # yes/no rows of the same column
    found = dict.fromkeys(row.variable_level for row in shown.rows("count", variable=variable.name))
    for name in (name for name in found if name not in apart - set(labels)):
        cells = [_share(shown, variable, level.level, name, notes) for level in levels]
        rows.append(Row(labels.get(name, name), cells + [Cell("")] * len(trailing), 1, shown.analysis_id))
    return rows


def _named(shown: Shown, statistic: str, variable: Variable, **where: Any) -> SimpleNamespace | None:
    """Result row of a variable; a column that serves twice is told apart by its level."""
    return shown.one(statistic, variable=variable.name, **where)


def _share(shown: Shown, variable: Variable, group: str, level: str | None, notes: Notes) -> Cell:
    count = _named(shown, "count", variable, group_level=group, variable_level=level)
    share = _named(shown, "proportion", variable, group_level=group, variable_level=level)
    if count is None or share is None:
        return Cell(ABSENT)
    size = _named(shown, "unknown", variable, group_level=group, variable_level=variable.level)
    if share.flag == DOES_NOT_APPLY or not count.n:
        return Cell(ABSENT, marks=notes.mark(share.flag))
    is_part = size is None or size.value or variable.asked_of or is_known(share.ci_low)
    denominator = f"/{count.n}" if is_part else ""
    limits = interval(100 * share.ci_low, 100 * share.ci_high, 1) if is_known(share.ci_low) else ""
    return Cell(f"{number(count.value, 0)}{denominator} ({percent(share.value)})", limits, notes.mark(share.flag))


def _quartiles(shown: Shown, variable: Variable, group: str, notes: Notes) -> Cell:
    median, q1, q3 = (_named(shown, name, variable, group_level=group) for name in ("median", "q1", "q3"))
    if median is None or q1 is None or q3 is None:
        return Cell(ABSENT)
    if median.flag == DOES_NOT_APPLY:
        return Cell(ABSENT, marks=notes.mark(DOES_NOT_APPLY))
    return Cell(estimate(median.value, q1.value, q3.value, variable.digits), "", notes.mark(median.flag))


def _difference(shown: Shown, variable: Variable, has_difference: bool) -> list[Cell]:
    if not has_difference:
        return []
    row = _named(shown, "difference", variable, variable_level=variable.level)
    if row is None:
        return [Cell(ABSENT)]
    return [Cell(percent(row.value), f"{percent(row.ci_low)} to {percent(row.ci_high)}")]


def _imbalance(shown: Shown, variable: Variable, has_smd: bool, notes: Notes) -> list[Cell]:
    if not has_smd:
        return []
    row = _named(shown, "smd", variable, variable_level=variable.level)
    return [Cell(number(row.value), marks=notes.mark(row.flag)) if row else Cell(ABSENT)]


def _tests(shown: Shown, variable: Variable, columns: int, notes: Notes) -> list[Cell]:
    rows = shown.rows("p", variable=variable.name)
    rows = [row for row in rows if variable.level in (None, row.variable_level)]
    cells = [Cell(p_value(row.value, row.mcse), method_name(row.method), notes.mark(row.flag)) for row in rows]
    return (cells + [Cell("")] * columns)[:columns]


def _models(analyses: list[Shown]) -> list[Table]:
    """Covariates down, models across; the number of complete cases stands under each estimate."""
    notes, rows = Notes(), []
    for label in dict.fromkeys(v.label for shown in analyses for v in shown.variables if not v.is_auxiliary):
        cells = []
        for shown in analyses:
            variable = next((v for v in shown.variables if v.label == label), None)
            cells += _coefficient(shown, variable, notes) if variable else [Cell(""), Cell("")]
        rows.append(Row(label, cells))
    columns = [Cell("Covariate")]
    for shown in analyses:
        columns += [Cell(shown.title, f"{_ratio(shown).upper()} (95 % limits)"), Cell("p")]
    return [Table("; ".join(shown.title for shown in analyses), columns, rows, notes.lines())]


def _ratio(shown: Shown) -> str:
    return "or" if shown.kind == "logistic" else "hr"


def _coefficient(shown: Shown, variable: Variable, notes: Notes) -> list[Cell]:
    ratio = _ratio(shown)
    row = shown.due(ratio, variable=variable.name, variable_level=variable.level)
    p = _named(shown, "p", variable, variable_level=variable.level)
    size = f"n {row.n}" + (f", {row.events} events" if row.events is not None else "")
    firth = _named(shown, f"{ratio}_firth", variable, variable_level=variable.level)
    if firth is not None:
        size += f"; Firth {estimate(firth.value, firth.ci_low, firth.ci_high)}"
    size = "; ".join(filter(None, (size, monte_carlo(row))))
    mark = notes.mark("; ".join(filter(None, (row.flag, firth.flag if firth else None))))
    text = estimate(row.value, row.ci_low, row.ci_high, drawn_digits(row)) if is_known(row.value) else "NE"
    return [
        Cell(text, size, mark, source=shown.analysis_id),
        Cell(p_value(p.value, p.mcse) if p else "NE", monte_carlo(p), source=shown.analysis_id),
    ]


def _counts(analyses: list[Shown]) -> list[Table]:
    rows = []
    for shown in analyses:
        if len(analyses) > 1:
            rows.append(Row(shown.title))
        for group in shown.groups:
            count, share = (shown.due(name, group_level=group.level) for name in ("count", "proportion"))
            cells = [Cell(number(count.value, 0)), Cell(percent(share.value))]
            rows.append(Row(group.label, cells, int(len(analyses) > 1), shown.analysis_id))
    caption = "; ".join(shown.title for shown in analyses)
    return [Table(caption, [Cell("Patients"), Cell("Number"), Cell("%")], rows)]


def _steps(analyses: list[Shown]) -> list[Table]:
    shown = analyses[0]
    source = shown.analysis_id
    rows = [Row(shown.options["words"]["start"], [Cell(""), Cell(number(shown.due("screened").value, 0))], 0, source)]
    for step in shown.rows("excluded"):
        left = shown.due("remaining", variable=step.variable)
        rows.append(Row(step.value_txt, [Cell(number(step.value, 0)), Cell(number(left.value, 0))], 0, source))
    rows += [Row(group.value_txt, [Cell(""), Cell(number(group.value, 0))], 0, source) for group in shown.rows("group")]
    return [Table(shown.title, [Cell("Step"), Cell("Excluded"), Cell("Remaining")], rows)]


def _profiles(analyses: list[Shown]) -> list[Table]:
    tables = []
    for shown in analyses:
        days = [str(window["day"]) for window in shown.options["windows"]]
        rows = []
        for variable in shown.variables:
            where = {"variable": variable.name, "group_level": variable.anchor}
            cells = []
            for day in days:
                median, q1, q3 = (shown.due(name, variable_level=day, **where) for name in ("median", "q1", "q3"))
                text = estimate(median.value, q1.value, q3.value, variable.digits) if median.n else ABSENT
                cells.append(Cell(text, f"n {median.n}"))
            rows.append(Row(variable.label, cells, source=shown.analysis_id))
        columns = [Cell("Median (IQR)"), *(Cell(f"Day {day}") for day in days)]
        tables.append(Table(shown.title, columns, rows))
    return tables


def _unknowns(analyses: list[Shown]) -> list[Table]:
    tables = []
    for shown in analyses:
        levels = [*shown.groups, *([Level(ALL, "All patients")] if len(shown.groups) > 1 else [])]
        rows = []
        for variable in shown.variables:
            found = [
                shown.due("unknown", variable=variable.name, variable_level=variable.level, group_level=level.level)
                for level in levels
            ]
            rows.append(Row(variable.label, [_unknown_share(row, variable) for row in found], 0, shown.analysis_id))
        columns = [Cell("Item"), *(Cell(level.label, f"n = {_group_size(shown, level)}") for level in levels)]
        tables.append(Table(shown.title, columns, rows))
    return tables


def _unknown_share(row: SimpleNamespace, variable: Variable) -> Cell:
    """Unknown of those asked; how many these are stands beside when not everybody is."""
    if not row.n:
        return Cell(ABSENT)
    return Cell(f"{number(row.value, 0)}{f'/{row.n}' if variable.asked_of else ''} ({percent(row.value / row.n)})")


Layout = Callable[[list[Shown]], list[Table]]


_LAYOUTS: dict[str, Layout] = {
    "count": _counts,
    "funnel": _steps,
    "missing": _unknowns,
    "profile": _profiles,
    "describe": _grouped,
    "proportion": _grouped,
    "paired": _grouped,
    "agreement": agreements,
    "incidence": incidences,
    "declared": adjustment_tables.declared,
    "weighted": adjustment_tables.weighted,
    "standardised": adjustment_tables.standardised,
    "evalue": adjustment_tables.evalues,
    "cox": _models,
    "logistic": _models,
    "km": survival_tables.survival,
    "logrank": survival_tables.survival,
    "hr_oe": survival_tables.survival,
    "hr_cox": survival_tables.survival,
    "clone": survival_tables.survival,
    "simon_makuch": survival_tables.survival,
    "hr_landmark": survival_tables.survival,
    "hr_time_dependent": survival_tables.survival,
    "imputed_cox": _models,
    "penalised_cox": reviewer_tables.penalised_models,
    "validation": reviewer_tables.validations,
    "rmst": reviewer_tables.restricted_means,
    "tipping": reviewer_tables.tipping_points,
    "ph": reviewer_tables.proportionality,
    "subgroups": reviewer_tables.subgroups,
    "competing": reviewer_tables.competing_events,
    "interval": reviewer_tables.intervals,
    "checklist": reviewer_tables.checklists,
    "multiplicity": reviewer_tables.multiplicities,
}


def _parts(kind: str) -> Iterable[Layout]:
    """Which headline tables a kind contributes to."""
    layout = _LAYOUTS.get(kind)
    if layout is survival_tables.survival:
        return (survival_tables.curves,) if kind == "km" else (survival_tables.comparisons,)
    return (_grouped,) if kind == "proportion" else ()
