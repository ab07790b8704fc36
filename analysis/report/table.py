"""A table as readers see it: labelled rows of cells with small print and notes; the same goes to HTML and CSV."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """What a cell says, a second line in small print, and marks that point to notes below the table. On a page, `links`
    stand for the text: (words, id of the place on the page; empty: no link). `source`: the analysis that gave it, if
    another than its row's."""

    text: str
    detail: str = ""
    marks: str = ""
    links: tuple[tuple[str, str], ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Row:
    """A labelled row; `level` indents it under the row above, a row without cells is a heading. `source`: the analysis
    that gave its numbers."""

    label: str
    cells: list[Cell] = field(default_factory=list)
    level: int = 0
    source: str = ""


@dataclass(frozen=True)
class Table:
    """`columns` has one entry for the labels and one for each cell."""

    caption: str
    columns: list[Cell]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)


class Notes:
    """Gives each distinct remark a letter."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}

    def mark(self, remark: str | None) -> str:
        if not isinstance(remark, str) or not remark:
            return ""
        position = len(self._letters)
        letter = chr(97 + position % 26) * (1 + position // 26)
        return self._letters.setdefault(remark, letter)

    def marks(self, *remarks: str | None) -> str:
        """The letters of several remarks."""
        return ",".join(filter(None, map(self.mark, remarks)))

    def lines(self) -> list[str]:
        return [f"{letter}: {remark}" for remark, letter in self._letters.items()]


def to_csv(table: Table) -> str:
    """The table as text: second lines of cells in square brackets, marks left out."""
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_flat(column) for column in table.columns])
    for row in table.rows:
        writer.writerow(["  " * row.level + row.label, *(_flat(cell) for cell in row.cells)])
    return buffer.getvalue()


def _flat(cell: Cell) -> str:
    return f"{cell.text} [{cell.detail}]" if cell.detail else cell.text
