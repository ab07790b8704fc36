"""Standardised survival curves of both groups, with limits where the plan resamples."""

from __future__ import annotations

from cartwright.analysis.figures import bounds
from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import COLOURS, GRID, LINES
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import percent


def draw(view: View, shown: Shown) -> Drawing:
    if shown.curve.empty:
        return empty("Survival could not be standardised.")
    figure = new_figure(7, 3.8)
    axes = figure.subplots()
    said = []
    for look, group in zip(shown.places, shown.groups, strict=True):
        curve = shown.curve[shown.curve["group_level"] == group.level].dropna(subset="survival")
        curve = bounds.steps(curve, "time_months")
        time, colour = curve["time_months"], COLOURS[look]
        axes.step(time, curve["survival"], where="post", color=colour, linestyle=LINES[look], label=group.label)
        axes.fill_between(time, curve["ci_low"], curve["ci_high"], step="post", color=colour, alpha=0.13, linewidth=0)
        said += [
            f"{group.label}, month {row.variable_level}: {percent(row.value)} %"
            for row in shown.rows("survival", group_level=group.level)
        ]
    name = shown.endpoint_name
    axes.set(
        ylim=(0, 1.03),
        xlim=(0, None),
        ylabel=f"{name}, standardised",
        xlabel="Months",
        yticks=[0, 0.25, 0.5, 0.75, 1],
        yticklabels=["0", "25 %", "50 %", "75 %", "100 %"],
    )
    axes.axhline(0.5, color=GRID, linewidth=0.8, zorder=0)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2, handlelength=3.2, borderpad=0)
    return Drawing(figure, f"{name}, standardised to all patients, in months. {'; '.join(said)}")
