"""One ratio under several readings of the data: a row each of the analyses that the option `sources` lists."""

from __future__ import annotations

from ..view import Shown, View
from ..wording import estimate, is_known
from .canvas import COLOURS, GRID, INK, MARKERS, Drawing, new_figure
from .forest import whisker

LIMITS = (0.08, 5.0)


def draw(view: View, shown: Shown) -> Drawing:
    """A source is `{analysis, label}`, with `variable` when the analysis has several ratios."""
    sources = shown.options["sources"]
    figure = new_figure(7.4, 1.0 + 0.3 * len(sources))
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set(xlim=LIMITS, ylim=(len(sources) - 0.4, -0.6), xlabel="Hazard ratio (95 % limits), log scale")
    axes.set_xticks([0.1, 0.25, 0.5, 1, 2, 4], ["0.1", "0.25", "0.5", "1", "2", "4"])
    axes.xaxis.minorticks_off()
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(sources)), [source["label"] for source in sources])
    said = []
    for y, source in enumerate(sources):
        axes.axhline(y, color=GRID, linewidth=0.5, zorder=0)
        where = {"variable": source["variable"]} if "variable" in source else {}
        row = view.analyses[source["analysis"]].one("hr", **where)
        text = estimate(row.value, row.ci_low, row.ci_high) if row and is_known(row.value) else "NE"
        if text != "NE":
            whisker(axes, y, row, COLOURS[0], MARKERS[0], LIMITS)
        axes.text(1.02, y, text, transform=axes.get_yaxis_transform(), va="center", fontsize=8.5)
        said.append(f"{source['label']}: {text}")
    return Drawing(figure, "; ".join(said))
