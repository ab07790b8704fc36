"""One line a patient: change of tumour burden over time, one panel a group, by category. Ranks, never identities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from cartwright.analysis.counted import counted
from cartwright.analysis.figures import bounds
from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import INK, LINES, MARKERS, MUTED, STROKES, UNRATED, ordered
from cartwright.analysis.report.view import Shown, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

CEILING = 150.0  # courses that rise further leave the panel


def draw(view: View, shown: Shown) -> Drawing:
    if shown.change.empty:
        return empty("No course of tumour burden could be measured.")
    groups = [group for group in shown.groups if (shown.change["group_level"] == group.level).any()]
    figure = new_figure(7.2, 3.9)
    panels = figure.subplots(1, len(groups), sharey=True, sharex=True, squeeze=False)[0]
    levels = [(level.level, level.label) for level in shown.variables[1].levels]
    colours = [*ordered(STROKES, len(levels)), UNRATED]
    said, drawn = [], {}
    for axes, group in zip(panels, groups, strict=True):
        every_row = shown.change[shown.change["group_level"] == group.level]
        rows, left_out = bounds.every(every_row, "rank")
        for index, (level, label) in enumerate([*levels, (None, "Not rated")]):
            members = rows[rows["variable_level"].isna() if level is None else rows["variable_level"] == level]
            if not members.empty:
                drawn[label] = _courses(axes, members, index, colours[index])
        count = every_row["rank"].nunique()
        axes.set_title("\n".join(filter(None, (f"{group.label} (n={count})", left_out))))
        said.append(f"{group.label}: {counted(count, 'course')}")
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.axhline(-50, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        axes.set(xlabel="Months from time zero", ylim=(-105, CEILING))
    panels[0].set_yticks([-100, -50, 0, 50, 100, 150], ["−100 %", "−50 %", "0", "+50 %", "+100 %", "+150 %"])
    panels[0].set_ylabel(shown.variables[0].label)
    names = [label for _, label in [*levels, (None, "Not rated")] if label in drawn]
    figure.legend([drawn[name] for name in names], names, loc="outside upper right", ncols=5, handlelength=3.2)
    return Drawing(figure, "; ".join(said))


def _courses(axes: Axes, members: pd.DataFrame, index: int, colour: str) -> Line2D:
    """All courses of a category as one broken line, a marker at the end of each; what stands for them in the legend."""
    marker = MARKERS[index % len(MARKERS)]
    look: dict[str, Any] = {"color": colour, "linestyle": LINES[index % len(LINES)], "linewidth": 1.2}
    courses = [course[["time_months", "change_percent"]].to_numpy() for _, course in members.groupby("rank")]
    line = [point for course in courses for point in (*course, (math.nan, math.nan))]
    axes.plot(*zip(*line, strict=True), **look)
    axes.plot(*zip(*(course[-1] for course in courses), strict=True), marker, color=colour, markersize=4.5)
    (shown,) = axes.plot([], [], marker=marker, markersize=4.5, **look)
    return shown
