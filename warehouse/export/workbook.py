"""Results as a workbook for Excel and LibreOffice: the rows, the dictionary, and where they come from.

Nothing in it is computed: a text that begins like a formula is stored as text and marked so (`quotePrefix`), which
stays when somebody edits the cell; the text itself is unchanged.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain
from typing import BinaryIO

import duckdb
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from cartwright.warehouse.export.dictionary import HEAD, Described
from cartwright.warehouse.export.rows import NotWritable, Row, names_of, portions
from cartwright.warehouse.export.text import plain

MOST_ROWS = 1_048_575  # of a sheet, below the header
MOST_COLUMNS = 16_384
MOST_LETTERS = 32_767  # of a cell
_WAS_CUT = -2  # what xlsxwriter answers then
MOST_DIGITS = 15  # of a number: spreadsheets show no more, and lose them
_FIRST_DAY = date(1900, 3, 1)  # before it spreadsheets count a day that never was
LEAST_WIDTH, MOST_WIDTH = 12, 60  # of a column, in letters
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def begins_like_a_formula(text: str) -> bool:
    """Whether a spreadsheet that opens the text in a CSV file could compute it."""
    return len(text) > 1 and text.startswith(FORMULA_SIGNS)


def write_workbook(
    cursor: duckdb.DuckDBPyConnection, out: BinaryIO, columns: Sequence[Described], about: Sequence[tuple[str, str]]
) -> int:
    """Returns the number of rows. Raises NotWritable for what no sheet can hold: nothing is cut."""
    names = names_of(cursor)
    if len(names) > MOST_COLUMNS:
        raise NotWritable(
            f"a sheet holds {MOST_COLUMNS:,} columns, this result has {len(names):,}: take CSV or Parquet"
        )
    with tempfile.TemporaryFile() as file:
        with Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
            sheet = _Sheet(book, "data", names)
            for row in chain.from_iterable(portions(cursor)):
                sheet.add(row)
            dictionary = _Sheet(book, "dictionary", HEAD)
            for column in columns:
                dictionary.add(tuple(text or None for text in column.row()))
            source = _Sheet(book, "about", ("what", "value"))
            for item in (*about, *_notes(sheet)):
                source.add(item)
            for each in (sheet, dictionary, source):
                each.widen()
        file.seek(0)
        shutil.copyfileobj(file, out)
    return sheet.count


def _notes(sheet: _Sheet) -> list[tuple[str, str]]:
    return [
        ("rows", str(sheet.count)),
        ("texts that begin like a formula", f"{sheet.neutralised}: stored as text, marked so, never computed"),
        ("numbers of more than 15 digits, NaN and infinity", f"{sheet.as_text}: stored as text"),
        ("NULL", "a cell that is empty; an empty text is a cell with a text of no letters"),
        ("moments", "UTC"),
    ]


class _Sheet:
    """A sheet that is filled from the top; counts what it had to store in another way."""

    def __init__(self, book: Workbook, name: str, head: Sequence[str]) -> None:
        self.count = self.neutralised = self.as_text = 0
        self._head = head
        self._letters = [len(column) for column in head]  # of the widest cell of each column
        self._sheet: Worksheet = book.add_worksheet(name)
        self._marked = book.add_format({"quote_prefix": True})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        bold = book.add_format({"bold": True})
        self._sheet.freeze_panes(1, 0)
        for i, column in enumerate(head):
            self._sheet.write_string(0, i, column, bold)

    def widen(self) -> None:
        """As wide as what stands there: the next cell hides the end of a pseudonym, else."""
        for i, letters in enumerate(self._letters):
            self._sheet.set_column(i, i, min(max(letters + 2, LEAST_WIDTH), MOST_WIDTH))

    def add(self, row: Row) -> None:
        if self.count == MOST_ROWS:
            raise NotWritable(f"a sheet holds {MOST_ROWS:,} rows: take CSV or Parquet")
        self.count += 1
        for i, value in enumerate(row):
            if value is not None:
                self._letters[i] = max(self._letters[i], len(plain(value)))
                self._write(i, value)

    def _write(self, i: int, value: object) -> None:
        if isinstance(value, bool):
            self._sheet.write_boolean(self.count, i, value)
        elif isinstance(value, int | float | Decimal):
            self._write_number(i, value)
        elif isinstance(value, date) and date(value.year, value.month, value.day) >= _FIRST_DAY:
            self._write_day(i, value)
        else:
            self._write_text(i, plain(value))

    def _write_number(self, i: int, value: float | Decimal) -> None:
        if not math.isfinite(value) or _digits(value) > MOST_DIGITS:
            self.as_text += 1
            self._write_text(i, str(value))
        else:
            self._sheet.write_number(self.count, i, value)

    def _write_day(self, i: int, value: date) -> None:
        if isinstance(value, datetime):
            moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            self._sheet.write_datetime(self.count, i, moment, self._moment)
        else:
            self._sheet.write_datetime(self.count, i, value, self._day)

    def _write_text(self, i: int, text: str) -> None:
        marked = begins_like_a_formula(text)
        self.neutralised += marked
        if self._sheet.write_string(self.count, i, text, self._marked if marked else None) == _WAS_CUT:
            raise NotWritable(
                f"a cell holds {MOST_LETTERS:,} letters, row {self.count} of column {self._head[i]} has more: "
                "take CSV or Parquet"
            )


def _digits(value: float | Decimal) -> int:
    """How many digits are told exactly; a double is what a sheet stores itself."""
    return 0 if isinstance(value, float) else len(Decimal(value).normalize().as_tuple().digits)
