"""One record after the other, a line a column, for tables that are wider than any screen. Nothing is elided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, chop_cells

from cartwright.orchestration.commands.shell.cells import text_of

_LEAST_VALUE = 20  # however long the names are


def expanded(names: Sequence[str], rows: Sequence[Sequence[object]], width: int) -> Iterator[str]:
    """Values are folded between words; only a word that is longer than a line is broken. `width`: 20 at least."""
    names = [text_of(name) for name in names]
    margin = min(max(map(cell_len, names), default=0) + 2, max(width - _LEAST_VALUE, width // 2))
    for number, row in enumerate(rows, 1):
        yield f"── record {number} of {len(rows)} ──"[:width]
        for name, value in zip(names, row, strict=True):
            head = [f"{part}  " for part in folded(name, margin - 2)]
            head[-1] += " " * (margin - cell_len(head[-1]))
            yield from (part.rstrip() for part in head[:-1])
            first, *others = folded(text_of(value), width - margin)
            yield (head[-1] + first).rstrip()
            yield from (" " * margin + other for other in others)


def described(rows: Sequence[Sequence[object]], width: int) -> Iterator[str]:
    """Names and what is said of each: columns side by side, the last one, a text, folded between words below itself."""
    short = [[text_of(value) for value in row[:-1]] for row in rows]
    widths = [max(map(cell_len, column)) + 2 for column in zip(*short, strict=True)]
    margin = min(sum(widths), max(width - _LEAST_VALUE, width // 2))
    for head, row in zip(short, rows, strict=True):
        first, *others = folded(text_of(row[-1] or "-"), width - margin)
        line = "".join(cell + " " * (w - cell_len(cell)) for cell, w in zip(head, widths, strict=True))
        yield from (
            (line + first,) if cell_len(line) <= margin else (*folded(line.rstrip(), width), " " * margin + first)
        )
        yield from (" " * margin + other for other in others)


def folded(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, at least one."""
    lines, room = [""], width
    for word in text.split(" "):
        joint = " " if lines[-1] else ""
        if cell_len(joint + word) <= room:
            lines[-1] += joint + word
        else:
            lines += chop_cells(word, width)
        if not lines[0] and len(lines) > 1:
            del lines[0]
        room = width - cell_len(lines[-1])
    return lines
