"""Places for the panels of a figure, found by measuring what surrounds each of them once.

Matplotlib's constrained layout measures everything twice, a third time when it draws, and lets a solver settle it;
panels of one grid need none of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

PAD = 3.0  # free space on each side of a panel and its words, in points


def arrange(figure: Figure, renderer: RendererBase) -> None:
    """Give the panels of the figure's one grid all room that their words, and legends of the figure above, leave.

    The grid's ratios of widths and heights are kept. The figure measures 72 dots an inch, so that a dot is a point.
    """
    visible = [axes for axes in figure.axes if axes.get_visible()]
    placed = [(axes, spot) for axes in visible if (spot := axes.get_subplotspec()) is not None]
    if not placed:
        return
    panels, spots = [axes for axes, _ in placed], [spot for _, spot in placed]
    _place_empty_labels(panels)
    grid = spots[0].get_gridspec()
    around = [_surroundings(axes, renderer) for axes in panels]
    legends = [legend.get_window_extent(renderer).height + 2 * PAD for legend in figure.legends]
    width, height = figure.bbox.size
    columns = _split(
        width,
        _ratios(grid.get_width_ratios(), grid.ncols),
        [(spot.colspan.start, left, right) for spot, (left, right, _, _) in zip(spots, around, strict=True)],
    )
    rows = _split(
        height - sum(legends),
        _ratios(grid.get_height_ratios(), grid.nrows),
        [(spot.rowspan.start, top, bottom) for spot, (_, _, top, bottom) in zip(spots, around, strict=True)],
    )
    for axes, spot in zip(panels, spots, strict=True):
        (x, wide), (down, high) = columns[spot.colspan.start], rows[spot.rowspan.start]
        _move(figure, axes, (x, height - sum(legends) - down - high, wide, high))


def _surroundings(axes: Axes, renderer: RendererBase) -> tuple[float, float, float, float]:
    """Points that the words of a panel take on its left, right, top and bottom."""
    inner, outer = axes.bbox, axes.get_tightbbox(renderer, for_layout_only=True) or axes.bbox  # None: nothing is drawn
    return inner.x0 - outer.x0, outer.x1 - inner.x1, outer.y1 - inner.y1, inner.y0 - outer.y0


def _ratios(given: ArrayLike, count: int) -> list[float]:
    """Of the widths (heights) of `count` columns (rows); alike where the grid names none."""
    import numpy as np

    named = np.asarray(given, dtype=float).ravel().tolist() if given is not None else []
    return named or [1.0] * count


def _split(
    length: float, ratios: Sequence[float], needed: Iterable[tuple[int, float, float]]
) -> list[tuple[float, float]]:
    """Start and size of each column (or row) in a length; needed: column, points before its panels, points behind."""
    before, behind = [0.0] * len(ratios), [0.0] * len(ratios)
    for index, one, other in needed:
        before[index], behind[index] = max(before[index], one), max(behind[index], other)
    unit = max(length - sum(before) - sum(behind) - 2 * PAD * len(ratios), len(ratios)) / sum(ratios)
    places, start = [], 0.0
    for ratio, one, other in zip(ratios, before, behind, strict=True):
        places.append((start + PAD + one, unit * ratio))
        start += PAD + one + unit * ratio + other + PAD
    return places


def _place_empty_labels(panels: Iterable[Axes]) -> None:
    """Axes without a name need no search for its place, which would measure every tick."""
    for axes in panels:
        for axis in (axes.xaxis, axes.yaxis):
            if not axis.get_label_text():
                axis.set_label_coords(0, 0)


def _move(figure: Figure, axes: Axes, place: tuple[float, float, float, float]) -> None:
    """Put a panel (points from lower left) and with it the names of its axes, whose distance is known by now.

    Their places are in points, not dots: a print of the same figure has more of these to the inch.
    """
    from matplotlib.transforms import Affine2D, blended_transform_factory

    (x, y, wide, high), (width, height) = place, figure.bbox.size
    points = Affine2D().scale(1 / 72) + figure.dpi_scale_trans
    if axes.get_xlabel():
        along, up = axes.xaxis.label.get_position()
        where = blended_transform_factory(axes.transAxes, points)
        axes.xaxis.set_label_coords(along, up + y - axes.bbox.y0, where)
    if axes.get_ylabel():
        right, along = axes.yaxis.label.get_position()
        where = blended_transform_factory(points, axes.transAxes)
        axes.yaxis.set_label_coords(right + x - axes.bbox.x0, along, where)
    axes.set_position((x / width, y / height, wide / width, high / height))
