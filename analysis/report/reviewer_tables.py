"""Layouts of what a reviewer would ask about time, missing values and models."""

from __future__ import annotations

from types import SimpleNamespace

from cartwright.analysis.counted import counted
from cartwright.analysis.plan.definition import Variable
from cartwright.analysis.report.table import Cell, Notes, Row, Table
from cartwright.analysis.report.view import Shown
from cartwright.analysis.report.wording import (
    ABSENT,
    drawn_digits,
    estimate,
    interval,
    is_known,
    method_words,
    monte_carlo,
    number,
    p_value,
    percent,
)


def restricted_means(analyses: list[Shown]) -> list[Table]:
    """One row an endpoint and horizon: the mean of each group, in months, and their difference."""
    notes, rows = Notes(), []
    for shown in analyses:
        for months in shown.options["tau_months"]:
            at = {"variable_level": f"{months:g}"}
            cells = [_estimate(shown.due("rmst", group_level=group.level, **at), notes) for group in shown.groups]
            cells.append(_estimate(shown.due("rmst_difference", **at), notes))
            cells.append(Cell(_p(shown.one("p", **at))))
            rows.append(Row(f"{shown.title}, to {months:g} months", cells, source=shown.analysis_id))
    columns = [Cell("Endpoint, horizon"), *(Cell(group.label, "months") for group in analyses[0].groups)]
    columns += [Cell("Difference", "months"), Cell("p")]
    return [Table("Restricted mean survival time", columns, rows, notes.lines())]


def tipping_points(analyses: list[Shown]) -> list[Table]:
    """The ratio after each number of added deaths, and the number that undoes it in the caption."""
    tables = []
    for shown in analyses:
        notes, rows = Notes(), []
        for step in shown.rows("hr"):
            p = shown.one("p", variable_level=step.variable_level)
            rows.append(Row(f"{step.variable_level} added", [_ratio(step, notes), Cell(_p(p))]))
        point = shown.due("tipping_point")
        needed = number(point.value, 0) if is_known(point.value) else point.value_txt
        patients = f"beside {counted(point.n, 'patient')} of the group"
        rows.insert(0, Row("Deaths needed", [Cell(needed, patients, notes.mark(point.flag)), Cell("")]))
        columns = [Cell("Deaths"), Cell("Hazard ratio (95 % limits)"), Cell("p")]
        caption = f"{shown.title}: deaths added to {shown.groups[0].label}"
        tables.append(Table(caption, columns, rows, notes.lines()))
    return tables


def proportionality(analyses: list[Shown]) -> list[Table]:
    """Chi-square and p by covariate, one pair of columns a transform of time."""
    tables = []
    for shown in analyses:
        notes, rows = Notes(), []
        tested = dict.fromkeys((row.variable, row.variable_level) for row in shown.rows("p"))
        labels = {(variable.name, variable.level): variable.label for variable in shown.variables}
        for variable, level in tested:
            at = {"variable": variable, "variable_level": level}
            chi_squares = {row.method: row for row in shown.rows("chi_square", **at)}
            cells = []
            for row in shown.rows("p", **at):
                chi_square = chi_squares.get(row.method)
                cells.append(Cell(number(chi_square.value) if chi_square else "NE", marks=notes.mark(row.flag)))
                cells.append(Cell(p_value(row.value)))
            rows.append(Row(labels.get((variable, level), "All covariates together"), cells))
        columns = [Cell("Covariate")]
        for transform in shown.options["transforms"]:
            columns += [Cell("Chi-square", f"{transform} time"), Cell("p")]
        first = shown.due("p")
        caption = f"{shown.title}: tests of proportional hazards (n {first.n}, {first.events} events)"
        tables.append(Table(caption, columns, rows, notes.lines()))
    return tables


def competing_events(analyses: list[Shown]) -> list[Table]:
    """Incidence by cause and group at fixed months, then the comparisons of two groups by cause."""
    tables = []
    for shown in analyses:
        months = [f"{month:g}" for month in shown.options["landmarks_months"]]
        notes, rows, compared = Notes(), [], []
        for cause in shown.options["causes"]:
            rows.append(Row(cause["label"]))
            for group in shown.groups:
                at = {"variable": cause["level"], "group_level": group.level}
                events = shown.due("events", **at)
                cells = [Cell(f"{number(events.value, 0)} / {events.n}")]
                cells += [_share(shown.due("incidence", variable_level=month, **at), notes) for month in months]
                rows.append(Row(group.label, cells, level=1))
            if len(shown.groups) < 2:
                continue
            at = {"variable": cause["level"]}
            ratios = [shown.due(name, **at) for name in ("shr", "hr")]
            gray = shown.due("gray_p", **at)
            compared.append(
                Row(
                    cause["label"],
                    [
                        Cell(p_value(gray.value), marks=notes.mark(gray.flag)),
                        *(_ratio(ratio, notes, f"p {_p(shown.one(f'{ratio.statistic}_p', **at))}") for ratio in ratios),
                    ],
                )
            )
        columns = ["Cause, group", "Events / n", *(f"At {month} months, %" for month in months)]
        below = [] if compared else notes.lines()
        tables.append(Table(f"{shown.title}: cumulative incidence", [Cell(c) for c in columns], rows, below))
        if not compared:
            continue
        columns = ["Cause", "p, Gray", "Subdistribution ratio (Fine-Gray)", "Cause-specific ratio (Cox)"]
        words = " against ".join(group.label for group in shown.groups)
        tables.append(Table(f"{shown.title}: {words}", [Cell(c) for c in columns], compared, notes.lines()))
    return tables


def intervals(analyses: list[Shown]) -> list[Table]:
    """Turnbull medians by group, and the ratio with events dated at the start, middle and end of their intervals."""
    tables = []
    for shown in analyses:
        notes, rows = Notes(), []
        for group in shown.groups:
            median = shown.due("median_survival_months", group_level=group.level)
            width = shown.due("interval_days", group_level=group.level)
            within = interval(median.ci_low, median.ci_high) if is_known(median.ci_low) else "NE"
            rows.append(
                Row(
                    group.label,
                    [
                        Cell(str(median.n)),
                        Cell(str(median.events)),
                        Cell(within, marks=notes.mark(median.flag)),
                        Cell(number(width.value, 0), marks=notes.mark(width.flag)),
                    ],
                )
            )
        heads = ["Group", "n", "Events", "Median lies within, months", "Median width of an event's interval, days"]
        tables.append(Table(f"{shown.title}: Turnbull", [Cell(head) for head in heads], rows, notes.lines()))
        notes = Notes()
        rows = [
            Row(
                f"{ratio.variable_level.capitalize()} of the interval",
                [_ratio(ratio, notes), Cell(_p(shown.one("p", variable_level=ratio.variable_level)))],
            )
            for ratio in shown.rows("hr")
        ]
        words = " against ".join(group.label for group in shown.groups)
        columns = [Cell("Event dated at"), Cell("Hazard ratio (95 % limits)"), Cell("p")]
        tables.append(Table(f"{shown.title}: {words}", columns, rows, notes.lines()))
    return tables


def penalised_models(analyses: list[Shown]) -> list[Table]:
    """Wald's and Firth's estimate side by side, one block a model headed by its events per covariate."""
    notes, rows = Notes(), []
    for shown in analyses:
        support = shown.one("events_per_covariate")
        said = f"{number(support.value, 1)} events per covariate" if support else "not fitted"
        mark = notes.mark(support.flag) if support else ""
        size = Cell(f"n {support.n}, {support.events} events", said, mark) if support else Cell(said)
        rows.append(Row(shown.title, [size, Cell(""), Cell(""), Cell("")], source=shown.analysis_id))
        for variable in shown.variables:
            at = {"variable": variable.name, "variable_level": variable.level}
            cells = []
            for ratio, p in (("hr", "p"), ("hr_firth", "p_firth")):
                found = shown.one(ratio, **at)
                cells += [_ratio(found, notes) if found else Cell(ABSENT), Cell(_p(shown.one(p, **at)))]
            rows.append(Row(variable.label, cells, 1, shown.analysis_id))
    columns = ["Model, covariate", "Wald: HR (95 % limits)", "p", "Firth: HR (95 % limits)", "p"]
    return [Table("Events per covariate and penalised estimates", [Cell(c) for c in columns], rows, notes.lines())]


def subgroups(analyses: list[Shown]) -> list[Table]:
    """The ratio within each level, and the p value of each interaction."""
    tables = []
    for shown in analyses:
        notes = Notes()
        whole = shown.due("hr", variable=None)
        rows = [Row("All patients", [Cell(f"{whole.n} / {whole.events}"), _ratio(whole, notes), Cell("")])]
        for variable in shown.variables:
            rows += _subgroup(shown, variable, notes)
        columns = ["Subgroup", "n / events", "Hazard ratio (95 % limits)", "p, interaction"]
        tables.append(Table(shown.title, [Cell(c) for c in columns], rows, notes.lines()))
    return tables


def _subgroup(shown: Shown, variable: Variable, notes: Notes) -> list[Row]:
    interaction = shown.due("interaction_p", variable=variable.name)
    p = Cell(p_value(interaction.value), marks=notes.mark(interaction.flag))
    rows = [Row(variable.label, [Cell(""), Cell(""), p])]
    for ratio in shown.rows("hr", variable=variable.name):
        cells = [Cell(f"{ratio.n} / {ratio.events}"), _ratio(ratio, notes), Cell("")]
        rows.append(Row(ratio.variable_level, cells, level=1))
    return rows


def validations(analyses: list[Shown]) -> list[Table]:
    """Apparent and corrected concordance and the calibration slope, one row a model."""
    notes, rows = Notes(), []
    for shown in analyses:
        apparent = shown.due("c_apparent")
        drawn = [shown.one(name) for name in ("optimism", "c_corrected", "calibration_slope")]
        cells = [
            Cell(f"{apparent.n} / {apparent.events}"),
            _estimate(apparent, notes),
            *(
                Cell(number(row.value, drawn_digits(row, 3)), monte_carlo(row), notes.mark(row.flag))
                if row
                else Cell(ABSENT)
                for row in drawn
            ),
        ]
        method = next((row.method for row in drawn if row), apparent.method)
        rows.append(Row(shown.title, [*cells, Cell(method_words(method))], source=shown.analysis_id))
    columns = ["Model", "n / events", "Apparent", "Optimism", "Corrected", "Calibration slope", "Method"]
    return [Table("Concordance", [Cell(c) for c in columns], rows, notes.lines())]


def checklists(analyses: list[Shown]) -> list[Table]:
    """Items under their guideline, with links to the outputs and sections that answer them."""
    tables = []
    for shown in analyses:
        rows, standard = [], None
        for item in shown.rows("item"):
            if item.variable != standard:
                standard = item.variable
                rows.append(Row(standard))
            at = {"variable": item.variable, "variable_level": item.variable_level}
            links = tuple(
                (row.value_txt, "" if row.group_level == "table" else row.value_txt.replace(".", "-"))
                for row in shown.ard
                if row.statistic.startswith("place_") and (row.variable, row.variable_level) == tuple(at.values())
            )
            words = Cell(", ".join(text for text, _ in links) or ABSENT, links=links)
            note = shown.due("note", **at).value_txt
            rows.append(Row(item.variable_level, [Cell(item.value_txt), words, Cell(note)], level=1))
        columns = [Cell("Item"), Cell("Asks for"), Cell("Answered in"), Cell("What is there")]
        tables.append(Table(shown.title, columns, rows))
    return tables


def _estimate(row: SimpleNamespace, notes: Notes) -> Cell:
    if not is_known(row.value):
        return Cell("NE", marks=notes.mark(row.flag))
    return Cell(estimate(row.value, row.ci_low, row.ci_high), marks=notes.mark(row.flag))


def _ratio(row: SimpleNamespace, notes: Notes, detail: str = "") -> Cell:
    cell = _estimate(row, notes)
    return Cell(cell.text, detail if is_known(row.value) else "", cell.marks)


def _share(row: SimpleNamespace, notes: Notes) -> Cell:
    if not is_known(row.value):
        return Cell("NE", marks=notes.mark(row.flag))
    limits = interval(100 * row.ci_low, 100 * row.ci_high, 1) if is_known(row.ci_low) else ""
    return Cell(percent(row.value), limits, notes.mark(row.flag))


def _p(row: SimpleNamespace | None) -> str:
    return p_value(row.value if row is not None else None)


def multiplicities(analyses: list[Shown]) -> list[Table]:
    """Tests under their family: p as computed, and adjusted for the family."""
    tables = []
    for shown in analyses:
        notes, rows = Notes(), []
        for family in shown.options["families"]:
            rows.append(Row(f"{family['label']} ({METHODS_OF_FAMILIES[family['method']]})"))
            at = {"group_level": family["family"]}
            for raw in shown.rows("p_raw", **at):
                adjusted = shown.due("p_adjusted", variable_level=raw.variable_level, **at)
                cells = [
                    Cell(_p(raw)),
                    Cell(_p(adjusted), marks=notes.mark(adjusted.flag)),
                    Cell(method_words(raw.method)),
                ]
                rows.append(Row(raw.value_txt, cells, level=1))
        columns = [Cell("Family, test"), Cell("p"), Cell("p, adjusted"), Cell("Test")]
        tables.append(Table(shown.title, columns, rows, notes.lines()))
    return tables


METHODS_OF_FAMILIES = {
    "none": "not adjusted",
    "sequence": "in this order, each only if all before hold",
    "holm": "Holm",
    "bh": "Benjamini-Hochberg",
}
