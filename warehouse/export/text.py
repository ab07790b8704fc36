"""Results as CSV and as JSON, in UTF-8, exactly as the database has them."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import BinaryIO

import duckdb

from cartwright.warehouse.export.rows import distinct, names_of, portions

_TO_QUOTE = frozenset(',"\r\n')


def write_csv(cursor: duckdb.DuckDBPyConnection, out: BinaryIO) -> int:
    """Header and rows, lines ended by a newline; NULL is nothing, an empty text `""`. Returns the number of rows."""
    out.write((",".join(map(_field, names_of(cursor))) + "\n").encode())
    count = 0
    for rows in portions(cursor):
        out.write("".join(",".join(map(_field, row)) + "\n" for row in rows).encode())
        count += len(rows)
    return count


def write_json(cursor: duckdb.DuckDBPyConnection, out: BinaryIO) -> int:
    """One array, an object a row and a line; days and moments in ISO 8601. What JSON has no number for (NaN, infinity,
    more digits than a double has) is a text. Returns the number of rows. Raises NotWritable for equal names."""
    names, count, before = distinct(names_of(cursor)), 0, "[\n"
    for rows in portions(cursor):
        lines = ",\n".join(
            json.dumps(dict(zip(names, map(_json, row), strict=True)), ensure_ascii=False) for row in rows
        )
        out.write((before + lines).encode())
        before, count = ",\n", count + len(rows)
    out.write(b"\n]\n" if count else b"[]\n")
    return count


def plain(value: object) -> str:
    """A value that is not NULL as text that any program reads back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, list | tuple | dict):
        return json.dumps(_json(value), ensure_ascii=False)
    return value.hex() if isinstance(value, bytes) else str(value)


def _field(value: object) -> str:
    if value is None:
        return ""
    text = plain(value)
    to_quote = not text or not _TO_QUOTE.isdisjoint(text) or text[0] == " " or text[-1] == " "
    return '"' + text.replace('"', '""') + '"' if to_quote else text


def _json(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    if isinstance(value, dict):
        return {str(key): _json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_json(each) for each in value]
    if isinstance(value, date | time):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float) else plain(value)
