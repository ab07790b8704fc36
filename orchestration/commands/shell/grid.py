"""Rows laid out as lines: whole for pipes, fitted to a width for terminals.

Fitted, a line holds a row and is never folded. Column names are broken at their underscores, texts are elided with a
mark, numbers and dates never; columns that do not fit are left out, and the caller is told which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from rich.cells import cell_len, set_cell_size

from cartwright.orchestration.commands.shell.cells import NULL, is_number, may_be_elided, text_of

Row = Sequence[object]
ELIDED = "…"
_GAP = "  "
_LEAST_TEXT = 20  # of a text column: a pseudonym stays whole
_HEAD_LINES = 3
_DIM, _BOLD, _PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True)
class Fitted:
    """Lines no wider than asked for; how many of the columns they hold; how many of their values were elided."""

    lines: list[str]
    columns: int
    elided: int


@dataclass(frozen=True)
class _Column:
    name: str
    cells: list[str]
    is_right: bool  # numbers end where others of the column end
    full: int  # width of the widest cell
    least: int  # width below which it is not shown


def whole(names: Sequence[str], batches: Iterable[Sequence[Row]]) -> Iterator[str]:
    """Every value in full, a row a line. Columns are as wide as the first batch needs; what is wider later juts out."""
    batches = iter(batches)
    first = next(batches, [])
    columns = [_column(name, [row[i] for row in first]) for i, name in enumerate(names)]
    widths = [max(cell_len(column.name), column.full) for column in columns]
    rights = [column.is_right for column in columns]
    yield _line([column.name for column in columns], widths, rights)
    for cells in zip(*(column.cells for column in columns), strict=True):
        yield _line(cells, widths, rights)
    for row in chain.from_iterable(batches):
        yield _line([text_of(value) for value in row], widths, rights)


def fitted(names: Sequence[str], rows: Sequence[Row], width: int, colour: bool = False) -> Fitted:
    """As many of the first columns as `width` holds, at least one."""
    columns = [_column(name, [row[i] for row in rows]) for i, name in enumerate(names)]
    columns = columns[: _how_many(columns, width)]
    widths = _widths(columns, width)
    rights = [column.is_right for column in columns]
    cut = [[_cut(cell, w) for cell in column.cells] for column, w in zip(columns, widths, strict=True)]
    lines = _head(columns, widths, colour) + [_line(row, widths, rights, colour) for row in zip(*cut, strict=True)]
    elided = sum(cell_len(cell) > w for column, w in zip(columns, widths, strict=True) for cell in column.cells)
    return Fitted(lines, len(columns), elided)


def _cut(cell: str, width: int) -> str:
    return cell if cell_len(cell) <= width else set_cell_size(cell, width - 1) + ELIDED


def _column(name: str, values: list[object]) -> _Column:
    known = [value for value in values if value is not None]
    cells = [text_of(value) for value in values]
    full = max(map(cell_len, cells), default=0)
    can_shrink = any(map(may_be_elided, known))
    body = min(full, _LEAST_TEXT) if can_shrink else full
    least = body
    name = text_of(name)
    while not _head_fits(name, least):
        least += 1
    return _Column(name, cells, bool(known) and all(map(is_number, known)), full, least)


def _head_fits(name: str, width: int) -> bool:
    parts = _folded(name, width)
    return len(parts) <= _HEAD_LINES and all(cell_len(part) <= width for part in parts)


def _folded(name: str, width: int) -> list[str]:
    """A column name in lines, broken after underscores alone."""
    lines = [""]
    for part in name.replace("_", "_\n").split("\n"):
        if lines[-1] and cell_len(lines[-1] + part) > width:
            lines.append(part)
        else:
            lines[-1] += part
    return lines


def _how_many(columns: Sequence[_Column], width: int) -> int:
    used = -len(_GAP)
    for count, column in enumerate(columns):
        used += len(_GAP) + column.least
        if used > width:
            return max(count, 1)
    return len(columns)


def _widths(columns: Sequence[_Column], width: int) -> list[int]:
    """What is left of the width goes to texts, then to names; first where least is lacking, so that most are whole."""
    widths = [min(column.least, width) for column in columns]
    left = width - sum(widths) - len(_GAP) * (len(widths) - 1)
    for wanted in ([column.full for column in columns], [cell_len(column.name) for column in columns]):
        for i in sorted(range(len(columns)), key=lambda i: wanted[i] - widths[i]):
            given = max(0, min(wanted[i] - widths[i], left))
            widths[i], left = widths[i] + given, left - given
    return widths


def _head(columns: Sequence[_Column], widths: Sequence[int], colour: bool) -> list[str]:
    names = [_folded(column.name, width) for column, width in zip(columns, widths, strict=True)]
    height = max(map(len, names))
    padded = [
        [""] * (height - len(parts)) + [_cut(p, w) for p in parts] for parts, w in zip(names, widths, strict=True)
    ]
    rights = [column.is_right for column in columns]
    lines = [_line(parts, widths, rights) for parts in zip(*padded, strict=True)]
    if colour:
        lines = [f"{_BOLD}{line}{_PLAIN}" for line in lines]
    return [*lines, _GAP.join("─" * width for width in widths)]


def _line(cells: Sequence[str], widths: Sequence[int], rights: Sequence[bool], colour: bool = False) -> str:
    """Cells side by side; one that is wider than its column juts out."""
    parts = []
    for cell, width, is_right in zip(cells, widths, rights, strict=True):
        space = " " * (width - cell_len(cell))
        text = f"{_DIM}{cell}{_PLAIN}" if colour and cell == NULL else cell
        parts.append(space + text if is_right else text + space)
    return _GAP.join(parts).rstrip(" ")
