"""The common look of figures, and their way to SVG."""

from __future__ import annotations

import io
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from cartwright.analysis.figures.colours import INK, MUTED

if TYPE_CHECKING:
    from matplotlib.figure import Figure


PRINT_DPI = 200


@dataclass(frozen=True)
class Drawing:
    """A figure and the sentence that tells its content to those who cannot see it."""

    figure: Figure
    description: str


def style() -> AbstractContextManager:
    """Settings of all figures: text stays text, no random ids, titles at one distance from their panel."""
    import matplotlib

    return matplotlib.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "cartwright",
            "font.family": ["DejaVu Sans"],
            "font.size": 9,
            "axes.titlesize": 9,
            "axes.labelsize": 9,
            "axes.titley": 1.0,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": MUTED,
            "xtick.color": INK,
            "ytick.color": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.8,
            "legend.frameon": False,
            "legend.fontsize": 8.5,
            "hatch.linewidth": 0.6,
            "lines.linewidth": 1.8,
        }
    )


def new_figure(width: float, height: float) -> Figure:
    """An empty figure in inches, outside of pyplot so that nothing is kept alive."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=72)  # a dot is a point, as in SVG


def empty(message: str) -> Drawing:
    """A figure that says why there is nothing to draw."""
    figure = new_figure(7, 1.2)
    figure.text(0.5, 0.5, message, ha="center", va="center", color=MUTED)
    return Drawing(figure, message)


def to_files(drawing: Drawing, name: str, title: str) -> dict[str, bytes]:
    """The figure in each form of FORMS: as `to_svg` makes it, as PDF (letters as outlines), as PNG of 200 dots an inch;
    none with a date."""
    made = {"svg": to_svg(drawing, name, title)}  # it arranges the panels for all of them
    for form, options in (("pdf", {"metadata": {"CreationDate": None}}), ("png", {"dpi": PRINT_DPI})):
        buffer = io.BytesIO()
        drawing.figure.savefig(buffer, format=form, **options)
        made[form] = buffer.getvalue()
    return made


def to_svg(drawing: Drawing, name: str, title: str) -> bytes:
    """Deterministic SVG whose ids carry the figure's name, so that several fit into one page."""
    from matplotlib.backends.backend_svg import RendererSVG

    from cartwright.analysis.figures.layout import arrange

    figure, buffer = drawing.figure, io.StringIO()
    renderer = RendererSVG(*figure.bbox.size, buffer, metadata={"Date": None, "Creator": None})
    arrange(figure, renderer)  # with the renderer that draws, which has measured the words by then
    figure.draw(renderer)
    renderer.finalize()
    prefix = re.sub(r"\W+", "-", name)
    text = re.sub(r"<metadata>.*?</metadata>", "", buffer.getvalue(), flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}-", text)
    text = text.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    text = re.sub(
        r'\bd="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), text
    )  # 1/100 of a point is enough
    label = (
        f'<title id="{prefix}-title">{escape(title)}</title>'
        f'<desc id="{prefix}-desc">{escape(drawing.description)}</desc>'
    )
    return re.sub(
        r"<svg ([^>]*)>",
        lambda tag: f'<svg role="img" aria-labelledby="{prefix}-title {prefix}-desc" {tag[1]}>{label}',
        text,
        count=1,
    ).encode()
