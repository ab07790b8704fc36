"""One bar a patient: time without progression (dark) inside time alive or followed (light), onset of each level of the
plan's variable (responses) on it, an arrow where it goes on. Ranks, never identities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cartwright.analysis.counted import counted
from cartwright.analysis.figures import bounds
from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import COLOURS, INK, PAPER
from cartwright.analysis.report.view import Shown, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ONSETS = ("^", "v", "o", "s")  # of levels in their order, the first one filled


def draw(view: View, shown: Shown) -> Drawing:
    everybody = shown.subject.sort_values("rank")
    if everybody.empty:
        return empty("No patient to show.")
    patients, left_out = bounds.every(everybody, "rank")
    patients = patients.assign(place=range(1, len(patients) + 1))
    places = dict(zip(patients["rank"], patients["place"], strict=True))
    figure = new_figure(7, 1.1 + 0.16 * max(len(patients), 8))
    axes = figure.subplots()
    for look, group in zip(shown.places, shown.groups, strict=True):
        members = patients[patients["group_level"] == group.level]
        axes.barh(members["place"], members["outer_months"], height=0.72, color=COLOURS[look], alpha=0.28)
        axes.barh(
            members["place"],
            members["inner_months"],
            height=0.72,
            color=COLOURS[look],
            hatch="////" if look else "",
            edgecolor=PAPER,
            linewidth=0,
            label=group.label,
        )
    for number, level in enumerate(level for variable in shown.variables for level in variable.levels):
        points = shown.point[(shown.point["variable"] == level.level) & shown.point["y"].isin(places)]
        marker, fill = ONSETS[number % len(ONSETS)], PAPER if number else INK
        _marks(axes, points["x"], points["y"].map(places), marker, f"First {level.label}", fill)
    inner, outer = (patients[f"is_{name}_event"].fillna(False).astype(bool) for name in ("inner", "outer"))
    for chosen, column, marker, label in (
        (inner, "inner_months", "D", "Progression or death"),
        (outer, "outer_months", "X", "Death"),
        (~outer & inner, "outer_months", ">", "Alive at last contact"),
    ):
        found = patients[chosen]
        _marks(axes, found[column], found["place"], marker, label)
    going_on = patients[~inner & ~outer]
    _marks(axes, going_on["outer_months"], going_on["place"], ">", "Goes on at last contact", INK)
    axes.set(xlabel="Months from time zero", ylim=(len(patients) + 0.7, 0.3), yticks=[], xlim=(0, None))
    if left_out:
        axes.set_title(left_out, loc="left")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    ongoing, alive = (
        int((~everybody[f"is_{name}_event"].fillna(True).astype(bool)).sum()) for name in ("inner", "outer")
    )
    said = f"{counted(len(everybody), 'patient')}: {ongoing} without progression or death, {alive} alive."
    return Drawing(figure, " ".join(filter(None, (said, left_out))))


def _marks(axes: Axes, months: pd.Series, places: pd.Series, marker: str, label: str, fill: str = PAPER) -> None:
    axes.plot(
        months,
        places,
        marker,
        color=fill,
        markeredgecolor=INK,
        markersize=5.5,
        label=label,
        linestyle="none",
        clip_on=False,
    )
