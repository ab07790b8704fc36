"""Lines of text files: opened, held to UTF-8 and to a size, read in blocks, and numbered as an editor numbers them."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from cartwright.warehouse.intake.columns import Refusal, text_schema
from cartwright.warehouse.intake.contracts import Contract
from cartwright.warehouse.intake.landing import Delivery, open_delivery

_BLOCK_BYTES = 4 << 20
_MAX_MALFORMED = 10_000  # more broken lines than this, and the file is not what its name says
# A compressed file may hold this much, or so many times its own size: laboratory files pack to a tenth, bombs to less
# than a hundredth.
_UNPACKED_BYTES, _UNPACKED_TIMES = 256 << 20, 100


@contextmanager
def open_lines(delivery: Delivery) -> Iterator[io.BufferedIOBase]:
    """The unpacked bytes of the file."""
    with open_delivery(delivery.file) as stream:
        yield gzip.GzipFile(fileobj=stream) if delivery.file.suffix == ".gz" else stream


class Text:
    """A stream that insists on UTF-8, ends what unpacks to too much, and shows every block to `watch`."""

    def __init__(self, stream: io.BufferedIOBase, delivery: Delivery, watch: Callable[[bytes], None] | None = None):
        self._stream, self._watch = stream, watch
        self._decoder, self.closed = codecs.getincrementaldecoder("utf-8")(), False
        self._left = max(_UNPACKED_BYTES, delivery.size * _UNPACKED_TIMES)

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise Refusal(
                f"the file unpacks to more than {_UNPACKED_TIMES} times its size; send it in parts, or uncompressed"
            )
        self._decoder.decode(data, final=not data)
        if self._watch:
            self._watch(data)
        return data


def batches(
    stream: Text, names: list[str], delimiter: str, quote: str | bool, lines: Lines, empty_words: tuple[str, ...] = ()
) -> Iterator[pa.RecordBatch]:
    """Columns `names` of every record as text."""
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
            null_values=["", *empty_words],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


class _Pushed:
    """A stream with its first bytes put back."""

    def __init__(self, first: bytes, stream: Text) -> None:
        self._first, self._stream, self.closed = first, stream, False

    def read(self, size: int = -1) -> bytes:
        first, self._first = self._first, b""
        return first + self._stream.read(max(size - len(first), 0) if size >= 0 else -1)

    def close(self) -> None:
        self.closed = True


class Lines:
    """Gives every record the number of the line it starts on, counting lines that are broken or hold line breaks."""

    def __init__(self, delivery: Delivery, contract: Contract, first_line: int = 2) -> None:
        self._delivery, self._schema, self._first_line = delivery, text_schema(contract), first_line
        self._broken: dict[int, str] = {}  # ordinal of the record (from 0) -> its text
        self._next = 0
        self._break_at: list[int] = []  # records that span several lines
        self._break_count: list[int] = []

    def on_malformed(self, row: pacsv.InvalidRow) -> str:
        self._broken[row.number - 1] = row.text
        if "\n" in row.text:
            self._break_at.append(row.number - 1)
            self._break_count.append(row.text.count("\n"))
        return "skip" if len(self._broken) <= _MAX_MALFORMED else "error"

    def numbered(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with the numbers of its lines."""
        candidates = np.arange(self._next, self._next + batch.num_rows + len(self._broken))
        ordinals = candidates[~np.isin(candidates, list(self._broken))][: batch.num_rows]
        if batch.num_rows:
            self._next = int(ordinals[-1]) + 1
        breaks = np.zeros(batch.num_rows, dtype=np.int64)
        for column in batch.columns:
            breaks += pc.fill_null(pc.count_substring(column, "\n"), 0).to_numpy(zero_copy_only=False)
        spanning = np.flatnonzero(breaks)
        self._break_at += ordinals[spanning].tolist()
        self._break_count += breaks[spanning].tolist()
        by_name = dict(zip(batch.schema.names, batch.columns, strict=True))
        return batch_of(self._schema, self._delivery, self._line_of(ordinals), by_name)

    def malformed(self) -> Iterator[pa.RecordBatch]:
        """The lines that have more or fewer fields than the header."""
        if self._broken:
            ordinals = np.array(sorted(self._broken))
            texts = [self._broken[n] for n in ordinals.tolist()]
            columns = {"malformed": pa.array(["malformed_line"] * len(texts)), "raw_text": pa.array(texts, pa.string())}
            yield batch_of(self._schema, self._delivery, self._line_of(ordinals), columns)

    def _line_of(self, ordinals: np.ndarray) -> np.ndarray:
        lines = ordinals + self._first_line
        if self._break_at:
            order = np.argsort(self._break_at, kind="stable")
            at, extra = np.array(self._break_at)[order], np.cumsum(np.array(self._break_count)[order])
            before = np.searchsorted(at, ordinals, side="left")
            lines = lines + np.where(before > 0, extra[np.maximum(before - 1, 0)], 0)
        return lines


def batch_of(schema: pa.Schema, delivery: Delivery, row_numbers: np.ndarray, columns: dict) -> pa.RecordBatch:
    n = len(row_numbers)
    columns = {
        "delivery_no": pa.array(np.full(n, delivery.number, dtype=np.int32)),
        "row_no": pa.array(row_numbers, pa.int64()),
        **columns,
    }
    return pa.RecordBatch.from_arrays([columns.get(f.name, pa.nulls(n, f.type)) for f in schema], schema=schema)
