"""A figure looks in print as it does on the page."""

from __future__ import annotations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from cartwright.analysis.figures import canvas
from cartwright.analysis.figures.canvas import PRINT_DPI, Drawing, new_figure, to_files


@pytest.fixture
def drawing() -> Drawing:
    """Two panels, one above the other, with names at both axes."""
    figure = new_figure(4, 4)
    above, below = figure.subplots(2, 1)
    above.set(xlabel="Months", ylabel="Alive")
    below.set(xlabel="Days", ylabel="At risk")
    return Drawing(figure, "two panels")


def places(drawing: Drawing, dpi: float) -> list[tuple[float, ...]]:
    """Where the names of the axes stand, in inches."""
    drawing.figure.set_dpi(dpi)
    renderer = FigureCanvasAgg(drawing.figure).get_renderer()
    labels = [axis.label for axes in drawing.figure.axes for axis in (axes.xaxis, axes.yaxis)]
    return [tuple(label.get_window_extent(renderer).get_points().ravel() / dpi) for label in labels]


def test_the_names_of_axes_stand_where_they_do_on_the_page(drawing):
    with canvas.style():
        to_files(drawing, "two", "Two panels")
        drawing.figure.draw(FigureCanvasAgg(drawing.figure).get_renderer())
        on_the_page, in_print = places(drawing, 72), places(drawing, PRINT_DPI)
    for page, paper in zip(on_the_page, in_print, strict=True):
        assert paper == pytest.approx(page, abs=1.5 / 72)
        assert all(0 <= inch <= 4 for inch in paper), "it is not cut"


def test_a_figure_has_every_form_and_each_is_what_it_says(drawing):
    with canvas.style():
        made = to_files(drawing, "two", "Two panels")
    assert set(made) == {"svg", "pdf", "png"}
    assert made["svg"].startswith(b"<?xml") or b"<svg" in made["svg"]
    assert made["pdf"].startswith(b"%PDF")
    assert made["png"].startswith(b"\x89PNG")
