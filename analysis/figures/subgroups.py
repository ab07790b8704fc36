"""Forest plot of one comparison within subgroups, with the p value of each interaction."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple

from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import GRID, INK, MUTED
from cartwright.analysis.figures.forest import LIMITS, whiskers
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import estimate, is_known, p_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLACES = (0.02, 0.27, 0.72)  # of the words beside the panel


class Line(NamedTuple):
    """A row of the plot: its mark on the axis, how the description calls it, and its result row, one of the two."""

    tick: str
    label: str
    ratio: SimpleNamespace | None = None
    interaction: SimpleNamespace | None = None


def draw(view: View, shown: Shown) -> Drawing:
    if shown.one("hr", variable=None) is None:
        return empty("The groups cannot be compared.")
    lines = [Line("All patients", "All patients", shown.one("hr", variable=None))]
    for variable in shown.variables:
        interaction = shown.one("interaction_p", variable=variable.name)
        lines.append(Line(variable.label, variable.label, interaction=interaction))
        for level in ("yes", "no"):
            ratio = shown.one("hr", variable=variable.name, variable_level=level)
            lines.append(Line(level, f"{variable.label}, {level}", ratio))
    figure = new_figure(8.6, 0.9 + 0.22 * len(lines))
    axes, words = figure.subplots(1, 2, sharey=True, width_ratios=[1, 0.8])
    axes.set_xscale("log")
    axes.set(xlim=LIMITS, ylim=(len(lines) - 0.4, -1.2), xlabel="Hazard ratio (95 % limits), log scale")
    axes.set_xticks([0.1, 0.25, 1, 4, 10], ["0.1", "0.25", "1", "4", "10"])
    axes.xaxis.minorticks_off()
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(lines)), [line.tick for line in lines])
    axes.tick_params(axis="y", left=False)
    axes.spines["left"].set_visible(False)
    words.axis("off")
    for x, heading in zip(PLACES, ("n / events", "Ratio (95 % limits)", "p, interaction"), strict=True):
        words.text(x, -0.9, heading, fontsize=8, color=MUTED)
    between = [y - 0.5 for y, line in enumerate(lines) if line.interaction is not None]
    axes.hlines(between, *LIMITS, color=GRID, linewidth=0.5, zorder=0)
    known = [(y, line.ratio) for y, line in enumerate(lines) if line.ratio is not None and is_known(line.ratio.value)]
    whiskers(axes, known)
    said = [_said(words, y, line) for y, line in enumerate(lines)]
    return Drawing(figure, "; ".join(filter(None, said)))


def _said(words: Axes, y: int, line: Line) -> str:
    label, ratio = line.label, line.ratio
    if line.interaction is not None:
        p = p_value(line.interaction.value)
        words.text(PLACES[2], y, p, va="center", fontsize=8)
        return f"{label}: interaction p {p}"
    if ratio is None:
        return ""
    words.text(PLACES[0], y, f"{ratio.n} / {ratio.events}", va="center", fontsize=8)
    if not is_known(ratio.value):
        words.text(PLACES[1], y, "NE", va="center", fontsize=8)
        return f"{label}: not estimable"
    said = estimate(ratio.value, ratio.ci_low, ratio.ci_high)
    words.text(PLACES[1], y, said, va="center", fontsize=8)
    return f"{label}: {said}"
