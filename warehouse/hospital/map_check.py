"""Every defect of a hospital's maps (fhir.yml, redcap.yml and its data dictionary) that can be seen without data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cartwright.warehouse.csv_file import CsvFile
from cartwright.warehouse.hospital.constants import constant_problems
from cartwright.warehouse.hospital.tables import Row, codes_of, mapped_codes
from cartwright.warehouse.intake.contracts import Column, load_contracts
from cartwright.warehouse.intake.source_maps import FhirFile, MappedList, MappedValue, RedcapFile, SourceMap
from cartwright.warehouse.intake.source_path import paths_of
from cartwright.warehouse.names import unknown
from cartwright.warehouse.yaml_file import Defect, Place, Problem, YamlFile

FHIR_FILE, REDCAP_FILE = "fhir.yml", "redcap.yml"
# Resources of FHIR R4 that tell of patients (http://hl7.org/fhir/R4/resourcelist.html).
_RESOURCES = frozenset((Path(__file__).parent / "fhir_resources.txt").read_text(encoding="utf-8").split())
_DICTIONARY = {
    "field": "Variable / Field Name",
    "form": "Form Name",
    "type": "Field Type",
    "choices": "Choices, Calculations, OR Slider Labels",
}

_INSTANCE = "redcap_repeat_instance"


def check_maps(
    folder: Path, laid_out: set[str], rows: dict[str, list[Row]]
) -> tuple[list[Defect], FhirFile | None, RedcapFile | None]:
    """(defects, fhir.yml, redcap.yml); a file that is not there is None. `laid_out`: tables of hospital.yml."""
    defects: list[Defect] = []
    taken = dict.fromkeys(laid_out, "hospital.yml")
    fhir = redcap = None
    if (folder / FHIR_FILE).exists():
        file = YamlFile(folder / FHIR_FILE)
        fhir = file.parse(FhirFile)
        defects += file.problems
        for place, source_map in _placed(fhir):
            found = [*_map_problems(source_map, taken, FHIR_FILE, rows), *_resource_problems(source_map)]
            defects += [file.describe((*place, *inner), what, remedy) for inner, what, remedy in found]
    if (folder / REDCAP_FILE).exists():
        file = YamlFile(folder / REDCAP_FILE)
        redcap = file.parse(RedcapFile)
        defects += file.problems
        fields: dict[str, Row] = {}
        if redcap is not None and (folder / redcap.dictionary).is_file():
            fields, problems = _dictionary(folder, redcap)
            defects += problems
        elif redcap is not None:
            remedy = "download it from REDCap (Data Dictionary) into the folder"
            defects.append(file.describe(("dictionary",), f"{redcap.dictionary} is not there", remedy))
        for place, source_map in _placed(redcap):
            found = [*_map_problems(source_map, taken, REDCAP_FILE, rows), *_field_problems(source_map, fields, rows)]
            defects += [file.describe((*place, *inner), what, remedy) for inner, what, remedy in found]
    return defects, fhir, redcap


def _placed(file: FhirFile | RedcapFile | None) -> Iterator[tuple[Place, SourceMap]]:
    for position, source_map in enumerate(file.maps if file else []):
        yield ("maps", position), source_map


def _map_problems(
    source_map: SourceMap, taken: dict[str, str], file: str, rows: dict[str, list[Row]]
) -> Iterator[Problem]:
    contract = load_contracts().get(source_map.table)
    if contract is None:
        yield ("table",), *unknown("feed table", source_map.table, load_contracts())
        return
    if taken.setdefault(source_map.table, file) != file:
        what = f"{source_map.table} has its source in {taken[source_map.table]} already"
        yield ("table",), what, "let one file say where a table comes from"
    columns = {c.name: c for c in contract.columns}
    for part, names in (("columns", source_map.columns), ("constants", source_map.constants)):
        for name in names:
            if name not in columns:
                yield (part, name), *unknown(f"column of {contract.table}", name, columns)
            elif columns[name].type == "list":
                yield (part, name), "a list is no single value", "map it under `lists`, or deliver JSON Lines"
    for name in set(source_map.columns) & set(source_map.constants):
        yield ("constants", name), f"{name} has a path as well", "keep one of the two"
    given = {*source_map.columns, *source_map.constants, *contract.version}
    for column in contract.columns:
        if (column.required or column.name in contract.key) and column.name not in given:
            yield ("columns",), f"{column.name} must be filled and is not mapped", "give its path, or a constant"
    for name, column in columns.items():
        yield from _code_problems(source_map, name, column, rows)
    yield from _constant_problems(source_map, rows)
    for name, each in source_map.lists.items():
        yield from _list_problems(name, each, columns)


def _list_problems(name: str, each: MappedList, columns: dict[str, Column]) -> Iterator[Problem]:
    place = ("lists", name)
    if name not in columns or columns[name].type != "list":
        yield place, *unknown("list of the table", name, [c.name for c in columns.values() if c.type == "list"])
        return
    fields = {field.name: field for field in columns[name].fields}
    for mapped in each.columns:
        if mapped not in fields:
            yield (*place, "columns", mapped), *unknown(f"field of {name}", mapped, fields)
    for field in fields.values():
        if field.required and field.name not in each.columns:
            yield (*place, "columns"), f"{field.name} must be filled and is not mapped", "give its path"


def _code_problems(source_map: SourceMap, name: str, column: Column, rows: dict[str, list[Row]]) -> Iterator[Problem]:
    """Codes that a map makes itself must be of the column's list."""
    if not column.codes or not column.strict:
        return
    known = codes_of(column.codes, rows)
    value = source_map.columns.get(name)
    made = [*value.codes.values(), *([value.other] if value.other else [])] if value else []
    for code in made:
        if code not in known:
            yield ("columns", name), *unknown(f"code of the list {column.codes}", code, known)


def _constant_problems(source_map: SourceMap, rows: dict[str, list[Row]]) -> Iterator[Problem]:
    contract = load_contracts().get(source_map.table)
    for column in contract.columns if contract else ():
        if column.name in source_map.constants and column.type != "list" and contract is not None:
            must = column.required or column.name in contract.key
            value = source_map.constants[column.name]
            for what, remedy in constant_problems(contract.table, column, value, must, rows):
                yield ("constants", column.name), what, remedy


def _resource_problems(source_map: SourceMap) -> Iterator[Problem]:
    if source_map.resource not in _RESOURCES:
        yield ("resource",), *unknown("resource of FHIR R4", source_map.resource or "", _RESOURCES)
    if source_map.instrument or source_map.event:
        yield ("instrument",), "FHIR has no instruments and events", "name the resource, and `where` it is meant"
    for name, each in source_map.lists.items():
        if each.resource not in _RESOURCES:
            yield ("lists", name, "resource"), *unknown("resource of FHIR R4", each.resource or "", _RESOURCES)
        if each.names is None or each.instrument or each.event or each.of:
            remedy = "give `names`: the path of the references to the elements, such as hasMember.reference"
            yield ("lists", name), "the record of FHIR refers to its elements", remedy


def _dictionary(folder: Path, file: RedcapFile) -> tuple[dict[str, Row], list[Defect]]:
    """Fields of the data dictionary by name, and the defects of its form."""
    path = folder / file.dictionary
    sheet = CsvFile(path, list(_DICTIONARY.values()))
    rows = [{short: row[name] for short, name in _DICTIONARY.items()} for _, row in sheet.rows]
    return {row["field"]: row for row in rows}, sheet.defects


def choices(row: Row) -> list[str]:
    """The codes of a field's choices; of yes and no 1 and 0."""
    if row["type"] in ("yesno", "truefalse"):
        return ["1", "0"]
    if row["type"] not in ("radio", "dropdown", "checkbox"):
        return []
    return [part.split(",")[0].strip() for part in row["choices"].split("|") if part.strip()]


def _field_problems(source_map: SourceMap, fields: dict[str, Row], rows: dict[str, list[Row]]) -> Iterator[Problem]:
    if source_map.resource or source_map.where:
        yield ("resource",), "REDCap has no resources", "name the instrument, and its `event` where it is meant"
    for name, each in source_map.lists.items():
        if each.of is None or each.resource or each.where or each.names:
            remedy = "give `of`: the field of the instrument that holds the key of the record"
            yield ("lists", name), "rows of REDCap say what they belong to", remedy
    if not fields:
        return
    contract = load_contracts().get(source_map.table)
    columns = {c.name: c for c in contract.columns} if contract else {}
    yield from _instrument_problems(source_map, source_map.table, columns, fields, rows)
    for name in contract.key if contract else ():
        if name in source_map.columns and source_map.columns[name].path == _INSTANCE:
            what = f"{_INSTANCE} begins anew in every record of the project, and names none of the table alone"
            yield ("columns", name), what, f"write \"record_id & '-' & {_INSTANCE}\""
    for name, each in source_map.lists.items():
        inner = {f.name: f for f in columns[name].fields} if name in columns else {}
        if each.of and each.of not in fields:
            yield ("lists", name, "of"), *unknown("field of the dictionary", each.of, fields)
        for place, what, remedy in _instrument_problems(each, source_map.table, inner, fields, rows, f"{name}."):
            yield ("lists", name, *place), what, remedy


def _instrument_problems(
    source_map: SourceMap | MappedList,
    table: str,
    columns: dict[str, Column],
    fields: dict[str, Row],
    rows: dict[str, list[Row]],
    prefix: str = "",
) -> Iterator[Problem]:
    """`prefix`: what stands before a column's name in code_map.csv (the list that it is a field of)."""
    forms = {row["form"] for row in fields.values()}
    if source_map.instrument not in forms:
        yield ("instrument",), *unknown("instrument of the dictionary", source_map.instrument or "", forms)
    for name, value in source_map.columns.items():
        for path in paths_of(value.expression):
            field, _, choice = path.names[0].partition("___")
            if len(path.steps) > 1:
                yield ("columns", name), f'"{value.path}" is no field', "a path of REDCap is the name of a field"
            elif field.startswith("redcap_"):
                continue
            elif field not in fields:
                yield ("columns", name), *unknown("field of the dictionary", field, fields)
            elif choice and choice not in choices(fields[field]):
                yield ("columns", name), *unknown(f"choice of {field}", choice, choices(fields[field]))
            elif name in columns and value.path == field:
                yield from _choice_problems(columns[name], value, table, prefix, fields[field], rows)


def _choice_problems(
    column: Column, value: MappedValue, table: str, prefix: str, row: Row, rows: dict[str, list[Row]]
) -> Iterator[Problem]:
    """Each choice must become a code of the column's list: by the map, by code_map.csv, or as it is."""
    if not column.codes or value.other is not None:
        return
    name = f"{prefix}{column.name}"
    known, mapped = codes_of(column.codes, rows), mapped_codes(table, name, rows)
    left = [code for code in choices(row) if code not in known | mapped | set(value.codes)]
    if left:
        what = f"choices {', '.join(left)} of {row['field']} stand for nothing"
        yield ("columns", column.name), what, f"add rows to code_map.csv for {table}, {name}: {_codes(known)}"


def _codes(known: set[str]) -> str:
    listed = sorted(known)
    return f"one of {', '.join(listed[:12])}" + (" ..." if len(listed) > 12 else "")
