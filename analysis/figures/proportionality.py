"""Scaled Schoenfeld residuals of each covariate with their local mean, and log(-log S) by group."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cartwright.analysis.figures import bounds
from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import COLOURS, INK, LINES, MUTED
from cartwright.analysis.plan.definition import Variable
from cartwright.analysis.plan.kinds.ph import GLOBAL, LOG_MINUS_LOG
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import p_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 4


def draw(view: View, shown: Shown) -> Drawing:
    if shown.point.empty:
        return empty("Proportionality cannot be tested: no events or no fitted covariate.")
    panels = [variable for variable in shown.variables if (shown.point["variable"] == variable.name).any()]
    has_curves = (shown.point["variable"] == LOG_MINUS_LOG).any()
    count = len(panels) + has_curves
    rows = math.ceil(count / COLUMNS)
    figure = new_figure(8.2, 2.2 * rows)
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    said = [_residuals(axes[i], shown, variable) for i, variable in enumerate(panels)]
    if has_curves:
        _curves(axes[len(panels)], shown)
    for unused in axes[count:]:
        unused.set_visible(False)
    whole = shown.one("p", variable=GLOBAL)
    return Drawing(figure, "; ".join([*said, f"all covariates: p {p_value(whole.value if whole else None)}"]))


def _residuals(axes: Axes, shown: Shown, variable: Variable) -> str:
    points = shown.point[shown.point["variable"] == variable.name]
    parts = {level: points[points["group_level"] == level] for level in ("residual", "smooth", "fitted")}
    cloud, left_out = bounds.every(parts["residual"].reset_index(), "index", bounds.POINTS)
    axes.plot(cloud["x"], cloud["y"], "o", color=MUTED, markersize=2.5, alpha=0.55)
    axes.plot(parts["smooth"]["x"], parts["smooth"]["y"], color=INK, linewidth=2)
    axes.plot(parts["fitted"]["x"], parts["fitted"]["y"], color=INK, linewidth=0.9, linestyle=(0, (4, 2)))
    p = p_value(shown.due("p", variable=variable.name, variable_level=variable.level).value)
    axes.set_title("\n".join(filter(None, (variable.label, f"p {p}", left_out))), fontsize=8, loc="left")
    axes.set_xlabel("Months", fontsize=8)
    axes.set_ylabel("log ratio at this time", fontsize=8, color=MUTED)
    axes.tick_params(labelsize=7.5)
    return f"{variable.label}: p {p}"


def _curves(axes: Axes, shown: Shown) -> None:
    points = shown.point[shown.point["variable"] == LOG_MINUS_LOG]
    for look, group in zip(shown.places, shown.groups, strict=True):
        part = bounds.steps(points[points["group_level"] == group.level], "x")
        axes.step(
            part["x"],
            part["y"],
            where="post",
            color=COLOURS[look],
            linestyle=LINES[look],
            linewidth=1.4,
            label=group.label,
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(lambda value, _: "")
    axes.set_title("log(-log S)", fontsize=8, loc="left")
    axes.set_xlabel("Months, log scale", fontsize=8)
    axes.tick_params(labelsize=7.5)
    axes.legend(fontsize=7, loc="lower right", handlelength=2.6)
