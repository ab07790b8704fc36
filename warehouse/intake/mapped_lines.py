"""The lines of exports in other shapes, some thousand at a time in a database: what of them fits a map."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import duckdb
import pyarrow as pa

from cartwright.warehouse.intake.columns import Refusal
from cartwright.warehouse.intake.contracts import EMPTY_WORDS, Contract
from cartwright.warehouse.intake.landing import Delivery
from cartwright.warehouse.intake.lines import Lines, Text, batches, open_lines
from cartwright.warehouse.intake.quotation import Quotation
from cartwright.warehouse.intake.source_maps import MappedList, SourceMap
from cartwright.warehouse.intake.source_path import json_texts_sql, parse, paths_of
from cartwright.warehouse.store_tables import quoted

_NOT_IN_JSON = "\x1f"  # control characters are not allowed inside JSON text
_HEADER_BYTES = 1 << 20


def fhir_batches(
    delivery: Delivery, contract: Contract, lines: Lines | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with some thousand lines of the file at a time, as `arrived` (see DOCUMENTS)."""
    lines = lines or Lines(delivery, contract, first_line=1)
    with open_lines(delivery) as stream, _database() as con:
        for batch in batches(Text(stream, delivery), ["raw_text"], _NOT_IN_JSON, False, lines):
            con.register("arrived", pa.Table.from_batches([lines.numbered(batch)]))
            yield con
            con.unregister("arrived")


DOCUMENTS = """(
    SELECT delivery_no, row_no, raw_text, CASE WHEN is_object THEN CAST(raw_text AS JSON) END AS document
    FROM (SELECT *, coalesce(CASE WHEN json_valid(raw_text) THEN json_type(raw_text) = 'OBJECT' END, false) AS is_object
          FROM arrived WHERE trim(raw_text) <> ''))"""


def fhir_condition(source_map: SourceMap | MappedList) -> str:
    """SQL: `document` is a resource that the map, or the list, takes."""
    is_resource = f"json_extract_string(document, '$.resourceType') = {quoted(source_map.resource or '')}"
    if not source_map.where:
        return is_resource
    found = [f"len({json_texts_sql(path, 'document')}) > 0" for path in paths_of(parse(source_map.where))]
    return f"{is_resource} AND ({' OR '.join(found)})"


def redcap_batches(
    delivery: Delivery, contract: Contract, lines: Lines | None = None, stray: set[int] | None = None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[str]]]:
    """A database with some thousand rows of the export at a time, as `arrived`: its fields as f_<name>; and the header.

    `stray` gathers the lines with a quotation mark where none may stand.
    """
    lines = lines or Lines(delivery, contract)
    with open_lines(delivery) as stream, _database() as con:
        header = redcap_header(stream.readline(_HEADER_BYTES))
        names = {value.path: name for m in contract.source.maps for name, value in m.columns.items()}
        quotation = Quotation(contract, [names.get(field, field) for field in header])
        empty = (*EMPTY_WORDS, *contract.source.missing)
        for batch in batches(Text(stream, delivery, quotation.feed), header, ",", '"', lines, empty):
            if stray is not None:
                stray |= quotation.stray
            numbered = lines.numbered(batch)
            own = pa.table({f"f_{name}": column for name, column in zip(header, batch.columns, strict=True)})
            arrived = own.append_column("delivery_no", numbered["delivery_no"])
            con.register("arrived", arrived.append_column("row_no", numbered["row_no"]))
            yield con, header
            con.unregister("arrived")


def redcap_header(line: bytes) -> list[str]:
    """The fields of an export. Raises Refusal when it is none, or names a field twice."""
    text = line.decode("utf-8-sig")
    header = [name.strip() for name in next(csv.reader([text]), [])]
    if len(line) >= _HEADER_BYTES or not header or not all(name.isidentifier() for name in header):
        raise Refusal("the first line is no header of REDCap; export as CSV (raw data), with the field names")
    if len(set(header)) < len(header):
        raise Refusal("the header names a field twice; export again")
    return header


def redcap_condition(source_map: SourceMap | MappedList, header: list[str]) -> str:
    """SQL: a row of the export `arrived` belongs to the map, or to the list."""
    own = [f'"f_{name}"' for name in fields_of(source_map) if name in header]
    filled = f"coalesce({', '.join(own)}) IS NOT NULL" if own else "false"
    repeat = "redcap_repeat_instrument"
    if repeat in header:
        is_own = f"f_{repeat} = {quoted(source_map.instrument or '')}"
        filled = f"CASE WHEN f_{repeat} IS NULL THEN {filled} ELSE {is_own} END"
    if source_map.event and "redcap_event_name" in header:
        filled = f"f_redcap_event_name = {quoted(source_map.event)} AND {filled}"
    return filled


def fields_of(source_map: SourceMap | MappedList) -> list[str]:
    """The fields of the instrument that a map reads: those that say something, not those that name the row."""
    paths = [path.names[0] for value in source_map.columns.values() for path in paths_of(value.expression)]
    return [name for name in dict.fromkeys(paths) if name != "record_id" and not name.startswith("redcap_")]


def _database() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("SET threads = 1; SET TimeZone = 'UTC'")
    return con
