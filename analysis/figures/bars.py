"""Shares of the levels of one or more categorical items as stacked bars: one bar a variable and group."""

from __future__ import annotations

from cartwright.analysis.figures.canvas import Drawing, empty, new_figure
from cartwright.analysis.figures.colours import INK, SHADES, ordered
from cartwright.analysis.plan.definition import Level, Variable
from cartwright.analysis.report.view import Shown, View
from cartwright.analysis.report.wording import percent


def draw(view: View, shown: Shown) -> Drawing:
    bars = [(group, variable) for variable in shown.variables for group in shown.columns]
    levels = shown.variables[0].levels
    colours = {variable.name: ordered(SHADES, len(variable.levels)) for variable in shown.variables}
    figure = new_figure(7, 1.1 + 0.42 * len(bars))
    axes = figure.subplots()
    names, said, drawn = [], [], set()
    for y, (group, variable) in enumerate(bars):
        words = [variable.label] * (len(shown.variables) > 1) + [group.label] * (len(shown.columns) > 1)
        name = ", ".join(words) or group.label
        known, parts = _parts(shown, group, variable)
        names.append(f"{name} (n={known})")
        said.append(f"{name}: " + ", ".join(f"{level.label} {count}" for level, count in parts))
        left = 0.0
        for index, (level, count) in enumerate(parts):
            if not count:
                continue
            share = count / known
            axes.barh(
                y,
                share,
                left=left,
                height=0.62,
                color=colours[variable.name][index],
                edgecolor=INK,
                linewidth=0.6,
                label=level.label if level.level not in drawn else None,
            )
            drawn.add(level.level)
            if share > 0.045:
                axes.text(
                    left + share / 2,
                    y,
                    str(count),
                    ha="center",
                    va="center",
                    fontsize=8.5,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
                )
            left += share
    if not drawn:
        return empty("Nobody is rated.")
    axes.set(xlim=(0, 1), ylim=(len(bars) - 0.4, -0.6), yticks=range(len(bars)), yticklabels=names)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], [f"{percent(x, 0)} %" for x in (0, 0.25, 0.5, 0.75, 1)])
    handles, words = axes.get_legend_handles_labels()
    order = {level.label: index for index, level in enumerate(levels)}
    pairs = sorted(zip(words, handles, strict=True), key=lambda pair: order[pair[0]])
    figure.legend([h for _, h in pairs], [w for w, _ in pairs], loc="outside upper right", ncols=6, handleheight=1.2)
    return Drawing(figure, "; ".join(said))


def _parts(shown: Shown, group: Level, variable: Variable) -> tuple[int, list[tuple[Level, int]]]:
    """Rated patients of the bar, and the count of each level."""
    rows = [
        (level, shown.one("count", group_level=group.level, variable=variable.name, variable_level=level.level))
        for level in variable.levels
    ]
    known = max((int(row.n) for _, row in rows if row), default=0)
    return known, [(level, int(row.value) if row else 0) for level, row in rows]
