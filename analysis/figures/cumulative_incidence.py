"""Cumulative incidence of competing events: one panel a cause, one curve a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.figures import bounds
from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import COLOURS, LINES
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import is_known, p_value, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(view: View, shown: Shown) -> Drawing:
    if shown.point.empty:
        return empty("No patient has this endpoint.")
    causes = shown.options["causes"]
    figure = new_figure(4.0 * len(causes), 3.6)
    panels = figure.subplots(1, len(causes), sharey=True, squeeze=False)[0]
    said = [_panel(axes, shown, cause) for axes, cause in zip(panels, causes, strict=True)]
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, handlelength=3.2)
    panels[0].set(ylim=(0, 1), yticks=[0, 0.25, 0.5, 0.75, 1], yticklabels=["0", "25 %", "50 %", "75 %", "100 %"])
    panels[0].set_ylabel("Cumulative incidence")
    return Drawing(figure, "; ".join(said))


def _panel(axes: Axes, shown: Shown, cause: dict[str, str]) -> str:
    told = []
    for look, group in zip(shown.places, shown.groups, strict=True):
        points = shown.point[(shown.point["variable"] == cause["level"]) & (shown.point["group_level"] == group.level)]
        if points.empty:
            told.append(f"{group.label} no patients")
            continue
        points, colour = bounds.steps(points, "x"), COLOURS[look]
        axes.step(points["x"], points["y"], where="post", color=colour, linestyle=LINES[look], label=group.label)
        axes.fill_between(
            points["x"], points["ci_low"], points["ci_high"], step="post", color=colour, alpha=0.13, linewidth=0
        )
        found = [
            row
            for row in shown.rows("incidence", group_level=group.level, variable=cause["level"])
            if is_known(row.value)
        ]
        last = found[-1] if found else None
        told.append(f"{group.label} {percent(last.value)} % by {last.variable_level} months" if last else group.label)
    tests = shown.rows("gray_p", variable=cause["level"])  # none of a single group
    compared = [f"Gray's test: p {p_value(test.value)}" for test in tests]
    axes.set_title("\n".join([cause["label"], *compared]), loc="left")
    axes.set_xlabel("Months")
    return "; ".join([f"{cause['label']}: {', '.join(told)}", *compared])
