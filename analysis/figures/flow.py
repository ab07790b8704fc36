"""A flow of patients: what remains goes down, what leaves goes aside, groups at the end: one group alone is who
arrives, and has no box of its own.

`options.words` gives the words for who starts, who arrives, and what is said of those who leave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import INK, PAPER, WASH
from cartwright.analysis.report.view import Shown, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE = 0.42  # inches of one line of boxes


def draw(view: View, shown: Shown) -> Drawing:
    screened, words = shown.one("screened"), shown.options["words"]
    if screened is None:
        return empty("No patient at the start.")
    excluded = shown.rows("excluded")
    analysed, groups = shown.due("analysed"), shown.rows("group")
    groups = groups if len(groups) > 1 else []
    rows = len(excluded) + (5 if groups else 3.2)
    figure = new_figure(7.2, LINE * rows)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 10), ylim=(rows, 0))
    axes.axis("off")
    spine = 1.9
    end = len(excluded) + 1.6
    axes.annotate("", (spine, end), (spine, 1.2), arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1})
    _box(axes, spine, 0.8, 3.2, f"{words['start']}\nn = {screened.value:.0f}", PAPER)
    for index, row in enumerate(excluded):
        y = 1.9 + index
        axes.annotate("", (3.65, y), (spine, y), arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.8})
        _box(axes, 6.8, y, 6.3, f"{row.value_txt}\n{words['leave']}: {row.value:.0f}", WASH, height=0.86)
    _box(axes, spine, end + 0.45, 3.2, f"{words['end']}\nn = {analysed.value:.0f}", PAPER)
    for index, row in enumerate(groups):
        x = spine + 5.0 * index / (len(groups) - 1)
        axes.plot([spine, spine, x], [end + 0.9, rows - 1.75, rows - 1.75], color=INK, linewidth=1)
        axes.annotate(
            "",
            (x, rows - 1.33),
            (x, rows - 1.75),
            arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1, "shrinkA": 0},
        )
        _box(axes, x, rows - 0.85, 3.2, f"{row.value_txt}\nn = {row.value:.0f}", PAPER)
    said = [f"{row.value_txt}: {words['leave']} {row.value:.0f}" for row in excluded]
    said += [f"{row.value_txt}: {row.value:.0f}" for row in groups]
    ends = f"{words['start']} {screened.value:.0f}, {words['end']} {analysed.value:.0f}"
    return Drawing(figure, f"{ends}. {'; '.join(said)}")


def _box(axes: Axes, x: float, y: float, width: float, text: str, fill: str, height: float = 0.95) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((x - width / 2, y - height / 2), width, height, facecolor=fill, edgecolor=INK, linewidth=1.1)
    )
    axes.text(x, y, text, ha="center", va="center", fontsize=8.5)
