"""Median and interquartile range by day after infusion: one panel a parameter, one line a course."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import COLOURS, LINES, MARKERS, MUTED
from cartwright.analysis.plan.definition import Variable
from cartwright.analysis.report.places import EVERYBODY
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import is_known, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(view: View, shown: Shown) -> Drawing:
    parameters = list(dict.fromkeys(variable.paramcd for variable in shown.variables))
    if not any(is_known(row.value) for row in shown.rows("median")):
        return empty("Nobody was measured.")
    figure = new_figure(7, 0.6 + 2.6 * len(parameters))
    panels = figure.subplots(len(parameters), 1, sharex=True, squeeze=False)[:, 0]
    said = []
    for axes, parameter in zip(panels, parameters, strict=True):
        series = [variable for variable in shown.variables if variable.paramcd == parameter]
        for index, variable in enumerate(series):
            look = shown.places[shown.variables.index(variable)] if len(series) > 1 else EVERYBODY
            said.append(_one_series(axes, shown, variable, look, index - (len(series) - 1) / 2))
        axes.set(ylabel=series[0].label if len(series) == 1 else shown.title)
        if not axes.lines:
            axes.set_yticks([])
            axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", color=MUTED)
            continue
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        if len(series) > 1:
            axes.legend(loc="upper right", handlelength=3.2)
    panels[-1].set_xlabel("Days after infusion")
    return Drawing(figure, "; ".join(said))


def _one_series(axes: Axes, shown: Shown, variable: Variable, look: int, aside: float) -> str:
    """One course; `aside`: places from the middle of those that share a day."""
    where = {"variable": variable.name, "group_level": variable.anchor}
    points = [row for row in shown.rows("median", **where) if is_known(row.value)]
    if not points:
        return f"{variable.label}: not measured"
    days = [float(row.variable_level) + 0.25 * aside for row in points]
    medians = [row.value for row in points]
    limits = [
        [shown.due(name, variable_level=row.variable_level, **where).value for row in points] for name in ("q1", "q3")
    ]
    below = [median - q1 for median, q1 in zip(medians, limits[0], strict=True)]
    above = [q3 - median for median, q3 in zip(medians, limits[1], strict=True)]
    axes.errorbar(
        days,
        medians,
        yerr=[below, above],
        color=COLOURS[look],
        linestyle=LINES[look],
        marker=MARKERS[look],
        markersize=5,
        capsize=3,
        elinewidth=1,
        label=variable.label,
    )
    told = ", ".join(f"day {row.variable_level} {number(row.value, variable.digits)}" for row in points)
    return f"{variable.label}: median {told}"
