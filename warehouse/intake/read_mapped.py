"""Exports in other shapes, read by the maps of the hospital: FHIR R4 as NDJSON, REDCap as flat CSV.

A line becomes a record of every map that it fits. What fits none is counted by warehouse.unmapped, never read here.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator

import duckdb
import pyarrow as pa
from cartwright.warehouse.intake.columns import Refusal, text_schema
from cartwright.warehouse.intake.contracts import EMPTY_WORDS, Column, Contract
from cartwright.warehouse.intake.landing import Delivery
from cartwright.warehouse.intake.lines import Lines, Text, batches, open_lines
from cartwright.warehouse.intake.quotation import Quotation
from cartwright.warehouse.intake.source_maps import MappedValue, SourceMap
from cartwright.warehouse.intake.source_path import Path, json_texts_sql, parse, paths_of, value_sql
from cartwright.warehouse.intake.texts import tidy
from cartwright.warehouse.store_tables import quoted

_NOT_IN_JSON = "\x1f"  # control characters are not allowed inside JSON text
# A line can be a record of several maps of one table; each has numbers of its own, which end in the number of the line.
MAP_STRIDE = 1 << 40
_INSTANT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})"
_HEADER_BYTES = 1 << 20


def read_fhir(delivery: Delivery, contract: Contract) -> Iterator[pa.RecordBatch]:
    """The records of the resources that the contract's maps name. What is no JSON object is a broken record of the
    table that answers for the resource."""
    schema, lines = text_schema(contract), Lines(delivery, contract, first_line=1)
    takes_broken = any(source_map.takes_broken for source_map in contract.source.maps)
    for con in fhir_batches(delivery, contract, lines):
        for number, source_map in enumerate(contract.source.maps):
            yield from _tidied(con.sql(_fhir_select(source_map, number, contract)), schema)
        if takes_broken:
            broken = f"SELECT delivery_no, row_no, 'malformed_json' AS malformed, raw_text FROM {DOCUMENTS}"
            yield from _tidied(con.sql(f"{broken} WHERE document IS NULL"), schema)
    if takes_broken:
        yield from lines.malformed()


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


def fhir_condition(source_map: SourceMap) -> str:
    """SQL: `document` is a resource that the map takes."""
    is_resource = f"json_extract_string(document, '$.resourceType') = {quoted(source_map.resource or '')}"
    if not source_map.where:
        return is_resource
    found = [f"len({json_texts_sql(path, 'document')}) > 0" for path in paths_of(parse(source_map.where))]
    return f"{is_resource} AND ({' OR '.join(found)})"


def _fhir_select(source_map: SourceMap, number: int, contract: Contract) -> str:
    columns = _columns_sql(source_map, contract, lambda path: json_texts_sql(path, "document"))
    return f"""
        SELECT delivery_no, row_no + {number * MAP_STRIDE} AS row_no, NULL::VARCHAR AS malformed, raw_text, {columns}
        FROM {DOCUMENTS} WHERE document IS NOT NULL AND {fhir_condition(source_map)}"""


def read_redcap(delivery: Delivery, contract: Contract) -> Iterator[pa.RecordBatch]:
    """The records of the instruments that the contract's maps name; none when the export holds none of their fields."""
    schema, lines = text_schema(contract), Lines(delivery, contract)
    stray: set[int] = set()
    maps = list(enumerate(contract.source.maps))
    for con, header in redcap_batches(delivery, contract, lines, stray):
        for number, source_map in maps:
            if _has_fields(source_map, header):
                select = _redcap_select(source_map, number, contract, header, stray)
                yield from _tidied(con.sql(select), schema)
    if any(source_map.takes_broken for _, source_map in maps):
        yield from lines.malformed()


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


def redcap_condition(source_map: SourceMap, header: list[str]) -> str:
    """SQL: a row of the export `arrived` belongs to the map."""
    own = [f'"f_{name}"' for name in fields_of(source_map) if name in header]
    filled = f"coalesce({', '.join(own)}) IS NOT NULL" if own else "false"
    repeat = "redcap_repeat_instrument"
    if repeat in header:
        is_own = f"f_{repeat} = {quoted(source_map.instrument or '')}"
        filled = f"CASE WHEN f_{repeat} IS NULL THEN {filled} ELSE {is_own} END"
    if source_map.event and "redcap_event_name" in header:
        filled = f"f_redcap_event_name = {quoted(source_map.event)} AND {filled}"
    return filled


def fields_of(source_map: SourceMap) -> list[str]:
    """The fields of the instrument that a map reads: those that say something, not those that name the row."""
    paths = [path.names[0] for value in source_map.columns.values() for path in paths_of(value.expression)]
    return [name for name in dict.fromkeys(paths) if name != "record_id" and not name.startswith("redcap_")]


def _has_fields(source_map: SourceMap, header: list[str]) -> bool:
    fields = fields_of(source_map)
    missing = [name for name in fields if name not in header]
    if missing and len(missing) < len(fields):
        raise Refusal(
            f"fields of the instrument {source_map.instrument} missing: {', '.join(missing)}; export all its fields"
        )
    return not missing


def _redcap_select(source_map: SourceMap, number: int, contract: Contract, header: list[str], stray: set[int]) -> str:
    def texts(path: Path) -> str:
        name = path.names[0]
        return f'list_filter(["f_{name}"], lambda t: t IS NOT NULL)' if name in header else "[]::VARCHAR[]"

    columns = _columns_sql(source_map, contract, texts)
    row = ", ".join(f'"{name}" := "f_{name}"' for name in header)
    marked = f"row_no IN ({', '.join(map(str, sorted(stray)))})" if stray else "false"
    return f"""
        SELECT delivery_no, row_no + {number * MAP_STRIDE} AS row_no,
               CASE WHEN {marked} THEN 'stray_quotation_mark' END AS malformed,
               CAST(to_json(struct_pack({row})) AS VARCHAR) AS raw_text, {columns}
        FROM arrived WHERE {redcap_condition(source_map, header)}"""


def _columns_sql(source_map: SourceMap, contract: Contract, texts: Callable[[Path], str]) -> str:
    """SQL of every column of the contract; `texts`: SQL of all texts that a path leads to."""
    found = []
    for column in contract.columns:
        value = source_map.columns.get(column.name)
        lists = {path: texts(path) for path in paths_of(value.expression)} if value else {}
        found.append(f'{_mapped(column, source_map, contract, lists)} AS "{column.name}"')
    return ", ".join(found)


def _mapped(column: Column, source_map: SourceMap, contract: Contract, text_lists: dict[Path, str]) -> str:
    """SQL of the text of a column: a constant, or what stands at its path, in the form that the contract wants."""
    if column.name in source_map.constants:
        return quoted(source_map.constants[column.name])
    value = source_map.columns.get(column.name)
    if value is None:
        return "NULL::VARCHAR"
    text = value_sql(value.expression, text_lists)
    if any(path.names[-1] == "reference" for path in text_lists):
        text = f"regexp_extract(regexp_replace({text}, '/_history/.*$', ''), '([^/:]+)$', 1)"
    return _coded(value, _dated(column, text, contract.zone))


def _dated(column: Column, text: str, zone: str) -> str:
    """An instant with an offset is the hospital's wall clock, or its day."""
    if column.type not in ("timestamp", "date", "partial_date"):
        return text
    local = f"timezone({quoted(zone)}, TRY_CAST({text} AS TIMESTAMPTZ))"
    form = "%Y-%m-%d %H:%M:%S.%f" if column.type == "timestamp" else "%Y-%m-%d"
    own = f"coalesce(strftime({local}, '{form}'), {text})"
    return f"CASE WHEN regexp_full_match({text}, '{_INSTANT}') THEN {own} ELSE {text} END"


def _coded(value: MappedValue, text: str) -> str:
    if not value.codes and value.other is None:
        return text
    whens = " ".join(f"WHEN {quoted(sent)} THEN {quoted(code)}" for sent, code in value.codes.items())
    other = text if value.other is None else quoted(value.other)
    return f"CASE {text} {whens} ELSE {other} END" if whens else other


def _tidied(relation: duckdb.DuckDBPyRelation, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    head = len(schema) - len([f for f in schema if f.name not in ("delivery_no", "row_no", "malformed", "raw_text")])
    for batch in relation.to_arrow_table().combine_chunks().to_batches():
        found = dict(zip(batch.schema.names, batch.columns, strict=True))
        columns = [found[f.name].cast(f.type) if f.name in found else pa.nulls(batch.num_rows, f.type) for f in schema]
        yield pa.RecordBatch.from_arrays([*columns[:head], *map(tidy, columns[head:])], schema=schema)


def _database() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("SET threads = 1; SET TimeZone = 'UTC'")
    return con
