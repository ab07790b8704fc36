"""Tables of adjusted comparisons: protocols in words, weights and what they cost, standardised survival, E-values."""

from __future__ import annotations

from types import SimpleNamespace

from cartwright.analysis.report.table import Cell, Notes, Row, Table
from cartwright.analysis.report.view import Shown
from cartwright.analysis.report.wording import (
    ABSENT,
    decimals,
    drawn_digits,
    estimate,
    interval,
    is_known,
    monte_carlo,
    number,
    p_value,
    percent,
)


def declared(analyses: list[Shown]) -> list[Table]:
    """The words of the plan as they stand: the first column labels the rows."""
    return [
        Table(
            shown.title,
            [Cell(column) for column in shown.options["columns"]],
            [Row(label, [Cell(text) for text in cells]) for label, *cells in shown.options["rows"]],
        )
        for shown in analyses
    ]


def weighted(analyses: list[Shown]) -> list[Table]:
    """One row an analysis: ratio with both kinds of limits, effective sample sizes, worst imbalance left."""
    notes, rows = Notes(), []
    for shown in analyses:
        hr, p, boot = shown.due("hr"), shown.one("p"), shown.one("hr_bootstrap")
        flag = "; ".join(filter(None, (hr.flag, boot.flag if boot else None)))
        sizes = [_effective(shown, group.level) for group in shown.groups]
        left = max((row.value for row in shown.rows("smd_after") if is_known(row.value)), default=None)
        rows.append(
            Row(
                shown.title,
                [
                    Cell(shown.endpoint_name or ""),
                    Cell(
                        estimate(hr.value, hr.ci_low, hr.ci_high, drawn_digits(hr)),
                        resampled(boot) or monte_carlo(hr),
                        notes.mark(flag),
                    ),
                    Cell(p_value(p.value, p.mcse) if p else "NE"),
                    Cell(" / ".join(sizes)),
                    Cell(number(left)),
                    Cell(f"{hr.n} / {hr.events}" if p else ABSENT, left_out(shown.one("unknown"))),
                ],
                source=shown.analysis_id,
            )
        )
    columns = [
        Cell("Comparison"),
        Cell("Endpoint"),
        Cell("Hazard ratio (95 % limits)", "robust; bootstrap below"),
        Cell("p"),
        Cell("Effective sample size", " / ".join(group.label for group in analyses[0].groups)),
        Cell("Largest imbalance left", "standardised difference"),
        Cell("n / events"),
    ]
    return [Table("Comparisons after weighting", columns, rows, notes.lines())]


def _effective(shown: Shown, level: str) -> str:
    size = shown.one("ess", group_level=level)
    return f"{number(size.value, 1)} of {number(shown.due('n', group_level=level).value, 0)}" if size else ABSENT


def left_out(row: SimpleNamespace | None) -> str:
    """How many were left out for want of a covariate, for the second line of a cell."""
    return f"{number(row.value, 0)} incomplete" if row is not None else ""


def resampled(row: SimpleNamespace | None) -> str:
    """Bootstrap limits for the second line of a cell, if there are any, with what the draws left open."""
    if row is None or not is_known(row.value):
        return ""
    return f"bootstrap {interval(row.ci_low, row.ci_high, drawn_digits(row))}; {monte_carlo(row)}"


def standardised(analyses: list[Shown]) -> list[Table]:
    """Adjusted survival at fixed months by group, and its difference."""
    notes, rows = Notes(), []
    for shown in analyses:
        group, reference = shown.groups
        for month in shown.options["landmarks_months"]:
            at = {"variable_level": f"{month:g}"}
            found = [shown.one("survival", group_level=level.level, **at) for level in (group, reference)]
            cells = [_share(row, notes) for row in found]
            cells.append(_share(shown.one("survival_difference", **at), notes, " to "))
            rows.append(Row(f"{shown.endpoint_name}, {month:g} months", cells, source=shown.analysis_id))
    labels = [group.label for group in analyses[0].groups]
    columns = [Cell("Time"), *(Cell(f"{label}, %", "95 % limits") for label in labels), Cell("Difference, points")]
    dropped = left_out(analyses[0].one("unknown"))
    caption = "Survival standardised to the covariates of all patients"
    return [Table(caption, columns, rows, [*notes.lines(), *filter(None, [dropped])])]


def _share(row: SimpleNamespace | None, notes: Notes, to: str = "–") -> Cell:
    if row is None or not is_known(row.value):
        return Cell("NE", marks=notes.mark(row.flag if row else None))
    errors = (100 * error for error in (row.ci_low_mcse, row.ci_high_mcse) if is_known(error))
    low, high = (percent(limit, decimals(1, *errors)) for limit in (row.ci_low, row.ci_high))
    limits = f"{low}{to}{high}" if is_known(row.ci_low) else "no limits"
    said = "; ".join(filter(None, (limits, monte_carlo(row, 100))))
    return Cell(percent(row.value), said, notes.mark(row.flag))


def evalues(analyses: list[Shown]) -> list[Table]:
    """One row a ratio: how strong an unmeasured confounder would have to be."""
    notes, rows = Notes(), []
    for shown in analyses:
        for ratio in shown.rows("ratio"):
            found = [shown.due(name, variable=ratio.variable) for name in ("evalue", "evalue_limit")]
            rows.append(
                Row(
                    shown.options["labels"][ratio.variable],
                    [
                        Cell(estimate(ratio.value, ratio.ci_low, ratio.ci_high), "", notes.mark(ratio.flag)),
                        *(Cell(number(row.value)) for row in found),
                    ],
                    source=shown.analysis_id,
                )
            )
    columns = ["Estimate", "Ratio (95 % limits)", "E-value", "E-value of the limit nearer 1"]
    return [Table("E-values", [Cell(column) for column in columns], rows, notes.lines())]
