"""CSV files, plain or gzip: RFC 4180, UTF-8, commas, a header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from cartwright.warehouse.intake.columns import Refusal, check_columns
from cartwright.warehouse.intake.contracts import EMPTY_WORDS, Contract
from cartwright.warehouse.intake.landing import Delivery
from cartwright.warehouse.intake.lines import Lines, Text, batches, open_lines
from cartwright.warehouse.intake.quotation import Quotation
from cartwright.warehouse.intake.texts import trimmed

_HEADER_BYTES = 1 << 16


def read_csv(delivery: Delivery, contract: Contract) -> Iterator[pa.RecordBatch]:
    """The records of the file; those that cannot be told from their neighbours are marked in `malformed`."""
    with open_lines(delivery) as stream:
        names = _header(stream, delivery, contract)
        quotation, lines = Quotation(contract, names), Lines(delivery, contract)
        for batch in batches(Text(stream, delivery, quotation.feed), names, ",", '"', lines, EMPTY_WORDS):
            yield _marked(lines.numbered(batch), quotation, contract, names)
        yield from lines.malformed()


def _header(stream: io.BufferedIOBase, delivery: Delivery, contract: Contract) -> list[str]:
    """The names of the columns; those that the contract does not know get a place instead."""
    line = stream.readline(_HEADER_BYTES).decode("utf-8-sig")
    if len(line) >= _HEADER_BYTES or "\0" in line:
        raise Refusal("the first line is no header, or the file is not UTF-8; send the header line first, in UTF-8")
    if "\r" in line.rstrip("\r\n"):
        raise Refusal("the lines end with carriage returns only; end them with line feeds")
    arrived = contract.contract_names(next(csv.reader([line]), []))
    check_columns(delivery, contract, arrived)
    known = {c.name for c in contract.columns}
    return [name if name in known else f"column {place}" for place, name in enumerate(arrived)]


def _marked(batch: pa.RecordBatch, quotation: Quotation, contract: Contract, names: list[str]) -> pa.RecordBatch:
    """Mark the records with a stray quotation mark, and a header that stands among them."""
    marks: dict[int, str] = {}
    if quotation.stray:
        is_stray = pc.is_in(batch["row_no"], value_set=pa.array(sorted(quotation.stray), pa.int64()))
        marks |= dict.fromkeys(pc.indices_nonzero(is_stray).to_pylist(), "stray_quotation_mark")
    is_name = pc.is_in(batch[contract.key[0]], value_set=pa.array([c.sent for c in contract.columns]))
    for row in pc.indices_nonzero(pc.fill_null(is_name, False)).to_pylist():
        if _is_header(batch, row, names, contract):
            marks[row] = "repeated_header"
    columns = [trimmed(column) if pa.types.is_string(column.type) else column for column in batch.columns]
    if marks:
        malformed = [marks.get(row) for row in range(batch.num_rows)]
        columns[batch.schema.get_field_index("malformed")] = pa.array(malformed, pa.string())
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _is_header(batch: pa.RecordBatch, row: int, names: list[str], contract: Contract) -> bool:
    """Whether the record is the header again. Refuses a header in another order: what follows stands below it."""
    known = [name for name in names if name in batch.schema.names]
    values = contract.contract_names([batch[name][row].as_py() or "" for name in known])
    if values == known:
        return True
    if len(set(values).intersection(known)) * 2 > len(known):
        line = batch["row_no"][row].as_py()
        raise Refusal(f"a second header with its columns in another order stands on line {line}; send two files")
    return False
