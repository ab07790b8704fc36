"""Balance plot: the standardised difference of each covariate before and after each weighting of the output."""

from __future__ import annotations

from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import GRID, INK, MARKERS, MUTED
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import is_known, number

ACCEPTED = 0.1  # a difference below a tenth of a standard deviation counts as balanced (Austin 2009)


def draw(view: View, shown: Shown) -> Drawing:
    """Reads the analyses of the option `sources`; they share their covariates."""
    sources = [view.analyses[name] for name in shown.options["sources"]]
    variables = [v for v in sources[0].variables if sources[0].rows("smd_before", variable=v.name)]
    if not variables:
        return empty("Nothing could be weighted.")
    figure = new_figure(7, 1.3 + 0.3 * len(variables))
    axes = figure.subplots()
    series = [("Before weighting", "smd_before", sources[0])]
    series += [(f"After: {source.title}", "smd_after", source) for source in sources]
    said = []
    for index, (label, statistic, source) in enumerate(series):
        rows = [source.one(statistic, variable=v.name, variable_level=v.level) for v in variables]
        points = [(row.value, y) for y, row in enumerate(rows) if row is not None and is_known(row.value)]
        axes.plot(
            *zip(*points, strict=True) if points else ((), ()),
            MARKERS[index % len(MARKERS)],
            color=INK,
            linestyle="none",
            markersize=6,
            markerfacecolor="white" if index == 0 else (INK, MUTED)[index % 2],
            label=label,
        )
        said += [f"{label}, {variables[y].label}: {number(value)}" for value, y in points]
    axes.axvline(ACCEPTED, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_yticks(range(len(variables)), [variable.label for variable in variables])
    axes.grid(axis="y", color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.set(ylim=(len(variables) - 0.4, -0.6), xlabel="Absolute standardised difference (dashed: 0.1)")
    axes.set_xlim(left=-0.01)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2, borderpad=0)
    return Drawing(figure, "; ".join(said))
