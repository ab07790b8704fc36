"""Follows the quotation marks of a CSV stream, so that none swallows the lines below it.

RFC 4180: a field that holds commas, quotation marks or line breaks stands in quotation marks, and those inside it are
doubled. Free text with a mark that was not doubled breaks this in two ways: within one line the record cannot be
trusted, and across lines other records vanish inside a value while every count stays right.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

import numpy as np

from cartwright.warehouse.intake.columns import Refusal
from cartwright.warehouse.intake.contracts import Column, Contract, load_codes

_QUOTE, _COMMA, _LF, _CR = b'",\n\r'
# One field, read as every CSV reader does: quoted text, then whatever stands between its end and the next separator.
_FIELD = re.compile(rb'"((?:[^"]++|"")*+)("?)([^,\r\n]*+)|[^,\r\n]*+')
_LONGEST_BYTES = 16 << 20  # no field is longer
_NEVER_CLOSED = (
    "a quotation mark is never closed, or swallows the lines below it, from line {} on; put the field in quotation "
    "marks and double every quotation mark inside it, and take line breaks out of a field that stands first"
)
_PATTERNS = {
    "integer": r"[+-]?\d+",
    "decimal": r"[+-]?[\d.]+([eE][+-]?\d+)?",
    "boolean": r"(?i)true|false|0|1",
    "date": r"\d{4}-\d\d-\d\d.*",
    "partial_date": r"\d{4}(-\d\d){0,2}",
    "timestamp": r"\d{4}-\d\d-\d\d.*",
}


class Quotation:
    """Is fed the bytes below the header, block by block. `stray`: lines that hold a mark where none may stand.

    Raises Refusal where a field swallows lines: when it is never closed, is closed in the middle of another field, or
    one of its lines is a record itself.
    """

    def __init__(self, contract: Contract, names: list[str]) -> None:
        self.stray: set[int] = set()
        self._rest, self._line = b"", 2
        self._looks_like_record = record_likeness(contract, names)

    def feed(self, block: bytes) -> None:
        """The next block; an empty one is the end."""
        data = self._rest + block if self._rest else block
        taken = self._take(data, is_last=not block)
        self._line += data.count(b"\n", 0, taken)
        self._rest = data[taken:]
        if len(self._rest) > _LONGEST_BYTES:
            raise Refusal(_NEVER_CLOSED.format(self._line))

    def _take(self, data: bytes, is_last: bool) -> int:
        """Look at all whole records of `data`, which begins with one. Returns where the rest begins."""
        end = len(data) if is_last else data.rfind(b"\n") + 1
        if _QUOTE not in data:
            return end
        values = np.frombuffer(data, np.uint8)
        marks, breaks = np.flatnonzero(values == _QUOTE), np.flatnonzero(values == _LF)
        is_inside = np.searchsorted(marks, breaks) % 2 == 1  # as long as every mark stands where it may
        if not is_last:
            outside = breaks[~is_inside]
            end = int(outside[-1]) + 1 if len(outside) else 0
        if not _is_strict(values, marks[marks < end], end):
            return self._take_field_by_field(data, is_last)
        for start in (breaks[is_inside & (breaks < end)] + 1).tolist():
            self._refuse_if_record(data, start)
        return end

    def _take_field_by_field(self, data: bytes, is_last: bool) -> int:
        at = record = 0
        while at < len(data):
            field = _FIELD.match(data, at)
            assert field is not None  # its second branch takes nothing as well
            is_quoted, content = field[1] is not None, field[1] or b""
            if field.end() == len(data) and not is_last:
                return record
            if is_quoted and (not field[2] or (field[3] and b"\n" in content)):
                raise Refusal(_NEVER_CLOSED.format(self._line_of(data, at)))
            if is_quoted and field[3]:
                self.stray.add(self._line_of(data, record))
            for line_break in re.finditer(rb"\n", content):
                self._refuse_if_record(data, field.start(1) + line_break.end())
            at = field.end() + 1
            if data[at - 1 : at] == b"\r" and data[at : at + 1] == b"\n":
                at += 1
            if data[at - 1 : at] != b",":
                record = min(at, len(data))
        return record if not is_last else len(data)

    def _refuse_if_record(self, data: bytes, start: int) -> None:
        end = data.find(b"\n", start)
        if self._looks_like_record(data[start : end if end >= 0 else len(data)]):
            raise Refusal(_NEVER_CLOSED.format(self._line_of(data, start) - 1))

    def _line_of(self, data: bytes, at: int) -> int:
        return self._line + data.count(b"\n", 0, at)


def _is_strict(values: np.ndarray, marks: np.ndarray, end: int) -> bool:
    """Whether every mark opens a field after a separator, closes one before a separator, or is one of a pair."""
    if len(marks) % 2:
        return False
    opening, closing = marks[0::2], marks[1::2]
    before = values[np.maximum(opening - 1, 0)]
    after = values[np.minimum(closing + 1, len(values) - 1)]
    may_open = (opening == 0) | np.isin(before, (_COMMA, _LF, _CR, _QUOTE))
    may_close = (closing + 1 >= end) | np.isin(after, (_COMMA, _LF, _CR, _QUOTE))
    return bool(may_open.all() and may_close.all())


def record_likeness(contract: Contract, names: list[str]) -> Callable[[bytes], bool]:
    """Whether a line has as many fields as the header `names`, and most typed or coded ones hold what they should."""
    columns = {c.name: c for c in contract.columns if c.codes or c.type in _PATTERNS}
    places = [(place, columns[name]) for place, name in enumerate(names) if name in columns]

    def looks_like_record(line: bytes) -> bool:
        if line.count(b",") < len(names) - 1:
            return False
        text = line.decode("utf-8", "replace").rstrip("\r")
        for fields in (text.split(","), next(csv.reader([text]), [])):
            # A separator inside a value moves the fields behind it, or, seen from the end, those before it.
            for first in {0, len(fields) - len(names)} if len(fields) >= len(names) else ():
                filled = [(c, fields[first + place]) for place, c in places if fields[first + place]]
                if sum(_fits(column, value) for column, value in filled) * 2 > len(filled):
                    return True
        return False

    return looks_like_record


def _fits(column: Column, value: str) -> bool:
    if column.codes:
        return value in load_codes()[column.codes] or value in column.sent_codes
    return re.fullmatch(_PATTERNS[column.type], value.strip('"')) is not None
