"""One ratio under several readings of the data: a row each of the analyses that the option `sources` lists.

`labels` names the rows; of a model with several covariates the ratio of the option `variable` is shown.
"""

from __future__ import annotations

from cartwright.analysis.figures.canvas import Drawing, new_figure
from cartwright.analysis.figures.colours import GRID, INK
from cartwright.analysis.figures.forest import whiskers
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import estimate, is_known

LIMITS = (0.08, 5.0)


def draw(view: View, shown: Shown) -> Drawing:
    # Analyses that are nothing but draws are left out of a night that draws nothing.
    sources, labels = [s for s in shown.options["sources"] if s in view.analyses], shown.options["labels"]
    figure = new_figure(7.4, 1.0 + 0.3 * len(sources))
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set(xlim=LIMITS, ylim=(len(sources) - 0.4, -0.6), xlabel="Hazard ratio (95 % limits), log scale")
    axes.set_xticks([0.1, 0.25, 0.5, 1, 2, 4], ["0.1", "0.25", "0.5", "1", "2", "4"])
    axes.xaxis.minorticks_off()
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(sources)), [labels[source] for source in sources])
    axes.hlines(range(len(sources)), *LIMITS, color=GRID, linewidth=0.5, zorder=0)
    said, found = [], []
    for y, source in enumerate(sources):
        rows = view.analyses[source].rows("hr")
        row = next((row for row in rows if row.variable in (None, shown.options["variable"])), None)
        text = estimate(row.value, row.ci_low, row.ci_high) if row and is_known(row.value) else "NE"
        if row and text != "NE":
            found.append((y, row))
        axes.text(1.02, y, text, transform=axes.get_yaxis_transform(), va="center", fontsize=8.5)
        said.append(f"{labels[source]}: {text}")
    whiskers(axes, found, LIMITS)
    return Drawing(figure, "; ".join(said))
