"""One bar a patient: the best change of tumour burden by group and category. Ranks, never identities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from cartwright.analysis.counted import counted
from cartwright.analysis.figures import bounds
from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import GRID, HATCHES, INK, MUTED, SHADES, UNRATED, ordered
from cartwright.analysis.plan.definition import Level
from cartwright.analysis.report.view import Shown, View

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

HALF, CEILING = -50.0, 105.0  # half of the baseline is a partial response on CT; higher bars are cut and labelled


def draw(view: View, shown: Shown) -> Drawing:
    if shown.change.empty:
        return empty("No change of tumour burden could be measured.")
    groups = [group for group in shown.groups if (shown.change["group_level"] == group.level).any()]
    bars = [shown.change[shown.change["group_level"] == group.level] for group in groups]
    figure = new_figure(7.2, 3.6)
    panels = figure.subplots(
        1, len(groups), sharey=True, squeeze=False, width_ratios=[min(max(len(b), 4), bounds.PATIENTS) for b in bars]
    )[0]
    levels = [(level.level, level.label) for level in shown.variables[1].levels]
    for axes, group, patients in zip(panels, groups, bars, strict=True):
        drawn, left_out = bounds.every(patients.reset_index(drop=True).reset_index(names="place"), "place")
        _panel(axes, drawn.reset_index(drop=True), [*levels, (None, "Not rated")])
        axes.set_title("\n".join(filter(None, (f"{group.label} (n={len(patients)})", left_out))))
    panels[0].set_ylabel(shown.variables[0].label)
    handles = dict(zip(*_labels(panels)[::-1], strict=True))
    names = [label for _, label in [*levels, (None, "Not rated")] if label in handles]
    figure.legend([handles[n] for n in names], names, loc="outside upper right", ncols=5, handleheight=1.2)
    said = [_said(shown, group, patients) for group, patients in zip(groups, bars, strict=True)]
    return Drawing(figure, "; ".join(said))


def _panel(axes: Axes, patients: pd.DataFrame, levels: Sequence[tuple[str | None, str]]) -> None:
    colours = [*ordered(SHADES, len(levels) - 1), UNRATED]
    for (level, label), colour in zip(levels, colours, strict=True):
        members = patients["variable_level"].isna() if level is None else patients["variable_level"] == level
        part = patients[members]
        if not part.empty:
            axes.bar(
                part.index,
                part["change_percent"].clip(upper=CEILING),
                width=0.82,
                color=colour,
                hatch="" if level else HATCHES[1],
                edgecolor=INK,
                linewidth=0.5,
                label=label,
            )
    for place, change in enumerate(patients["change_percent"]):
        if change > CEILING:
            axes.text(place, CEILING + 2, f"+{change:.0f}", rotation=90, ha="center", va="bottom", fontsize=6.5)
        elif change == 0:
            axes.plot(place, 0, "_", color=INK, markersize=5)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.axhline(HALF, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    axes.set_ylim(-105, CEILING + 15)
    axes.set_yticks([-100, -50, 0, 50, 100], ["−100 %", "−50 %", "0", "+50 %", "+100 %"])
    axes.grid(axis="y", color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _labels(panels: Iterable[Axes]) -> tuple[list[Artist], list[str]]:
    pairs = [panel.get_legend_handles_labels() for panel in panels]
    return [h for handles, _ in pairs for h in handles], [w for _, words in pairs for w in words]


def _said(shown: Shown, group: Level, patients: pd.DataFrame) -> str:
    halved = int((patients["change_percent"] <= HALF).sum())
    unknown = shown.due("unknown", group_level=group.level)
    everybody = counted(len(patients), "patient")
    return f"{group.label}: {halved} of {everybody} fell by half or more, {unknown.value:.0f} not measured"
