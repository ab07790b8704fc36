"""Lists of mapped records: elements that are resources (FHIR) or rows (REDCap) of their own, put to their record.

For each list of a map a table is made beside a batch of lines: `list_text`, the list as JSON text or what is wrong with
it, and `elements`, everything that was found, by the line of the record (`row_no`). A record without a line in it has
an empty list: the map says where all its elements are.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

from cartwright.warehouse.intake.columns import Refusal
from cartwright.warehouse.intake.contracts import Column, Contract
from cartwright.warehouse.intake.landing import Delivery, holds_resource
from cartwright.warehouse.intake.mapped_lines import (
    DOCUMENTS,
    fhir_batches,
    fhir_condition,
    redcap_batches,
    redcap_condition,
)
from cartwright.warehouse.intake.mapped_values import Texts, in_document, in_row, mapped_sql, referred_id_sql
from cartwright.warehouse.intake.source_maps import MappedList, SourceMap
from cartwright.warehouse.intake.source_path import parse, paths_of
from cartwright.warehouse.one_row import one_row
from cartwright.warehouse.store_tables import quoted

_REASON = "chr(2)"  # before the reason why a list cannot be put together (validate.py)
Key = tuple[int, str]  # number of the map, column


class FhirLists:
    """Elements among the resources of all files of a bulk export, by the references that name them."""

    def __init__(self, delivery: Delivery, contract: Contract) -> None:
        self._elements: dict[Key, pa.Table] = {}
        for key, each in lists_of(contract).items():
            self._elements[key] = _put_together(_resources(delivery, contract, key[1], each))

    def tables(self, con: duckdb.DuckDBPyConnection, number: int, source_map: SourceMap) -> dict[str, str]:
        """Make the tables of a map for the batch of `con`; their names by column."""
        made = {}
        for name, each in source_map.lists.items():
            con.register("element", self._elements[number, name])
            made[name] = f"list_{number}_{name}"
            con.execute(f"CREATE OR REPLACE TEMP TABLE {made[name]} AS {_referred(source_map, each)}")
        return made


def _resources(delivery: Delivery, contract: Contract, column: str, each: MappedList) -> Iterator[pa.Table]:
    """(id, element) of every resource of the list's kind; without an element when it is none of the list."""
    packed = _packed(contract, column, each, in_document)
    select = f"""
        SELECT json_extract_string(document, '$.id') AS id,
               CASE WHEN {fhir_condition(each)} THEN {packed} END AS element
        FROM {DOCUMENTS} WHERE json_extract_string(document, '$.resourceType') = {quoted(each.resource or "")}"""
    for beside in files_of(delivery, each.resource or ""):
        try:
            for con in fhir_batches(beside, contract):
                yield con.sql(select).to_arrow_table()
        except (UnicodeDecodeError, pa.ArrowException, duckdb.Error, OSError, EOFError):
            raise Refusal(f"a file of {each.resource} beside it cannot be read; send the export again") from None


def files_of(delivery: Delivery, resource: str) -> list[Delivery]:
    """The files of the same export that hold a resource."""
    folder = delivery.file.parent
    names = sorted(name for name in os.listdir(folder) if holds_resource(name, resource))
    return [replace(delivery, path=folder / name, size=_size(folder / name)) for name in names]


def _size(path: Path) -> int:
    return path.stat().st_size


def _referred(source_map: SourceMap, each: MappedList) -> str:
    """SQL of the list of every record of the batch. A resource that comes twice, and differs, is no single value."""
    return f"""
        WITH said AS (SELECT row_no, {referred_ids_sql(each)} AS found FROM {DOCUMENTS}
                      WHERE document IS NOT NULL AND {fhir_condition(source_map)}),
        own AS (SELECT row_no, unnest(found) AS id, generate_subscripts(found, 1) AS place FROM said),
        held AS (SELECT id, count(DISTINCT element) AS contents_count, min(element) AS element FROM element GROUP BY id)
        SELECT row_no,
               CASE WHEN bool_or(held.id IS NULL) THEN {_REASON} || 'missing_element'
                    WHEN max(contents_count) > 1 THEN {_REASON} || 'no_single_value' ELSE {_list_of("place")} END
               AS list_text, {_list_of("place")} AS elements
        FROM own LEFT JOIN held ON held.id = own.id GROUP BY row_no"""


def referred_ids_sql(each: MappedList) -> str:
    """SQL of the ids that a `document` refers to, of the list's resource: Observation/7, or urn:uuid:7."""
    references = f"flatten([{', '.join(in_document(path) for path in paths_of(parse(each.names or '')))}])"
    kind = "regexp_extract(regexp_replace(r, '/_history/.*$', ''), '([A-Za-z]+)/[^/]+$', 1)"
    own = f"list_filter({references}, lambda r: {kind} IN ('', {quoted(each.resource or '')}))"
    return f"list_transform({own}, lambda r: {referred_id_sql('r')})"


class RedcapLists:
    """Elements among the rows of an export, by record and the field that holds the key of what they belong to."""

    def __init__(self, delivery: Delivery, contract: Contract) -> None:
        self._contract, self._elements = contract, redcap_elements(delivery, contract)

    def tables(
        self, con: duckdb.DuckDBPyConnection, number: int, source_map: SourceMap, header: list[str]
    ) -> dict[str, str]:
        """Make the tables of a map for the batch of `con`; their names by column."""
        made = {}
        for name in source_map.lists:
            con.register("element", self._elements[number, name])
            made[name] = f"list_{number}_{name}"
            con.execute(f"""
                CREATE OR REPLACE TEMP TABLE {made[name]} AS
                SELECT own.row_no,
                       CASE WHEN bool_or(is_stray) THEN {_REASON} || 'stray_quotation_mark'
                            ELSE {_list_of("element.row_no")} END AS list_text,
                       {_list_of("element.row_no")} AS elements
                FROM ({records_sql(self._contract, source_map, header)}) AS own
                JOIN element ON element.record = own.record AND element.owner = own.owner GROUP BY own.row_no""")
        return made


def redcap_elements(delivery: Delivery, contract: Contract) -> dict[Key, pa.Table]:
    """(record, owner, row_no, element, is_stray) of every row of each list."""
    lists = lists_of(contract)
    stray: set[int] = set()
    found: dict[Key, list[pa.Table]] = {key: [] for key in lists}
    for con, header in redcap_batches(delivery, contract, None, stray) if lists else ():
        marked = f"row_no IN ({', '.join(map(str, sorted(stray)))})" if stray else "false"
        for key, each in lists.items():
            if each.of in header:
                found[key].append(
                    con.sql(f"""
                        SELECT f_record_id AS record, "f_{each.of}" AS owner, row_no,
                               {_packed(contract, key[1], each, in_row(header))} AS element, {marked} AS is_stray
                        FROM arrived WHERE {redcap_condition(each, header)}""").to_arrow_table()
                )
    empty = "SELECT '' AS record, '' AS owner, 0::BIGINT AS row_no, '' AS element, false AS is_stray LIMIT 0"
    with duckdb.connect() as con:
        return {key: pa.concat_tables([con.sql(empty).to_arrow_table(), *tables]) for key, tables in found.items()}


def records_sql(contract: Contract, source_map: SourceMap, header: list[str]) -> str:
    """SQL of (row_no, record, owner) of every record of a map in `arrived`; `owner` is its key."""
    (key,) = contract.key
    column = next(c for c in contract.columns if c.name == key)
    own_key = mapped_sql(column, source_map.columns[key], contract.zone, in_row(header))
    condition = redcap_condition(source_map, header)
    return f"SELECT row_no, f_record_id AS record, {own_key} AS owner FROM arrived WHERE {condition}"


def ownerless_resources(delivery: Delivery, contract: Contract) -> Counter[str]:
    """Elements of an export that no record names, by resource: counted with the first file of the records."""
    found: Counter[str] = Counter()
    for (number, name), each in lists_of(contract).items():
        source_map = contract.source.maps[number]
        records = files_of(delivery, source_map.source)
        if not records or records[0].file != delivery.file:
            continue
        select = f"""
            SELECT unnest({referred_ids_sql(each)}) AS id FROM {DOCUMENTS}
            WHERE document IS NOT NULL AND {fhir_condition(source_map)}"""
        named = _put_together(con.sql(select).to_arrow_table() for f in records for con in fhir_batches(f, contract))
        elements = _put_together(_resources(delivery, contract, name, each))
        found[each.source] += _count(elements, named, "element IS NOT NULL", "elements.id = named.id")
    return +found


def ownerless_rows(delivery: Delivery, contract: Contract) -> Counter[str]:
    """Rows of an export that belong to a list of no record, by instrument."""
    found: Counter[str] = Counter()
    for (number, name), elements in redcap_elements(delivery, contract).items():
        source_map = contract.source.maps[number]
        named = [
            con.sql(records_sql(contract, source_map, header)).to_arrow_table()
            for con, header in redcap_batches(delivery, contract)
        ]
        same = "elements.record = named.record AND elements.owner = named.owner"
        if named:
            found[source_map.lists[name].source] += _count(elements, pa.concat_tables(named), "true", same)
    return +found


def _count(elements: pa.Table, named: pa.Table, condition: str, same: str) -> int:
    with duckdb.connect() as con:
        con.register("elements", elements)
        con.register("named", named)
        query = f"SELECT count(*) FROM elements ANTI JOIN named ON {same} WHERE {condition}"
        return one_row(con.execute(query))[0]


def lists_of(contract: Contract) -> dict[Key, MappedList]:
    """Every list of the contract's maps."""
    maps = enumerate(contract.source.maps)
    return {(number, name): each for number, source_map in maps for name, each in source_map.lists.items()}


def _packed(contract: Contract, column: str, each: MappedList, texts: Texts) -> str:
    """SQL of an element as JSON text."""
    fields: list[Column] = next(c.fields for c in contract.columns if c.name == column)
    values = [
        f"{quoted(field.name)}, {mapped_sql(field, each.columns[field.name], contract.zone, texts)}"
        for field in fields
        if field.name in each.columns
    ]
    return f"CAST(json_object({', '.join(values)}) AS VARCHAR)"


def _list_of(order: str) -> str:
    return f"'[' || coalesce(string_agg(element, ',' ORDER BY {order}), '') || ']'"


def _put_together(tables: Iterable[pa.Table]) -> pa.Table:
    empty = pa.table({"id": pa.array([], pa.string()), "element": pa.array([], pa.string())})
    return pa.concat_tables([empty, *tables], promote_options="default")
