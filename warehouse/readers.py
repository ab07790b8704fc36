"""File formats into Arrow batches of text: CSV, JSON Lines (plain or gzip) and Parquet. Nothing is judged here.

A batch has the columns `delivery_no, row_no, malformed, raw_text` and then the contract's columns, all text. `row_no`
is the line of the file (Parquet: the row). JSON lines stay whole in `raw_text`; SQL takes them apart.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from warehouse.contracts import Contract
from warehouse.landing import Delivery

_BLOCK_BYTES = 4 << 20
_ROWS = 50_000
_MAX_MALFORMED = 10_000  # more broken lines than this, and the file is not what its name says
_NOT_IN_JSON = "\x1f"  # control characters are not allowed inside JSON text


class Refusal(Exception):
    """Nothing of the delivery can be taken. The text says what to do and never quotes the content."""


def text_schema(contract: Contract) -> pa.Schema:
    """The columns of every batch."""
    head = [("delivery_no", pa.int32()), ("row_no", pa.int64()), ("malformed", pa.string()), ("raw_text", pa.string())]
    return pa.schema(head + [(c.name, pa.string()) for c in contract.columns])


def read(delivery: Delivery, contract: Contract) -> Iterator[pa.RecordBatch]:
    """The batches of one file. Raises Refusal when it cannot be read, or does not have the columns of the contract."""
    if delivery.size == 0:
        raise Refusal("the file is empty; a delivery without records still has its header line")
    reader = {"csv": _read_csv, "jsonl": _read_json_lines, "parquet": _read_parquet}[delivery.format]
    try:
        yield from reader(delivery, contract)
    # The messages of these libraries may quote the content: they go no further.
    except UnicodeDecodeError:
        raise Refusal("the file is not UTF-8; send it in UTF-8") from None
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, duckdb.Error, csv.Error, zlib.error, OSError, EOFError):
        raise Refusal(f"the file is not a readable {delivery.format} file, or damaged; send it again") from None


def check_columns(delivery: Delivery, contract: Contract, arrived: list[str]) -> None:
    """Refuse a delivery that lacks a column which is not optional; note one that brings more than the contract."""
    expected = [c.name for c in contract.columns if not c.optional]
    if twice := sorted({name for name in arrived if arrived.count(name) > 1}):
        raise Refusal(f"columns named twice in the header: {', '.join(twice)}; name each column once")
    if missing := [name for name in expected if name not in arrived]:
        raise Refusal(
            f"columns missing: {', '.join(missing)}; send all columns of {contract.table} as docs/feeds.md lists them "
            "(a column without values still has its header)"
        )
    if extra := set(arrived) - {c.name for c in contract.columns}:
        delivery.note(f"{len(extra)} columns that the contract does not know were left out; ask for them to be added")


def _open(delivery: Delivery) -> io.BufferedIOBase:
    return gzip.open(delivery.path, "rb") if delivery.path.suffix == ".gz" else open(delivery.path, "rb")


class _Text:
    """A stream that insists on UTF-8 and counts quotation marks: an odd number means that one was never closed."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream, self._decoder = stream, codecs.getincrementaldecoder("utf-8")()
        self.quotes, self.closed = 0, False

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._decoder.decode(data, final=not data)
        self.quotes += data.count(b'"')
        return data


def _read_csv(delivery: Delivery, contract: Contract) -> Iterator[pa.RecordBatch]:
    with _open(delivery) as stream:
        header = stream.readline().decode("utf-8-sig")
        names = next(csv.reader([header]), [])
        check_columns(delivery, contract, names)
        body = _Text(stream)
        lines = _Lines(delivery, contract)
        for batch in _csv_batches(body, names, ",", '"', lines):
            yield lines.numbered(batch)
        if body.quotes % 2 and lines.has_line_break:
            raise Refusal(
                "a quotation mark is never closed and swallows the lines below it; "
                "double every quotation mark inside a field"
            )
        yield from lines.malformed()


def _read_json_lines(delivery: Delivery, contract: Contract) -> Iterator[pa.RecordBatch]:
    lines = _Lines(delivery, contract, first_line=1)
    with _open(delivery) as stream:
        for batch in _csv_batches(_Text(stream), ["raw_text"], _NOT_IN_JSON, False, lines):
            yield lines.numbered(batch)
    yield from lines.malformed()


def _csv_batches(
    stream: _Text, names: list[str], delimiter: str, quote: str | bool, lines: _Lines
) -> Iterator[pa.RecordBatch]:
    first = stream.read(1)
    if not first:
        return
    source = pa.PythonFile(_Pushed(first, stream), mode="r")
    yield from pacsv.open_csv(
        source,
        pacsv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, column_names=names),
        pacsv.ParseOptions(
            delimiter=delimiter,
            quote_char=quote,
            newlines_in_values=bool(quote),
            ignore_empty_lines=False,
            invalid_row_handler=lines.on_malformed,
        ),
        pacsv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


class _Pushed:
    """A stream with its first bytes put back."""

    def __init__(self, first: bytes, stream: _Text) -> None:
        self._first, self._stream, self.closed = first, stream, False

    def read(self, size: int = -1) -> bytes:
        first, self._first = self._first, b""
        return first + self._stream.read(max(size - len(first), 0) if size >= 0 else -1)

    def close(self) -> None:
        self.closed = True


class _Lines:
    """Gives every record the number of the line it starts on, counting lines that are broken or hold line breaks."""

    def __init__(self, delivery: Delivery, contract: Contract, first_line: int = 2) -> None:
        self._delivery, self._schema, self._first_line = delivery, text_schema(contract), first_line
        self._broken: dict[int, str] = {}  # ordinal of the record (from 0) -> its text
        self._next = 0
        self._break_at, self._break_count = [], []  # records that span several lines
        self.has_line_break = False

    def on_malformed(self, row: pacsv.InvalidRow) -> str:
        self._broken[row.number - 1] = row.text
        if "\n" in row.text:
            self._break_at.append(row.number - 1)
            self._break_count.append(row.text.count("\n"))
            self.has_line_break = True
        return "skip" if len(self._broken) <= _MAX_MALFORMED else "error"

    def numbered(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        candidates = np.arange(self._next, self._next + batch.num_rows + len(self._broken))
        ordinals = candidates[~np.isin(candidates, list(self._broken))][: batch.num_rows]
        if batch.num_rows:
            self._next = int(ordinals[-1]) + 1
        breaks = np.zeros(batch.num_rows, dtype=np.int64)
        for column in batch.columns:
            breaks += pc.fill_null(pc.count_substring(column, "\n"), 0).to_numpy(zero_copy_only=False)
        spanning = np.flatnonzero(breaks)
        self.has_line_break |= bool(len(spanning))
        self._break_at += ordinals[spanning].tolist()
        self._break_count += breaks[spanning].tolist()
        by_name = dict(zip(batch.schema.names, batch.columns, strict=True))
        return _batch(self._schema, self._delivery, self._line_of(ordinals), by_name)

    def malformed(self) -> Iterator[pa.RecordBatch]:
        if self._broken:
            ordinals = np.array(sorted(self._broken))
            texts = [self._broken[n] for n in ordinals.tolist()]
            columns = {"malformed": pa.array(["malformed_line"] * len(texts)), "raw_text": pa.array(texts, pa.string())}
            yield _batch(self._schema, self._delivery, self._line_of(ordinals), columns)

    def _line_of(self, ordinals: np.ndarray) -> np.ndarray:
        lines = ordinals + self._first_line
        if self._break_at:
            order = np.argsort(self._break_at, kind="stable")
            at, extra = np.array(self._break_at)[order], np.cumsum(np.array(self._break_count)[order])
            before = np.searchsorted(at, ordinals, side="left")
            lines = lines + np.where(before > 0, extra[np.maximum(before - 1, 0)], 0)
        return lines


def _batch(schema: pa.Schema, delivery: Delivery, row_numbers: np.ndarray, columns: dict) -> pa.RecordBatch:
    n = len(row_numbers)
    columns = {
        "delivery_no": pa.array(np.full(n, delivery.number, dtype=np.int32)),
        "row_no": pa.array(row_numbers, pa.int64()),
        **columns,
    }
    return pa.RecordBatch.from_arrays([columns.get(f.name, pa.nulls(n, f.type)) for f in schema], schema=schema)


def _read_parquet(delivery: Delivery, contract: Contract) -> Iterator[pa.RecordBatch]:
    schema = text_schema(contract)
    with duckdb.connect(":memory:") as con:
        con.execute("SET threads = 1")
        rows = con.read_parquet(str(delivery.path), file_row_number=True)
        types = {name: str(kind) for name, kind in zip(rows.columns, rows.types, strict=True)}
        check_columns(delivery, contract, [name for name in types if name != "file_row_number"])
        present = [c.name for c in contract.columns if c.name in types]
        texts = ", ".join(f'{_as_text(name, types[name], contract.zone)} AS "{name}"' for name in present)
        selected = rows.select(f"{delivery.number}::INTEGER AS delivery_no, file_row_number + 1 AS row_no, {texts}")
        for batch in selected.to_arrow_reader(_ROWS):
            n, by_name = batch.num_rows, dict(zip(batch.schema.names, batch.columns, strict=True))
            columns = [by_name[f.name].cast(f.type) if f.name in by_name else pa.nulls(n, f.type) for f in schema]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _as_text(name: str, kind: str, zone: str) -> str:
    if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")):
        return f'CAST(to_json("{name}") AS VARCHAR)'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(timezone('{zone}', \"{name}\") AS VARCHAR)"
    return f"nullif(CAST(\"{name}\" AS VARCHAR), '')"
