"""Forest plot of one comparison within subgroups, with the p value of each interaction."""

from __future__ import annotations

from ..view import Shown, View
from ..wording import estimate, is_known, p_value
from .canvas import COLOURS, GRID, INK, MUTED, Drawing, empty, new_figure

PLACES = (0.02, 0.27, 0.72)  # of the words beside the panel
LIMITS = (0.05, 20.0)  # wider intervals run off the panel with an arrow


def draw(view: View, shown: Shown) -> Drawing:
    if shown.one("hr", variable=None) is None:
        return empty("The groups cannot be compared.")
    lines = [("All patients", "All patients", shown.one("hr", variable=None), None)]  # tick, words, ratio, interaction
    for variable in shown.variables:
        lines.append((variable.label, variable.label, None, shown.one("interaction_p", variable=variable.name)))
        lines += [
            (level, f"{variable.label}, {level}", shown.one("hr", variable=variable.name, variable_level=level), None)
            for level in ("yes", "no")
        ]
    figure = new_figure(8.6, 0.9 + 0.22 * len(lines))
    axes, words = figure.subplots(1, 2, sharey=True, width_ratios=[1, 0.8])
    axes.set_xscale("log")
    axes.set(xlim=LIMITS, ylim=(len(lines) - 0.4, -1.2), xlabel="Hazard ratio (95 % limits), log scale")
    axes.set_xticks([0.1, 0.25, 1, 4, 10], ["0.1", "0.25", "1", "4", "10"])
    axes.xaxis.minorticks_off()
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(lines)), [tick for tick, *_ in lines])
    axes.tick_params(axis="y", left=False)
    axes.spines["left"].set_visible(False)
    words.axis("off")
    for x, heading in zip(PLACES, ("n / events", "Ratio (95 % limits)", "p, interaction"), strict=True):
        words.text(x, -0.9, heading, fontsize=8, color=MUTED)
    said = [_line(axes, words, y, *line) for y, (_, *line) in enumerate(lines)]
    return Drawing(figure, "; ".join(filter(None, said)))


def _line(axes, words, y: int, label: str, ratio, interaction) -> str:
    if interaction is not None:
        axes.axhline(y - 0.5, color=GRID, linewidth=0.5, zorder=0)
        p = p_value(interaction.value)
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
    low = max(ratio.ci_low, LIMITS[0]) if is_known(ratio.ci_low) else LIMITS[0]
    high = min(ratio.ci_high, LIMITS[1]) if is_known(ratio.ci_high) else LIMITS[1]
    axes.plot([low, high], [y, y], color=COLOURS[0], linewidth=1.4, solid_capstyle="butt")
    for end, cut, arrow in ((low, LIMITS[0], "<"), (high, LIMITS[1], ">")):
        if end == cut:
            axes.plot(end, y, arrow, color=COLOURS[0], markersize=5, clip_on=False)
    axes.plot(
        min(max(ratio.value, LIMITS[0]), LIMITS[1]), y, "s", color=COLOURS[0], markersize=5,
        markerfacecolor="white" if isinstance(ratio.flag, str) else COLOURS[0],
    )  # fmt: skip
    return f"{label}: {said}"
