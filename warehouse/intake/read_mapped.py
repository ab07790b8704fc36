"""Exports in other shapes, read by the maps of the hospital: FHIR R4 as NDJSON, REDCap as flat CSV.

A line becomes a record of every map that it fits. What fits none is counted by warehouse.intake.unmapped, never read
here.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from cartwright.warehouse.intake.columns import Refusal, text_schema
from cartwright.warehouse.intake.contracts import Contract, is_missing
from cartwright.warehouse.intake.landing import Delivery
from cartwright.warehouse.intake.lines import Lines
from cartwright.warehouse.intake.mapped_lines import (
    DOCUMENTS,
    fhir_batches,
    fhir_condition,
    fields_of,
    redcap_batches,
    redcap_condition,
)
from cartwright.warehouse.intake.mapped_lists import FhirLists, RedcapLists
from cartwright.warehouse.intake.mapped_values import Texts, in_document, in_row, mapped_sql
from cartwright.warehouse.intake.source_maps import MappedList, SourceMap
from cartwright.warehouse.intake.texts import tidy
from cartwright.warehouse.store_tables import quoted

# A line can be a record of several maps of one table; each has numbers of its own, which end in the number of the line.
MAP_STRIDE = 1 << 40


def read_fhir(delivery: Delivery, contract: Contract) -> Iterator[pa.RecordBatch]:
    """The records of the resources that the contract's maps name. What is no JSON object is a broken record of the
    table that answers for the resource."""
    schema, lines = text_schema(contract), Lines(delivery, contract, first_line=1)
    takes_broken = any(source_map.takes_broken for source_map in contract.source.maps)
    lists = FhirLists(delivery, contract)
    for con in fhir_batches(delivery, contract, lines):
        for number, source_map in enumerate(contract.source.maps):
            listed = lists.tables(con, number, source_map)
            yield from _tidied(con.sql(_fhir_select(source_map, number, contract, listed)), schema)
        if takes_broken:
            broken = f"SELECT delivery_no, row_no, 'malformed_json' AS malformed, raw_text FROM {DOCUMENTS}"
            yield from _tidied(con.sql(f"{broken} WHERE document IS NULL"), schema)
    if takes_broken:
        yield from lines.malformed()


def _fhir_select(source_map: SourceMap, number: int, contract: Contract, listed: dict[str, str]) -> str:
    raw_text = _with_lists("raw_text", listed)
    return f"""
        SELECT delivery_no, row_no + {number * MAP_STRIDE} AS row_no, NULL::VARCHAR AS malformed,
               {raw_text} AS raw_text, {_columns_sql(source_map, contract, in_document, listed)}
        FROM {DOCUMENTS} {_joined(listed)} WHERE document IS NOT NULL AND {fhir_condition(source_map)}"""


def read_redcap(delivery: Delivery, contract: Contract) -> Iterator[pa.RecordBatch]:
    """The records of the instruments that the contract's maps name; none when the export holds none of their fields."""
    schema, lines = text_schema(contract), Lines(delivery, contract)
    stray: set[int] = set()
    maps = list(enumerate(contract.source.maps))
    lists = RedcapLists(delivery, contract)
    for con, header in redcap_batches(delivery, contract, lines, stray):
        for number, source_map in maps:
            if _has_fields(source_map, header):
                listed = lists.tables(con, number, source_map, header)
                select = _redcap_select(source_map, number, contract, header, stray, listed)
                yield from _tidied(con.sql(select), schema)
    if any(source_map.takes_broken for _, source_map in maps):
        yield from lines.malformed()


def _has_fields(source_map: SourceMap, header: list[str]) -> bool:
    missing = _missing(source_map, header)
    if missing and len(missing) < len(fields_of(source_map)):
        raise _lacking(source_map, missing)
    if not missing:
        for each in source_map.lists.values():
            if missing_of_list := _missing(each, header):
                raise _lacking(each, missing_of_list)
    return not missing


def _missing(source: SourceMap | MappedList, header: list[str]) -> list[str]:
    return [name for name in fields_of(source) if name not in header]


def _lacking(source: SourceMap | MappedList, missing: list[str]) -> Refusal:
    return Refusal(f"fields of the instrument {source.source} missing: {', '.join(missing)}; export all its fields")


def _redcap_select(
    source_map: SourceMap, number: int, contract: Contract, header: list[str], stray: set[int], listed: dict[str, str]
) -> str:
    row = ", ".join(f'"{name}" := "f_{name}"' for name in header)
    raw_text = _with_lists(f"CAST(to_json(struct_pack({row})) AS VARCHAR)", listed)
    marked = f"row_no IN ({', '.join(map(str, sorted(stray)))})" if stray else "false"
    return f"""
        SELECT delivery_no, row_no + {number * MAP_STRIDE} AS row_no,
               CASE WHEN {marked} THEN 'stray_quotation_mark' END AS malformed,
               {raw_text} AS raw_text, {_columns_sql(source_map, contract, in_row(header), listed)}
        FROM arrived {_joined(listed)} WHERE {redcap_condition(source_map, header)}"""


def _joined(listed: dict[str, str]) -> str:
    return " ".join(f"LEFT JOIN {table} USING (row_no)" for table in listed.values())


def _with_lists(raw_text: str, listed: dict[str, str]) -> str:
    """A record that is put aside keeps the elements of its lists, which stand in lines of their own."""
    texts = "".join(f", {table}.elements" for table in listed.values())
    return f"concat_ws(chr(10), {raw_text}{texts})" if listed else raw_text


def _columns_sql(source_map: SourceMap, contract: Contract, texts: Texts, listed: dict[str, str]) -> str:
    """SQL of every column of the contract."""
    found = []
    for column in contract.columns:
        if column.name in source_map.constants:
            constant = source_map.constants[column.name]
            text = "CAST(NULL AS VARCHAR)" if is_missing(constant) else quoted(constant)
        elif column.name in listed:
            text = f"coalesce({listed[column.name]}.list_text, '[]')"
        elif column.name in source_map.columns:
            text = mapped_sql(column, source_map.columns[column.name], contract.zone, texts)
        else:
            text = "NULL::VARCHAR"
        found.append(f'{text} AS "{column.name}"')
    return ", ".join(found)


def _tidied(relation: duckdb.DuckDBPyRelation, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    head = len(schema) - len([f for f in schema if f.name not in ("delivery_no", "row_no", "malformed", "raw_text")])
    for batch in relation.to_arrow_table().combine_chunks().to_batches():
        found = dict(zip(batch.schema.names, batch.columns, strict=True))
        columns = [found[f.name].cast(f.type) if f.name in found else pa.nulls(batch.num_rows, f.type) for f in schema]
        yield pa.RecordBatch.from_arrays([*columns[:head], *map(tidy, columns[head:])], schema=schema)
