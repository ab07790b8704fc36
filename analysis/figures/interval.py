"""Survival from intervals: the space between the earliest and the latest curve that the visits allow."""

from __future__ import annotations

from types import SimpleNamespace

from cartwright.analysis.figures import bounds
from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import COLOURS, GRID, LINES
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import interval, is_known


def draw(view: View, shown: Shown) -> Drawing:
    if shown.point.empty:
        return empty("No patient has this endpoint.")
    figure = new_figure(7, 4)
    axes = figure.subplots()
    said = []
    for look, group in zip(shown.places, shown.groups, strict=True):
        points = bounds.steps(shown.point[shown.point["group_level"] == group.level], "x")
        median = shown.one("median_survival_months", group_level=group.level)
        words = f"{group.label}: no patients"
        if median is not None and median.n:
            words = f"{group.label}: median within {_interval(median)} months, {median.events} events in {median.n}"
        said.append(words)
        colour = COLOURS[look]
        axes.fill_between(
            points["x"], points["ci_low"], points["ci_high"], step="post", color=colour, alpha=0.3, linewidth=0
        )
        axes.step(points["x"], points["y"], where="post", color=colour, linestyle=LINES[look], label=group.label)
    axes.axhline(0.5, color=GRID, linewidth=0.8, zorder=0)
    axes.set(
        ylim=(0, 1.03),
        xlabel="Months",
        ylabel=shown.endpoint_name,
        yticks=[0, 0.25, 0.5, 0.75, 1],
        yticklabels=["0", "25 %", "50 %", "75 %", "100 %"],
    )
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.01), handlelength=3.2, borderpad=0)
    return Drawing(figure, "; ".join(said))


def _interval(median: SimpleNamespace) -> str:
    return interval(median.ci_low, median.ci_high) if is_known(median.value) else "NE"
