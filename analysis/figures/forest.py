"""Forest plot of the models that the plan lists as sources: one panel a model, one row a covariate."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING

from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import GRID, INK, MUTED
from cartwright.analysis.plan.definition import PlanError
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
    for axes, source in zip(panels, sources, strict=True):
        said += _panel(axes, source, labels)
    panels[0].set_yticks(range(len(labels)), labels)
    for axes in panels[1:]:
        axes.yaxis.set_visible(False)
    panels[0].set_ylim(len(labels) - 0.4, -0.6)
    return Drawing(figure, "; ".join(said))


def _panel(axes: Axes, source: Shown, labels: list[str]) -> list[str]:
    axes.set_xscale("log")
    axes.set(xlim=LIMITS, title=source.title, xlabel="Ratio (95 % limits)")
    axes.set_xticks([0.1, 0.25, 1, 4, 10], ["0.1", "0.25", "1", "4", "10"])
    axes.xaxis.minorticks_off()
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.tick_params(left=False)
    axes.spines["left"].set_visible(False)
    said, found = [], []
    for variable in source.variables:
        y = labels.index(variable.label)
        row = source.one(
            "or" if source.kind == "logistic" else "hr", variable=variable.name, variable_level=variable.level
        )
        if row is None or row.value != row.value:
            axes.text(1, y, "NE", ha="center", va="center", fontsize=8, color=MUTED, backgroundcolor="white")
            said.append(f"{source.title}, {variable.label}: not estimable")
            continue
        found.append((y, row))
        said.append(f"{source.title}, {variable.label}: {estimate(row.value, row.ci_low, row.ci_high)}")
    axes.hlines([labels.index(v.label) for v in source.variables], *LIMITS, color=GRID, linewidth=0.5, zorder=0)
    whiskers(axes, found)
    return said


def whiskers(axes: Axes, rows: Sequence[tuple[int, SimpleNamespace]], limits: tuple[float, float] = LIMITS) -> None:
    """Estimates with their limits on a log axis, as pairs of place and result row.

    What runs off the panel ends in an arrow, flagged ones are hollow. All at once: a mark on its own costs as much.
    """
    lows = [max(row.ci_low, limits[0]) if row.ci_low == row.ci_low else limits[0] for _, row in rows]
    highs = [min(row.ci_high, limits[1]) if row.ci_high == row.ci_high else limits[1] for _, row in rows]
    axes.hlines([y for y, _ in rows], lows, highs, color=INK, linewidth=1.4)
    for ends, cut, arrow in ((lows, limits[0], "<"), (highs, limits[1], ">")):
        places = [y for (y, _), end in zip(rows, ends, strict=True) if end == cut]
        if places:
            axes.plot([cut] * len(places), places, arrow, color=INK, markersize=5, clip_on=False)
    for hollow in (False, True):
        chosen = [(y, row) for y, row in rows if isinstance(row.flag, str) == hollow]
        if points := [(min(max(row.value, limits[0]), limits[1]), y) for y, row in chosen]:
            face = "white" if hollow else INK
            axes.plot(*zip(*points, strict=True), "s", color=INK, markersize=5, markerfacecolor=face)
