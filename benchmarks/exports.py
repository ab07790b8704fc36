"""The demonstration hospital written out as FHIR and as REDCap, and read in again: are the facts the same?

    python -m benchmarks.exports HOUSE fhir|redcap SCRATCH

HOUSE has had a night. What the export can carry is written as a FHIR server or a REDCap project would export it (the
maps of hospitals/demonstration_<kind>, backwards: every value at the path where the map reads it, of the shape that
FHIR R4 gives it), the rest is delivered as it was. Prints every table of facts that differs, with its columns and rows.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from cartwright.orchestration.dbt.build import run_build
from cartwright.orchestration.dbt.manifest import hospital_project
from cartwright.warehouse import build_row as meta
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.hospital import units
from cartwright.warehouse.hospital.definition import Hospital, load_hospital, write_hospital
from cartwright.warehouse.identity import subjects as identity
from cartwright.warehouse.intake import unmapped
from cartwright.warehouse.intake.contracts import Column, Contract, load_contracts
from cartwright.warehouse.intake.feed_table import ingest_table
from cartwright.warehouse.intake.source_maps import FHIR, REDCAP, MappedList, MappedValue, SourceMap
from cartwright.warehouse.intake.source_path import Path as SourcePath
from cartwright.warehouse.intake.source_path import Where, paths_of
from cartwright.warehouse.settings import CHECKOUT, Settings

REPEATS = {
    "identifier",
    "coding",
    "category",
    "component",
    "extension",
    "type",
    "activity",
    "supportingInformation",
    "reasonCode",
    "referenceRange",
    "conclusionCode",
    "name",
    "suspectEntity",
    "causality",
    "derivedFrom",
    "hasMember",
    "note",
    "performer",
}
REFERENCES = {
    "subject": "Patient",
    "supportingInformation": "CarePlan",
    "specimen": "Specimen",
    "derivedFrom": "ImagingStudy",
}
# FHIR's own words for what the contracts call otherwise (sql/seeds/code_map.csv, backwards).
WORDS = {
    "sex_code": {"M": "male", "F": "female", "U": "unknown"},
    "administration_status": {"given": "completed", "not_given": "not-done"},
}


def read_again(house: Settings, kind: str, scratch: Path, day: str) -> Settings:
    """A house that has read the export and what it cannot carry, with its facts built. The key is the same."""
    again = Settings(home=scratch, hospital=CHECKOUT / "hospitals" / f"demonstration_{kind}")
    hospital = load_hospital(again.hospital)
    shutil.copytree(house.feeds, again.feeds)
    again.restricted.mkdir(mode=0o700)
    shutil.copy2(house.identity_key, again.identity_key)
    with duckdb.connect(str(house.build_db), read_only=True) as con:
        con.execute("SET TimeZone = 'UTC'")
        (write_fhir if kind == FHIR else write_redcap)(con, hospital, again.feeds, day)
        cut = con.execute("SELECT data_cut_date FROM meta.build").fetchone()[0]
    with open_build(again) as con:
        for contract in load_contracts().values():
            report = ingest_table(con, contract, again)
            if report.rejected:
                print(f"{contract.table}: {report.rejected} rejected")
        identity.refresh(con, again)
        write_hospital(con, hospital)
        units.refresh(con, hospital.unit_spellings())
        unmapped.refresh(con, again, hospital)
        meta.write_build_row(con, again, cut)
        words = scratch / "broken.log"
        if broken := run_build(con, hospital_project(again), [], words).broken:
            raise RuntimeError(f"models that broke: {', '.join(broken)}; see {words}")
    return again


def differences(first: Settings, second: Settings) -> dict[str, tuple[int, int, list[str]]]:
    """By table of facts: rows only in the first, only in the second, and the columns that differ, if any do.

    Columns that name records are left out: a record of another file has another id.
    """
    found = {}
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{first.build_db}' AS a (READ_ONLY); ATTACH '{second.build_db}' AS b (READ_ONLY)")
        tables = con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'b' AND schema_name = 'facts' ORDER BY 1"
        ).fetchall()
        for (table,) in tables:
            names = [name for name, *_ in con.execute(f'SELECT * FROM b.facts."{table}" LIMIT 0').description]
            names = [name for name in names if not _NAMES.search(name)]
            gone, new = _only(con, "a", "b", table, names), _only(con, "b", "a", table, names)
            if gone or new:
                found[table] = (gone, new, [n for n in names if _only(con, "a", "b", table, [n])])
    return found


def _only(con: duckdb.DuckDBPyConnection, left: str, right: str, table: str, columns: list[str]) -> int:
    """Rows of these columns that the left table has and the right one has not."""
    listed = ", ".join(f'"{name}"' for name in columns)
    sides = [f'SELECT {listed} FROM {side}.facts."{table}"' for side in (left, right)]
    return con.execute(f"SELECT count(*) FROM ({' EXCEPT ALL '.join(sides)})").fetchone()[0]


_NAMES = re.compile(r"(^|_)record_id$|^source_id$|_at$|^(therapy|infusion)_id$")


def write_fhir(con: duckdb.DuckDBPyConnection, hospital: Hospital, feeds: Path, day: str) -> dict[str, int]:
    """One NDJSON file a resource, of every version held of every mapped table. Returns the lines by resource."""
    folder = feeds / FHIR / day
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = defaultdict(list)
    for table, source in hospital.exports.items():
        if source.kind == FHIR:
            contract = load_contracts()[table]
            for record in _records(con, contract, "NOT is_deleted"):
                source_map = source.maps[0]
                resource = _resource(source_map, contract.columns, record, hospital.zone)
                elements = _members(source_map, contract, resource, record, hospital.zone)
                for name, each in [(source_map.source, resource), *elements]:
                    lines[name].append(json.dumps(each, ensure_ascii=False))
    for name, texts in lines.items():
        (folder / f"{name}.ndjson").write_text("\n".join(texts) + "\n", encoding="utf-8")
    return {name: len(texts) for name, texts in lines.items()}


def _members(
    source_map: SourceMap, contract: Contract, resource: dict[str, Any], record: dict[str, Any], zone: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The elements of the record's lists, each a resource of its own that the record's refers to; with their names."""
    for name, each in source_map.lists.items():
        fields = next(column.fields for column in contract.columns if column.name == name)
        for place, element in enumerate(record[name] or [], start=1):
            member = _resource(each, fields, element, zone)
            member["id"] = f"{resource['id']}-{record['version_no']}-{name[0]}{place}"
            (path,) = paths_of(MappedValue(path=each.names).expression)
            resource.setdefault(path.steps[0], []).append({"reference": f"{each.source}/{member['id']}"})
            yield each.source, member


def _resource(
    source_map: SourceMap | MappedList, columns: list[Column], record: dict[str, Any], zone: str
) -> dict[str, Any]:
    resource: dict[str, Any] = {"resourceType": source_map.source}
    if source_map.where:
        for path in paths_of(MappedValue(path=source_map.where).expression):
            _node(resource, path.steps)
    for column in columns:
        value, mapped = record[column.name], source_map.columns.get(column.name)
        if value is None or mapped is None:
            continue
        value = {code: sent for sent, code in mapped.codes.items()}.get(str(value), value)
        if mapped.other is not None and value == mapped.other:
            continue  # whatever stands there says so
        value = WORDS.get(column.name, {}).get(value, value)
        paths = paths_of(mapped.expression)
        if column.name == "value_text":
            _put_value(resource, paths, str(value), record)
        elif column.name == "unit_text":
            is_number = "valueQuantity" in resource
            _put(resource, paths[0] if is_number else paths[1], value)
        elif (column.name == "start_date" and "|" in mapped.path) or column.name == "performed_date":
            _put(resource, paths[1] if record["end_date"] else paths[0], value)
        else:
            _put(resource, paths[0], _json(column, value, zone))
    return resource


def _put_value(resource: dict[str, Any], paths: list[SourcePath], text: str, record: dict[str, Any]) -> None:
    """A number with or without a sign is a quantity; anything else is a text."""
    found = re.fullmatch(r"(<=|>=|<|>)?(\d+(?:\.\d+)?)", text)
    if found and json.dumps(json.loads(found[2])) == found[2]:  # as JSON writes it
        if found[1]:
            _put(resource, paths[0], found[1])
        _put(resource, paths[1], json.loads(found[2]))
    else:
        _put(resource, paths[2], text)


def _json(column: Column, value: Any, zone: str) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).isoformat().replace("+00:00", "Z")
    if column.name == "version_no":
        return str(value)  # meta.versionId is an id
    return value if isinstance(value, bool | int | float) else str(value)


def _put(resource: dict[str, Any], path: SourcePath, value: Any) -> None:
    *way, last = path.steps
    node = _node(resource, tuple(way))
    if last == "reference":
        value = f"{REFERENCES[way[-1]]}/{value}"
    node[last] = value


def _node(node: dict[str, Any], steps: tuple[str | Where, ...]) -> dict[str, Any]:
    """The object at the end of the steps, made where it is not there."""
    for place, step in enumerate(steps):
        if isinstance(step, Where):
            continue
        where = steps[place + 1] if place + 1 < len(steps) and isinstance(steps[place + 1], Where) else None
        if step not in REPEATS and where is None:
            node = node.setdefault(step, {})
            continue
        elements = node.setdefault(step, [])
        wanted = dict(where.conditions) if where else {}
        fitting = [e for e in elements if all(_at(e, names) == text for names, text in wanted.items())]
        if not fitting:
            fitting = [{}]
            elements.append(fitting[0])
            for names, text in wanted.items():
                _node(fitting[0], names[:-1])[names[-1]] = text
        node = fitting[0]
    return node


def _at(node: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        node = node.get(name) if isinstance(node, dict) else None
    return node


def write_redcap(con: duckdb.DuckDBPyConnection, hospital: Hospital, feeds: Path, day: str) -> int:
    """One flat CSV file of the whole project as it stands: a row a record and repetition. Returns its rows."""
    folder = feeds / REDCAP / day
    folder.mkdir(parents=True, exist_ok=True)
    sources = {table: source for table, source in hospital.exports.items() if source.kind == REDCAP}
    fields = [v.path for source in sources.values() for v in source.maps[0].columns.values()]
    for each in (each for source in sources.values() for each in source.maps[0].lists.values()):
        fields += [each.of, *(value.path for value in each.columns.values())]
    header = list(dict.fromkeys(["record_id", "redcap_repeat_instrument", "redcap_repeat_instance", *fields]))
    rows, counts = [], Counter()
    numbers = dict(con.execute(_MRN).fetchall())
    for table, source in sources.items():
        contract, source_map = load_contracts()[table], source.maps[0]
        for record in _records(con, contract, _current(contract)):
            # The project knows whose radiology's numbers are; one that nobody linked is a record of its own.
            number = numbers.get(record[contract.patient], record[contract.patient])
            row = _row(source_map.columns, record) | {"record_id": number}
            if source_map.source != "patient":
                row |= _repetition(counts, number, source_map.source)
            rows.append(row)
            for name, each in source_map.lists.items():
                for element in record[name] or []:
                    owner = {"record_id": number, each.of: record[contract.key[0]]}
                    rows.append(_row(each.columns, element) | owner | _repetition(counts, number, each.source))
    with (folder / f"PROJECT_DATA_{day}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


_MRN = """
    SELECT ris.local_patient_no, any_value(ehr.local_patient_no)
    FROM raw.ehr_patient_link AS ris JOIN raw.ehr_patient_link AS ehr USING (enterprise_no)
    WHERE ris.system_code = 'ris' AND ehr.system_code = 'ehr'
    GROUP BY 1 HAVING count(DISTINCT ehr.local_patient_no) = 1"""


def _current(contract: Contract) -> str:
    """SQL: of every record the state shown last, when it is in force: what a project holds now."""
    version = contract.version[0]
    order = f"{version} DESC" if version == "version_no" else f"delivered_at DESC, {version} DESC"
    has_status = any(column.name == "row_status" for column in contract.columns)
    return f"""record_id IN (
        SELECT record_id FROM (SELECT *, row_number() OVER (PARTITION BY {contract.key[0]} ORDER BY {order}, record_id)
                                         AS place FROM raw.{contract.table})
        WHERE place = 1 AND NOT is_deleted {"AND row_status = 'active'" if has_status else ""})"""


def _row(columns: dict[str, MappedValue], record: dict[str, Any]) -> dict[str, Any]:
    return {columns[name].path: _cell(value) for name, value in record.items() if name in columns}


def _repetition(counts: Counter[tuple[str, str]], number: str, instrument: str) -> dict[str, Any]:
    counts[number, instrument] += 1
    return {"redcap_repeat_instrument": instrument, "redcap_repeat_instance": counts[number, instrument]}


def _records(con: duckdb.DuckDBPyConnection, contract: Contract, condition: str) -> list[dict[str, Any]]:
    names = [c.name for c in contract.columns]
    columns = ", ".join(f'"{name}"' for name in names)
    rows = con.execute(f"SELECT {columns} FROM raw.{contract.table} WHERE {condition} ORDER BY record_id").fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else value


def main(home: str, kind: str, scratch: str) -> int:
    """Print what differs; 1 when something does."""
    house = Settings(home=Path(home))
    with duckdb.connect(str(house.build_db), read_only=True) as con:
        (day,) = con.execute("SELECT CAST(timezone(hospital_zone, as_of_at) AS DATE) FROM meta.build").fetchone()
    found = differences(house, read_again(house, kind, Path(scratch), day.isoformat()))
    for table, (gone, new, columns) in found.items():
        print(f"facts.{table}: {gone} rows only before, {new} only after; columns {', '.join(columns)}")
    print(f"{len(found)} tables of facts differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
