"""Rows whose texts are sentences: columns side by side, each folded between words, or else record by record.

Ids, file names and numbers are never broken: who reads them goes on with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len

from cartwright.orchestration.commands.shell.record import expanded, folded

_GAP = "  "


def wrapped(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Lines of at most `width` cells, but for a word that is longer than the whole line."""
    columns = [[name, *(row[i] for row in rows)] for i, name in enumerate(names)]
    least = [max(map(_longest_word, column)) for column in columns]
    left = width - sum(least) - len(_GAP) * (len(columns) - 1)
    if left < 0:
        yield from expanded(names, [[cell or "-" for cell in row] for row in rows], width)
        return
    widths = _grown(least, [max(map(cell_len, column)) for column in columns], left)
    for row in (names, *rows):
        for parts in zip_longest(*(folded(cell, w) for cell, w in zip(row, widths, strict=True)), fillvalue=""):
            cells = (part + " " * (w - cell_len(part)) for part, w in zip(parts, widths, strict=True))
            yield _GAP.join(cells).rstrip()


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split(" ")))


def _grown(widths: list[int], wanted: list[int], left: int) -> list[int]:
    """What is left of the line goes first where least is lacking, so that most columns are whole."""
    widths = list(widths)
    for i in sorted(range(len(widths)), key=lambda i: wanted[i] - widths[i]):
        given = min(wanted[i] - widths[i], left)
        widths[i], left = widths[i] + given, left - given
    return widths
