"""JSON Lines, plain or gzip: one object on each line (RFC 8259), taken apart by the database."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from cartwright.warehouse.intake.columns import check_columns, text_schema
from cartwright.warehouse.intake.contracts import Contract
from cartwright.warehouse.intake.landing import Delivery
from cartwright.warehouse.intake.lines import Lines, Text, batches, open_lines
from cartwright.warehouse.intake.texts import tidy
from cartwright.warehouse.store_tables import quoted

_NOT_IN_JSON = "\x1f"  # control characters are not allowed inside JSON text
_TOO_SMALL = r":\s*-?(\d[\d.]*[eE]-\d{3,}|0\.0{300})"  # a number that the database would silently read as 0


def read_json_lines(delivery: Delivery, contract: Contract) -> Iterator[pa.RecordBatch]:
    """The records of the file. Raises Refusal at its end when a key that must be filled came in no object."""
    schema, lines, keys = text_schema(contract), Lines(delivery, contract, first_line=1), set()
    with open_lines(delivery) as stream, duckdb.connect() as con:
        con.execute("SET threads = 1")
        for batch in batches(Text(stream, delivery), ["raw_text"], _NOT_IN_JSON, False, lines):
            con.register("arrived", pa.Table.from_batches([lines.numbered(batch)]))
            for apart in con.sql(_take_apart(contract)).to_arrow_table().combine_chunks().to_batches():
                keys.update(pc.list_flatten(apart["keys"]).unique().to_pylist())
                columns = [apart[f.name].cast(f.type) for f in schema]
                head = len(schema) - len(contract.columns)
                yield pa.RecordBatch.from_arrays([*columns[:head], *map(tidy, columns[head:])], schema=schema)
            con.unregister("arrived")
    yield from lines.malformed()
    if keys:
        # An object may leave a key out; but a key that must be filled and comes in no object is a missing column.
        left_out = {c.name for c in contract.columns if not c.required and c.constant is None}
        check_columns(delivery, contract, sorted(left_out | set(contract.contract_names(sorted(keys)))))


def _take_apart(contract: Contract) -> str:
    names = [c.name for c in contract.columns]
    paths = ", ".join(quoted(f'$."{c.sent}"') for c in contract.columns)
    columns = ", ".join(f'parts[{place}] AS "{name}"' for place, name in enumerate(names, start=1))
    return f"""
        SELECT delivery_no, row_no, raw_text, keys, {columns},
               CASE WHEN parts IS NULL THEN 'malformed_json'
                    WHEN len(keys) <> len(list_distinct(keys)) THEN 'key_twice'
                    WHEN regexp_matches(raw_text, '{_TOO_SMALL}') THEN 'out_of_range' END AS malformed
        FROM (SELECT *, CASE WHEN is_object THEN json_extract_string(raw_text, [{paths}]) END AS parts,
                     CASE WHEN is_object THEN json_keys(raw_text) END AS keys
              FROM (SELECT *, coalesce(CASE WHEN json_valid(raw_text) THEN json_type(raw_text) = 'OBJECT' END, false)
                              AS is_object
                    FROM arrived WHERE trim(raw_text) <> ''))"""
