"""The course of treatment as boxes: one lane a group, one box an item of the plan, in its order, with its counts.

Reads counts of kind `describe`; an item that a group is not asked of (`asked_of`) has no box in its lane.
`options.start` gives the words for what all of them come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import COLOURS, INK, PAPER
from cartwright.analysis.plan.definition import Level, Variable
from cartwright.analysis.report.view import Shown, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE, LANE, BOX = 0.19, 3.6, 3.3  # inches: a line of text, a lane, the width of a box
GAP = 0.3


def draw(view: View, shown: Shown) -> Drawing:
    sizes = {group.level: int(shown.due("n", group_level=group.level, variable=None).value) for group in shown.groups}
    groups = [group for group in shown.groups if sizes[group.level]]
    if not groups:
        return empty("Nobody is treated.")
    looks = [look for look, group in zip(shown.places, shown.groups, strict=True) if group in groups]
    lanes = [_lane(shown, group, sizes[group.level]) for group in groups]
    deepest = max(sum(_height(box) + GAP for box in lane) for lane in lanes)
    start = [shown.options["start"], f"n = {sum(sizes.values())}"]
    width, height = LANE * len(lanes), deepest + _height(start) + 2 * GAP
    figure = new_figure(width, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    middle = width / 2
    fork = 0.1 + _height(start) + GAP / 2
    _box(axes, middle, 0.1, start)
    axes.plot([middle, middle], [0.1 + _height(start), fork], color=INK, linewidth=1)
    for index, lane in enumerate(lanes):
        x, y = LANE * (index + 0.5), fork
        axes.plot([middle, x], [fork, fork], color=INK, linewidth=1)
        for position, box in enumerate(lane):
            top = y + (GAP / 2 if position == 0 else GAP)
            axes.annotate(
                "",
                (x, top),
                (x, y),
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": INK,
                    "linewidth": 1,
                    "shrinkA": 0,
                    "shrinkB": 0,
                },
            )
            _box(axes, x, top, box, COLOURS[looks[index]] if position == 0 else INK)
            y = top + _height(box)
    said = ["; ".join([" ".join(lane[0]), *(", ".join(box) for box in lane[1:])]) for lane in lanes]
    return Drawing(figure, f"{' '.join(start)}. {'. '.join(said)}.")


def _lane(shown: Shown, group: Level, size: int) -> list[list[str]]:
    """Boxes of a group as lines of words, its own first."""
    boxes = (_lines(shown, group, variable) for variable in shown.variables)
    return [[group.label, f"n = {size}"], *(lines for lines in boxes if lines)]


def _lines(shown: Shown, group: Level, variable: Variable) -> list[str]:
    labels: dict[str | None, str] = {level.level: level.label for level in variable.levels}
    labels = labels or {variable.level: variable.label}
    found = shown.rows("count", variable=variable.name, group_level=group.level)
    known = [row for row in found if row.n and row.variable_level in labels]
    counts = [f"{labels[row.variable_level]}: {row.value:.0f} of {row.n}" for row in known if row.value]
    return [variable.label, *counts] if variable.levels and counts else counts


def _height(lines: list[str]) -> float:
    return LINE * len(lines) + 0.12


def _box(axes: Axes, x: float, top: float, lines: list[str], edge: str = INK) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((x - BOX / 2, top), BOX, _height(lines), facecolor=PAPER, edgecolor=edge, linewidth=1.1))
    axes.text(x, top + _height(lines) / 2, "\n".join(lines), ha="center", va="center", fontsize=8.5)
