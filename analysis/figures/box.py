"""Medians, quartiles and ranges of what stands side by side as boxes: one panel a variable, on a log scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import COLOURS, HATCHES, INK, MUTED
from cartwright.analysis.plan.definition import Variable
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import estimate, is_known

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PARTS = ("minimum", "q1", "median", "q3", "maximum")
FLOOR = 0.01  # where values of 0 stand on the log scale


def draw(view: View, shown: Shown) -> Drawing:
    if not any(is_known(row.value) for row in shown.rows("median")):
        return empty("Nothing was measured.")
    figure = new_figure(7, 3.4)
    panels = figure.subplots(1, len(shown.variables), squeeze=False)[0]
    said = []
    for axes, variable in zip(panels, shown.variables, strict=True):
        said += _panel(axes, shown, variable)
    return Drawing(figure, "; ".join(said))


def _panel(axes: Axes, shown: Shown, variable: Variable) -> list[str]:
    said, names = [], []
    for index, (look, level) in enumerate(zip(shown.places, shown.columns, strict=True)):
        where = {"variable": variable.name, "group_level": level.level}
        row = shown.due("median", **where)
        names.append(f"{level.label}\n(n={row.n})")
        parts = {name: shown.due(name, **where).value for name in PARTS}
        if not is_known(parts["median"]):
            axes.text(index, 1, "not measured", ha="center", color=MUTED)
            continue
        _box(axes, index, look, {name: max(value, FLOOR) for name, value in parts.items()})
        told = estimate(parts["median"], parts["q1"], parts["q3"], variable.digits)
        said.append(f"{variable.label}, {level.label}: median (quartiles) {told}")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set(xlim=(-0.6, len(names) - 0.4), ylabel=variable.label, xticks=range(len(names)), xticklabels=names)
    return said


def _box(axes: Axes, index: int, look: int, parts: dict[str, float]) -> None:
    stats = [
        {
            "med": parts["median"],
            "q1": parts["q1"],
            "q3": parts["q3"],
            "whislo": parts["minimum"],
            "whishi": parts["maximum"],
        }
    ]
    axes.bxp(
        stats,
        positions=[index],
        widths=0.5,
        showfliers=False,
        patch_artist=True,
        manage_ticks=False,
        boxprops={"facecolor": "white", "edgecolor": COLOURS[look], "hatch": HATCHES[look], "linewidth": 1.2},
        medianprops={"color": INK, "linewidth": 2.6},
        whiskerprops={"color": INK},
        capprops={"color": INK},
    )
