"""Kaplan-Meier curves with pointwise limits, censoring ticks and the numbers at risk below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from cartwright.analysis.figures import bounds
from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import COLOURS, GRID, LINES, MUTED
from cartwright.analysis.plan.definition import Level
from cartwright.analysis.records import records
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import estimate, is_known, number, p_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RATIOS = ("hr_oe", "hr_cox", "hr_landmark", "hr_time_dependent")


def draw(view: View, shown: Shown) -> Drawing:
    if shown.curve.empty:
        return empty("No patient has this endpoint.")
    figure = new_figure(7, 4.3 + 0.3 * len(shown.groups))
    axes, table = figure.subplots(2, 1, height_ratios=[4, 0.35 + 0.3 * len(shown.groups)], sharex=True)
    for look, group in zip(shown.places, shown.groups, strict=True):
        curve = shown.curve[shown.curve["group_level"] == group.level]
        _one_curve(axes, curve, group.label, COLOURS[look], LINES[look])
    last = shown.curve["time_months"].max()
    step = shown.options["at_risk_months"]
    axes.set(
        ylim=(0, 1.03),
        xlim=(-0.02 * last, last * 1.02),
        ylabel=shown.endpoint_name,
        yticks=[0, 0.25, 0.5, 0.75, 1],
        yticklabels=["0", "25 %", "50 %", "75 %", "100 %"],
        xticks=[step * k for k in range(int(last / step) + 1)],
    )
    axes.tick_params(labelbottom=True)
    axes.axhline(0.5, color=GRID, linewidth=0.8, zorder=0)
    axes.set_xlabel("Months")
    if len(shown.groups) > 1:  # above the axes, so that words never cover a curve
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=3, handlelength=3.2, borderpad=0)
    _risk_table(table, shown)
    described = [*(_median(shown, group) for group in shown.groups), *_comparisons(view, shown)]
    return Drawing(figure, f"{shown.endpoint_name} in months. {'. '.join(described)}")


def _one_curve(axes: Axes, curve: pd.DataFrame, label: str, colour: str, line: Any) -> None:
    ticks = bounds.ticks(curve[curve["censored"] > 0], "time_months")
    curve = bounds.steps(curve, "time_months")
    time = curve["time_months"]
    axes.step(time, curve["survival"], where="post", color=colour, linestyle=line, label=label)
    axes.fill_between(time, curve["ci_low"], curve["ci_high"], step="post", color=colour, alpha=0.13, linewidth=0)
    axes.plot(ticks["time_months"], ticks["survival"], "|", color=colour, markersize=7, markeredgewidth=1.2)


def _median(shown: Shown, group: Level) -> str:
    median = shown.one("median_survival_months", group_level=group.level)
    if median is None or not median.n:
        return f"{group.label}: no patients"
    months = estimate(median.value, median.ci_low, median.ci_high)
    return f"{group.label}: median {months} months, {median.events} events in {median.n}"


def _comparisons(view: View, shown: Shown) -> list[str]:
    """Tests and ratios of the same output, for who cannot see the curves; the table has them too."""
    notes = []
    for other in view.of_output(shown.output_id):
        test, ratio = other.one("p"), other.one("hr")
        if other.kind == "logrank" and test and is_known(test.value):
            notes.append(f"{other.title}: p {_equals(p_value(test.value))}")
        elif other.kind in RATIOS and ratio and is_known(ratio.value) and other.options.get("ties") != "breslow":
            notes.append(f"{other.title}: {estimate(ratio.value, ratio.ci_low, ratio.ci_high)}")
    return notes


def _equals(p: str) -> str:
    return p if p[0] in "<>" or p == "NE" else f"= {p}"


def _risk_table(axes: Axes, shown: Shown) -> None:
    count = len(shown.groups)
    axes.set_ylim(-0.5, count + 0.3)
    axes.axis("off")
    axes.text(0, 1, "Number at risk", transform=axes.transAxes, fontsize=8, color=MUTED, va="top")
    for index, group in enumerate(shown.groups):
        y = count - 1 - index
        axes.annotate(
            group.label,
            (0, y),
            xycoords=("axes fraction", "data"),
            xytext=(-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=8,
        )
        for row in records(shown.at_risk[shown.at_risk["group_level"] == group.level]):
            axes.text(row["time_months"], y, number(row["at_risk"], 0), ha="center", va="center", fontsize=8)
