"""Results as Parquet, with the meaning of each column in its metadata."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import duckdb

from cartwright.warehouse.export.dictionary import Described
from cartwright.warehouse.export.rows import PORTION, distinct, names_of


def write_parquet(
    cursor: duckdb.DuckDBPyConnection, out: BinaryIO, columns: Sequence[Described], about: Sequence[tuple[str, str]]
) -> int:
    """Returns the number of rows. `description` of a field is its comment. Raises NotWritable for equal names."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    distinct(names_of(cursor))
    reader = cursor.to_arrow_reader(PORTION)
    fields = [
        each.with_metadata({"description": column.meaning}) if column.meaning else each
        for each, column in zip(reader.schema, columns, strict=True)
    ]
    schema = pa.schema(fields, metadata={f"cartwright.{name}": text for name, text in about})
    count = 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
            count += batch.num_rows
    return count
