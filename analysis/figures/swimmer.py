"""One bar a patient: time without progression (dark) inside time alive or followed (light). Ranks, never identities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import COLOURS, INK
from cartwright.analysis.report.view import Shown, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(view: View, shown: Shown) -> Drawing:
    patients = shown.subject.sort_values("rank")
    if patients.empty:
        return empty("No patient to show.")
    figure = new_figure(7, 1.1 + 0.16 * len(patients))
    axes = figure.subplots()
    for look, group in zip(shown.places, shown.groups, strict=True):
        members = patients[patients["group_level"] == group.level]
        axes.barh(members["rank"], members["outer_months"], height=0.72, color=COLOURS[look], alpha=0.28)
        axes.barh(
            members["rank"],
            members["inner_months"],
            height=0.72,
            color=COLOURS[look],
            hatch="////" if look else "",
            edgecolor="white",
            linewidth=0,
            label=group.label,
        )
    _marks(axes, patients[patients["is_inner_event"].fillna(False)], "inner_months", "D", "Progression or death")
    _marks(axes, patients[patients["is_outer_event"].fillna(False)], "outer_months", "X", "Death")
    _marks(axes, patients[~patients["is_outer_event"].fillna(True)], "outer_months", ">", "Alive at last contact")
    axes.set(xlabel="Months from time zero", ylim=(len(patients) + 0.7, 0.3), yticks=[], xlim=(0, None))
    axes.legend(loc="lower right")
    ongoing = int((~patients["is_inner_event"].fillna(True)).sum())
    alive = int((~patients["is_outer_event"].fillna(True)).sum())
    return Drawing(figure, f"{len(patients)} patients: {ongoing} without progression or death, {alive} alive.")


def _marks(axes: Axes, patients: pd.DataFrame, column: str, marker: str, label: str) -> None:
    axes.plot(
        patients[column],
        patients["rank"],
        marker,
        color="white",
        markeredgecolor=INK,
        markersize=5.5,
        label=label,
        linestyle="none",
        clip_on=False,
    )
