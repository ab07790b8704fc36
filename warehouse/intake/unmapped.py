"""What the maps of a hospital leave out of its FHIR and REDCap exports: counted by file, never dropped in silence.

`quality.unmapped_content` has one row a file and thing: records that fit no map, by resource or instrument, and paths
or fields that hold values and that no map reads. Names are those of a standard or of a data dictionary; one that does
not look like such a name is counted as `(other)`. A file is looked at once for the maps as they are.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from cartwright.warehouse.hospital.definition import Hospital
from cartwright.warehouse.intake.columns import Refusal
from cartwright.warehouse.intake.contracts import Contract
from cartwright.warehouse.intake.landing import Delivery, Entry, claimed_format, entries, shown_name
from cartwright.warehouse.intake.mapped_lines import (
    DOCUMENTS,
    fhir_batches,
    fhir_condition,
    redcap_batches,
    redcap_condition,
)
from cartwright.warehouse.intake.mapped_lists import ownerless_resources, ownerless_rows
from cartwright.warehouse.intake.source_maps import FHIR, REDCAP, MappedList, SourceMap
from cartwright.warehouse.intake.source_path import Where, parse, paths_of
from cartwright.warehouse.one_row import one_row
from cartwright.warehouse.settings import Settings

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}(\.[A-Za-z_][A-Za-z0-9_]{0,59})*")
_NAMING = ("record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")
Found = Counter[tuple[str, str, str]]  # (record | path, resource or instrument, path) -> records


def refresh(con: duckdb.DuckDBPyConnection, settings: Settings, hospital: Hospital) -> int:
    """Look at the export files that were not looked at with these maps. Returns how many there were."""
    contracts = [contract for contract in hospital.contracts().values() if contract.source.maps]
    map_id = hashlib.md5(repr([c.source for c in contracts]).encode(), usedforsecurity=False).hexdigest()[:12]
    for table in ("quality.unmapped_content", "ingest.mapped_file"):
        con.execute(f"DELETE FROM {table} WHERE map_id <> ?", [map_id])
    known = set(con.execute("SELECT path, size_bytes, modified_ns FROM ingest.mapped_file").fetchall())
    looked_at = 0
    for kind in (FHIR, REDCAP):
        own = [contract for contract in contracts if contract.source.kind == kind]
        for entry in entries(settings.feeds / kind) if own else ():
            if entry.day is None or entry.strange or not any(claimed_format(contract, entry.name) for contract in own):
                continue
            found = os.stat(entry.path)
            name = f"{kind}/{entry.day}/{entry.name}"
            if (name, found.st_size, found.st_mtime_ns) in known:
                continue
            _look(con, entry, entry.day, own, kind, map_id, ZoneInfo(hospital.zone))
            con.execute(
                "INSERT INTO ingest.mapped_file VALUES (?, ?, ?, ?)", [name, found.st_size, found.st_mtime_ns, map_id]
            )
            looked_at += 1
    return looked_at


def _look(
    con: duckdb.DuckDBPyConnection,
    entry: Entry,
    day: date,
    contracts: list[Contract],
    kind: str,
    map_id: str,
    zone: ZoneInfo,
) -> None:
    maps = [source_map for contract in contracts for source_map in contract.source.maps]
    try:
        found = _of_fhir(entry, contracts[0], maps) if kind == FHIR else _of_redcap(entry, contracts[0], maps)
        ownerless = ownerless_resources if kind == FHIR else ownerless_rows
        for contract in contracts:
            for source, count in ownerless(_as_delivery(entry), contract).items():
                found["record", source, ""] += count
    except (Refusal, UnicodeDecodeError, pa.ArrowException, duckdb.Error, OSError, EOFError):
        return  # the ledger has the refusal of each table that reads the file
    shown = f"{day}/{shown_name(entry.name)}"
    at = datetime.combine(day, time(23), zone)
    rows = [
        (shown, at, what, _shown(source) or None, _shown(path) or None, count, map_id)
        for (what, source, path), count in found.items()
    ]
    if rows:
        con.executemany("INSERT INTO quality.unmapped_content VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _as_delivery(entry: Entry) -> Delivery:
    size = entry.path.stat().st_size
    now = datetime.now(UTC)
    return Delivery(0, "", "", entry.name, "", "", now, path=entry.path, size=size)


def _shown(name: str) -> str:
    return name if not name or _NAME.fullmatch(name) else "(other)"


def _of_fhir(entry: Entry, contract: Contract, maps: list[SourceMap]) -> Found:
    found: Found = Counter()
    sources: list[SourceMap | MappedList] = [*maps, *_lists(maps)]
    read = [_read_paths(source) for source in sources]
    takers = ", ".join(f"coalesce({fhir_condition(source)}, false)" for source in sources)
    for con in fhir_batches(_as_delivery(entry), contract):
        for name, taken, structure, count in con.sql(f"""
            SELECT coalesce(json_extract_string(document, '$.resourceType'), ''), [{takers}] AS taken,
                   CASE WHEN list_bool_or(taken) THEN CAST(json_structure(document) AS VARCHAR) END, count(*)
            FROM {DOCUMENTS} WHERE document IS NOT NULL GROUP BY ALL""").fetchall():
            if not any(taken):
                found["record", name or "(other)", ""] += count
                continue
            known = {("resourceType",)}.union(*(paths for paths, takes in zip(read, taken, strict=True) if takes))
            for path in _leaves(json.loads(structure), ()):
                if path not in known:
                    found["path", name, ".".join(path)] += count
    return found


def _read_paths(source: SourceMap | MappedList) -> set[tuple[str, ...]]:
    """The paths whose values a map, or a list of it, reads or compares."""
    if isinstance(source, MappedList):
        return {*_paths(_texts(source)), ("id",)}
    return set(_paths([*_texts(source), *(each.names or "" for each in source.lists.values())]))


def _texts(source: SourceMap | MappedList) -> list[str]:
    return [*(value.path for value in source.columns.values()), source.where or ""]


def _paths(texts: list[str]) -> Iterator[tuple[str, ...]]:
    for path in (path for text in texts if text for path in paths_of(parse(text))):
        before: tuple[str, ...] = ()
        for step in path.steps:
            if isinstance(step, Where):
                yield from (before + names for names, _ in step.conditions)
            else:
                before += (step,)
        yield before


def _lists(maps: list[SourceMap]) -> list[MappedList]:
    return [each for source_map in maps for each in source_map.lists.values()]


def _leaves(structure: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(structure, dict):
        for name, inner in structure.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(structure, list):
        for inner in structure[:1]:
            yield from _leaves(inner, path)
    elif structure != "NULL":
        yield path


def _of_redcap(entry: Entry, contract: Contract, maps: list[SourceMap]) -> Found:
    found: Found = Counter()
    sources: list[SourceMap | MappedList] = [*maps, *_lists(maps)]
    read = {path.names[0] for s in sources for value in s.columns.values() for path in paths_of(value.expression)}
    read |= {each.of for each in _lists(maps) if each.of}
    for con, header in redcap_batches(_as_delivery(entry), contract):
        left = [n for n in header if n not in read and n not in _NAMING and not n.endswith("_complete")]
        if left:
            columns = ", ".join(f'count("f_{name}")' for name in left)
            counts = one_row(con.sql(f"SELECT {columns} FROM arrived"))
            for name, count in zip(left, counts, strict=True):
                found["path", "", name] += count
        taken = " OR ".join(f"coalesce({redcap_condition(s, header)}, false)" for s in sources)
        repeat = "f_redcap_repeat_instrument" if "redcap_repeat_instrument" in header else "NULL"
        for name, count in con.sql(
            f"SELECT coalesce({repeat}, ''), count(*) FROM arrived WHERE NOT ({taken}) GROUP BY ALL"
        ).fetchall():
            found["record", name, ""] += count
    return +found
