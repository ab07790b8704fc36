"""Colours, lines, markers and hatches of groups (Okabe & Ito, told apart by all). Which a group has: report/places.py.

Groups differ in more than colour, so that a grey print and a reader who sees fewer colours lose nothing.
"""

from __future__ import annotations

INK, MUTED, GRID = "#1a1a1a", "#595959", "#d9d9d9"
# Surfaces, and lines in the same order of the same categories (yellow is no colour for a line on white).
SHADES = ("#0072B2", "#56B4E9", "#F0E442", "#D55E00", "#CC79A7", "#999999")
STROKES = ("#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#CC79A7", "#999999")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000")
LINES = ("-", (0, (5, 2)), (0, (1, 1.3)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1, 1, 1)), "-")
MARKERS = ("o", "s", "^", "D", "v", "P")
HATCHES = ("", "//", "..", "xx", "\\\\", "++")
