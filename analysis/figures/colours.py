"""Colours, lines, markers and hatches; each colour has one meaning in a report.

Groups have hues (Okabe & Ito's, then wine, olive and brown): which group has which, report/places.py. Ordered
categories (grades, responses from best to worst) go from light to dark violet, a hue that no group has. Whatever is one
of a kind (all patients, a model, a ratio) is drawn in ink. Groups differ in more than colour, so that a grey print and
a reader who sees fewer colours lose nothing.
"""

from __future__ import annotations

INK, MUTED, GRID, PAPER, WASH = "#1a1a1a", "#595959", "#d9d9d9", "#ffffff", "#f2f2f2"
# Looks of groups, and last that of everybody as one.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#882255", "#BBBB44", "#8B5A2B", INK)
LINES = (
    "-",
    (0, (5, 2)),
    (0, (1, 1.3)),
    (0, (6, 2, 1, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (9, 3)),
    (0, (2, 1, 6, 1)),
    (0, (4, 1, 1, 1)),
    (0, (1, 3)),
    "-",
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "o")
HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo", "--", "||", "")
# Ordered categories: surfaces in even steps of lightness, and lines in the same order, dark enough for white paper.
SHADES = ("#F7F5FB", "#D3D0E8", "#B0ACD6", "#8C83BC", "#6A5AA3", "#47237F")
STROKES = ("#9A86C8", "#8468BC", "#6A4BA5", "#532A93", "#3A1369", "#220540")
UNRATED = "#999999"  # no category is known
# What a dark page shows instead; surfaces of ordered categories stay, with outlines in ink.
DARK = dict(
    zip(
        (INK, MUTED, GRID, *COLOURS[:-1], *STROKES),
        (
            *("#e8e8e8", "#b0b0b0", "#454545"),
            *("#4c9be8", "#ff8a3d", "#2fc89b", "#e59bc4", "#9ad5ff", "#ffc247", "#e0809f", "#cfcf6a", "#c99a6b"),
            *("#7f6fc0", "#9683d2", "#ae9ce2", "#c6b7ef", "#ddd3f8", "#f1ecfd"),
        ),
        strict=True,
    )
)


def ordered(palette: tuple[str, ...], count: int) -> list[str]:
    """Entries of an ordered palette for `count` categories in their order, as far apart as it allows."""
    last = len(palette) - 1
    return [palette[round(place * last / max(count - 1, 1))] for place in range(count)]
