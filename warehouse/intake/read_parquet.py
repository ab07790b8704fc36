"""Parquet files, in whatever types they come."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cartwright.warehouse.intake.columns import Refusal, check_columns, text_schema
from cartwright.warehouse.intake.contracts import Contract
from cartwright.warehouse.intake.landing import Delivery, open_delivery
from cartwright.warehouse.intake.lines import batch_of
from cartwright.warehouse.intake.texts import texts

_ROWS = 50_000
# More than this and the file is a bomb: a few bytes that claim a billion equal records.
_MOST_ROWS, _MOST_ROWS_PER_BYTE = 1_000_000, 20
_MOST_BYTES, _MOST_BYTES_PER_BYTE = 1 << 30, 200


def read_parquet(delivery: Delivery, contract: Contract) -> Iterator[pa.RecordBatch]:
    """The records of the file, numbered from 1."""
    schema, start = text_schema(contract), 0
    with open_delivery(delivery.file) as stream, _opened(stream) as file:
        _refuse_bombs(file.metadata, delivery.size)
        check_columns(delivery, contract, contract.contract_names(file.schema_arrow.names))
        sent = {c.sent: c.name for c in contract.columns if c.sent in file.schema_arrow.names and c.constant is None}
        zones = _zones_of_int96(file, list(sent))
        for batch in file.iter_batches(_ROWS, columns=list(sent), use_threads=False):
            columns = {own: _column(batch[name], name, zones.get(name), contract.zone) for name, own in sent.items()}
            numbers = np.arange(start + 1, start + batch.num_rows + 1)
            start += batch.num_rows
            yield batch_of(schema, delivery, numbers, columns)


def _opened(stream: BinaryIO) -> pq.ParquetFile:
    """Where the writer left checksums of its pages, they are verified."""
    return pq.ParquetFile(stream, coerce_int96_timestamp_unit="us", page_checksum_verification=True)


def _column(array: pa.Array, name: str, stored_zone: str | None, zone: str) -> pa.Array:
    if pa.types.is_duration(array.type):
        raise Refusal(f"column {name} holds durations, which the contract has none of; send a number, or text")
    if stored_zone:
        array = array.cast(pa.timestamp(array.type.unit)).cast(pa.timestamp(array.type.unit, stored_zone))
    try:
        return texts(array, zone)
    except pa.ArrowInvalid:
        raise Refusal(f"column {name} holds bytes that are not UTF-8 text; send it as text or as a number") from None


def _zones_of_int96(file: pq.ParquetFile, names: list[str]) -> dict[str, str | None]:
    """For each INT96 column its zone, None for a wall clock.

    INT96 does not say whether it holds a moment (in UTC) or a wall clock. Arrow's writers keep the type that the column
    had beside the data; Spark and Hive write moments (https://github.com/apache/parquet-format, deprecated INT96).
    Whoever else writes it cannot be understood.
    """
    columns = [file.schema.column(place) for place in range(len(file.schema))]
    found = [c.name for c in columns if c.physical_type == "INT96" and c.path in names]
    if not found:
        return {}
    kept = file.metadata.metadata or {}
    if b"ARROW:schema" in kept:
        was = pa.ipc.read_schema(pa.BufferReader(base64.b64decode(kept[b"ARROW:schema"])))
        return {name: "UTC" if was.field(name).type.tz else None for name in found}
    if any(key.startswith(b"org.apache.spark") for key in kept):
        return dict.fromkeys(found, "UTC")
    raise Refusal(
        f"column {', '.join(found)} is an INT96, which does not say whether it is a moment or a wall clock; "
        "write it as TIMESTAMP, or as text"
    )


def _refuse_bombs(metadata: pq.FileMetaData, size: int) -> None:
    unpacked = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    is_long = metadata.num_rows > _MOST_ROWS + _MOST_ROWS_PER_BYTE * size
    if is_long or unpacked > max(_MOST_BYTES, _MOST_BYTES_PER_BYTE * size):
        raise Refusal("the file holds far more than its size can carry; send it in parts, with less compression")
