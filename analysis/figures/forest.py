"""Forest plot of the models that the plan lists as sources: one panel a model, one row a covariate."""

from __future__ import annotations

from ..plan import PlanError
from ..view import Shown, View
from ..wording import estimate
from .canvas import COLOURS, GRID, INK, MARKERS, MUTED, Drawing, empty, new_figure

LIMITS = (0.05, 20.0)  # wider intervals run off the panel with an arrow


def draw(view: View, shown: Shown) -> Drawing:
    sources = []
    for name in shown.options["sources"]:
        if name not in view.analyses:
            raise PlanError(f"analysis {shown.analysis_id}: source {name} is not in the plan")
        sources.append(view.analyses[name])
    labels = list(dict.fromkeys(v.label for source in sources for v in source.variables))
    if not labels:
        return empty("The models have no covariates.")
    figure = new_figure(3.2 + 2.2 * len(sources), 0.9 + 0.27 * len(labels))
    panels = figure.subplots(1, len(sources), sharey=True, squeeze=False)[0]
    said = []
    for index, (axes, source) in enumerate(zip(panels, sources, strict=True)):
        said += _panel(axes, source, labels, COLOURS[index % 2], MARKERS[index % 2])
    panels[0].set_yticks(range(len(labels)), labels)
    panels[0].set_ylim(len(labels) - 0.4, -0.6)
    return Drawing(figure, "; ".join(said))


def _panel(axes, source: Shown, labels: list[str], colour: str, marker: str) -> list[str]:
    axes.set_xscale("log")
    axes.set(xlim=LIMITS, title=source.title, xlabel="Ratio (95 % limits)")
    axes.set_xticks([0.1, 0.25, 1, 4, 10], ["0.1", "0.25", "1", "4", "10"])
    axes.xaxis.minorticks_off()
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.tick_params(left=False)
    axes.spines["left"].set_visible(False)
    said = []
    for variable in source.variables:
        y = labels.index(variable.label)
        axes.axhline(y, color=GRID, linewidth=0.5, zorder=0)
        row = source.one(
            "or" if source.kind == "logistic" else "hr", variable=variable.name, variable_level=variable.level
        )
        if row is None or row.value != row.value:
            axes.text(1, y, "NE", ha="center", va="center", fontsize=8, color=MUTED, backgroundcolor="white")
            said.append(f"{source.title}, {variable.label}: not estimable")
            continue
        whisker(axes, y, row, colour, marker)
        said.append(f"{source.title}, {variable.label}: {estimate(row.value, row.ci_low, row.ci_high)}")
    return said


def whisker(axes, y: int, row, colour: str, marker: str, limits: tuple[float, float] = LIMITS) -> None:
    """An estimate with its limits on a log axis; what runs off the panel ends in an arrow, flagged ones are hollow."""
    low = max(row.ci_low, limits[0]) if row.ci_low == row.ci_low else limits[0]
    high = min(row.ci_high, limits[1]) if row.ci_high == row.ci_high else limits[1]
    axes.plot([low, high], [y, y], color=colour, linewidth=1.4, solid_capstyle="butt")
    for end, cut, arrow in ((low, limits[0], "<"), (high, limits[1], ">")):
        if end == cut:
            axes.plot(end, y, arrow, color=colour, markersize=5, clip_on=False)
    axes.plot(
        min(max(row.value, limits[0]), limits[1]), y, marker, color=colour, markersize=5,
        markerfacecolor="white" if isinstance(row.flag, str) else colour,
    )  # fmt: skip
