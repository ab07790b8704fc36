"""Every defect of a hospital folder that can be seen without data, each with file, line, column and remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import available_timezones

from cartwright.warehouse.csv_file import CsvFile
from cartwright.warehouse.hospital.constants import constant_problems
from cartwright.warehouse.hospital.definition import HOSPITAL, VALUES, HospitalFile
from cartwright.warehouse.hospital.map_check import FHIR_FILE, REDCAP_FILE, check_maps
from cartwright.warehouse.hospital.tables import TABLES, Row, codes_of, merged, standard
from cartwright.warehouse.intake.contracts import Column, Contract, load_codes, load_contracts
from cartwright.warehouse.intake.source_maps import FhirFile, RedcapFile
from cartwright.warehouse.names import unknown
from cartwright.warehouse.yaml_file import Defect, Problem, YamlFile, distinct

_LOINC = re.compile(r"\d{1,7}-\d")
_MAPPED_TYPES = ("integer", "boolean")  # beside columns with a code list: their codes become numbers and flags


@dataclass(frozen=True)
class Checked:
    """A folder as it was read. Without defects the rest can be used: `rows` are its own rows by table."""

    defects: list[Defect]
    file: HospitalFile | None
    rows: dict[str, list[Row]]
    fhir: FhirFile | None
    redcap: RedcapFile | None


def check_folder(folder: Path) -> Checked:
    """Read a folder whole, and list every defect."""
    layout = YamlFile(folder / HOSPITAL)
    file = layout.parse(HospitalFile)
    defects = list(layout.problems)
    if file is not None:
        defects += [layout.describe(*problem) for problem in _layout_problems(file)]
    sheets = {table: _Sheet(folder, table) for table in TABLES}
    defects += [defect for sheet in sheets.values() for defect in sheet.defects]
    rows = {table: [row for _, row in sheet.rows] for table, sheet in sheets.items()}
    if file is not None:
        defects += [layout.describe(*problem) for problem in (*_constant_problems(file, rows), *_mark_problems(file))]
    for table, judge in _JUDGES.items():
        sheet = sheets[table]
        defects += [sheet.describe(line, *found) for line, row in sheet.rows for found in judge(row, rows)]
    maps, fhir, redcap = check_maps(folder, set(file.feeds) if file else set(), rows)
    defects += [*maps, *_strange_files(folder, redcap)]
    return Checked(distinct(defects), file, rows, fhir, redcap)


Found = tuple[str, str, str]  # column, what is wrong, what to do


class _Sheet(CsvFile):
    """One CSV file of a hospital: rows that are whole and said once."""

    def __init__(self, folder: Path, table: str) -> None:
        self.made = TABLES[table]
        super().__init__(folder / f"{table}.csv", self.made.required, self.made.names, with_comments=True)
        first_lines: dict[tuple[str, ...], int] = {}
        self.rows = [(line, row) for line, given in self.rows if (row := self._whole(line, given, first_lines))]

    def _whole(self, line: int, given: Row, first_lines: dict[tuple[str, ...], int]) -> Row | None:
        row = dict.fromkeys(self.made.names, "") | given
        faults = len(self.defects)
        for name in self.made.required:
            if not row[name]:
                self.say(line, name, "no value", "write one, or take the row out")
        for name in self.made.numbers:
            if row[name] and not _is_number(row[name]):
                what = _quoted(row[name]) + " is no number"
                self.say(line, name, what, "write it with a decimal point, without a unit")
        key = tuple(row[name] for name in self.made.key)
        first = first_lines.setdefault(key, line)
        if first != line:
            self.say(line, ", ".join(self.made.key), f"said on line {first} already", "keep one of the two rows")
        return row if len(self.defects) == faults else None


def _layout_problems(file: HospitalFile) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    if file.zone not in available_timezones():
        yield ("zone",), *unknown("IANA time zone", file.zone, available_timezones())
    for table, layout in file.feeds.items():
        contract = load_contracts().get(table)
        if contract is None:
            yield ("feeds", table), *unknown("feed table", table, load_contracts())
            continue
        if layout.files and contract.source.kind == "table":
            what, remedy = f"{table} comes from a database table", "give its name there as `name`"
            yield ("feeds", table, "files"), what, remedy
        if layout.decimal_mark == "," and contract.source.kind == "table":
            what = f"{table} comes from a database, whose numbers have no mark"
            yield ("feeds", table, "decimal_mark"), what, "drop it"
        columns = {c.name: c for c in contract.columns}
        for part, entries in (("columns", layout.columns), ("constants", layout.constants)):
            for name in entries:
                if name not in columns:
                    yield ("feeds", table, part, name), *unknown(f"column of {table}", name, columns)
        yield from _column_problems(table, layout.columns, layout.constants)


def _mark_problems(file: HospitalFile) -> Iterator[Problem]:
    marks = {table: layout.decimal_mark for table, layout in file.feeds.items()}
    found = {marks.get(table, ".") for table in VALUES}
    if len(found) > 1:
        place = ("feeds", next(table for table in VALUES if marks.get(table) == ","), "decimal_mark")
        yield place, f"the values of {' and '.join(VALUES)} are read alike", "write the decimal mark for both"


def _column_problems(
    table: str, renamed: dict[str, str], constants: dict[str, str]
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    sources: dict[str, str] = {}
    for name, sent_as in renamed.items():
        if name in constants:
            yield ("feeds", table, "constants", name), f"{name} has a column as well", "keep one of the two"
        if (other := sources.setdefault(sent_as, name)) != name:
            yield (
                ("feeds", table, "columns", name),
                _quoted(sent_as) + f" is {other} already",
                "map each source column once",
            )


def _constant_problems(file: HospitalFile, rows: dict[str, list[Row]]) -> Iterator[Problem]:
    for table, layout in file.feeds.items():
        contract = load_contracts().get(table)
        for column in contract.columns if contract else ():
            if (value := layout.constants.get(column.name)) is not None and contract is not None:
                must = column.required or column.name in {*contract.key, *contract.version}
                for what, remedy in constant_problems(table, column, value, must, rows):
                    yield ("feeds", table, "constants", column.name), what, remedy


def _strange_files(folder: Path, redcap: RedcapFile | None) -> Iterator[Defect]:
    dictionary = {redcap.dictionary} if redcap else set()
    known = {HOSPITAL, FHIR_FILE, REDCAP_FILE, "README.md", *dictionary, *(f"{table}.csv" for table in TABLES)}
    for path in sorted(folder.glob("*")) if folder.exists() else []:
        if path.is_file() and path.name not in known and not path.name.startswith("."):
            what, remedy = unknown("file of a hospital", path.name, known)
            yield Defect(path.name, 0, "", what, remedy)


def _quoted(text: str) -> str:
    return f'"{text}"'


def _is_number(text: str) -> bool:
    """Whether it is one. `nan` and `inf` are none: nothing would be below or above such a limit."""
    return bool(re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", text)) and math.isfinite(float(text))


def _columns(contract: Contract) -> dict[str, Column]:
    """Columns by name, those inside lists as list.field."""
    found = {c.name: c for c in contract.columns}
    return found | {f"{c.name}.{f.name}": f for c in contract.columns for f in c.fields}


def _place(row: Row) -> Iterator[Found]:
    """Whether table_name and column_name name something."""
    contract = load_contracts().get(row["table_name"])
    if contract is None:
        yield "table_name", *unknown("feed table", row["table_name"], load_contracts())
    elif row["column_name"] not in _columns(contract):
        names = _columns(contract)
        yield "column_name", *unknown(f"column of {row['table_name']}", row["column_name"], names)


def _code_map(row: Row, rows: dict[str, list[Row]]) -> Iterator[Found]:
    faults = list(_place(row))
    if faults:
        yield from faults
        return
    column = _columns(load_contracts()[row["table_name"]])[row["column_name"]]
    if column.codes:
        known = codes_of(column.codes, rows)
        if row["code"] not in known:
            yield "code", *unknown(f"code of the list {column.codes}", row["code"], known)
    elif row["column_name"] == "icd10_code":
        if not re.fullmatch(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?", row["code"]):
            yield "code", _quoted(row["code"]) + " is no ICD-10 code", "write it like C83.3"
    elif column.type not in _MAPPED_TYPES:
        what = f"{row['column_name']} takes what is sent as it is"
        yield "column_name", what, "map test codes in lab_test.csv; other texts need no code"
    elif column.type == "boolean" and row["code"] not in ("true", "false"):
        yield "code", _quoted(row["code"]) + " is no flag", "write true or false"
    elif column.type == "integer" and not re.fullmatch(r"-?\d+", row["code"]):
        yield "code", _quoted(row["code"]) + " is no whole number", "write the number that the code stands for"


def _code_list(row: Row, rows: dict[str, list[Row]]) -> Iterator[Found]:
    strict = {c.codes for contract in load_contracts().values() for c in contract.columns if c.strict}
    if row["list_name"] not in load_codes():
        yield "list_name", *unknown("code list", row["list_name"], load_codes())
    elif row["list_name"] in strict:
        remedy = "map the hospital's word to one of the list in code_map.csv"
        yield "list_name", f"the warehouse itself reads {row['list_name']}, which has no further codes", remedy


def _tests(rows: dict[str, list[Row]]) -> set[str]:
    return {row["lbtestcd"] for row in merged("quantity", rows["quantity"])}


def _lab_test(row: Row, rows: dict[str, list[Row]]) -> Iterator[Found]:
    known = {r["lbtestcd"]: r["lbtest"] for r in standard("lab_test")}
    names = {r["lbtest"] for r in rows["lab_test"] if r["lbtestcd"] == row["lbtestcd"] and r["lbtest"]}
    if row["lbtestcd"] not in _tests(rows):
        what, remedy = unknown("test", row["lbtestcd"], _tests(rows))
        yield "lbtestcd", what, f"{remedy}; a test that the standard lacks needs a row in quantity.csv"
    elif row["lbtestcd"] in known:
        if row["lbtest"] not in ("", known[row["lbtestcd"]]):
            yield "lbtest", "the standard names this test already", "leave the name empty"
    elif len(names) != 1:
        what = "a test that the standard lacks has no name, or several"
        yield "lbtest", what, "write the same name in every row of the test"


def _lab_loinc(row: Row, rows: dict[str, list[Row]]) -> Iterator[Found]:
    if row["lbtestcd"] not in _tests(rows):
        yield "lbtestcd", *unknown("test", row["lbtestcd"], _tests(rows))
    if not _LOINC.fullmatch(row["loinc"]) or _check_digit(row["loinc"][:-2]) != row["loinc"][-1]:
        yield "loinc", _quoted(row["loinc"]) + " is no LOINC code: its check digit is wrong", "copy it from loinc.org"
    if row["base_unit"] not in _base_units():
        yield "base_unit", *unknown("base unit", row["base_unit"], _base_units())


def _check_digit(digits: str) -> str:
    """Mod 10 of LOINC (Users' Guide, appendix C): every other digit from the right counts double."""
    doubled = int(digits[::-2]) * 2
    total = sum(map(int, str(doubled) + digits[-2::-2]))
    return str(-total % 10)


def _base_units() -> set[str]:
    return {row["base_unit"] for name in ("quantity", "lab_loinc") for row in standard(name)}


def _quantity(row: Row, rows: dict[str, list[Row]]) -> Iterator[Found]:
    if row["base_unit"] not in _base_units():
        yield "base_unit", *unknown("base unit", row["base_unit"], _base_units())
    if float(row["factor"]) <= 0:
        yield "factor", "no unit is zero or less", "write how many base units one of the standard unit is"
    if row["molar_mass_g_per_mol"] and float(row["molar_mass_g_per_mol"]) <= 0:
        yield "molar_mass_g_per_mol", "nothing weighs zero or less", "write grams of one mole, or leave it empty"
    if row["charge_no"] and not re.fullmatch(r"[1-9]", row["charge_no"]):
        what = _quoted(row["charge_no"]) + " is no number of charges"
        yield "charge_no", what, "write a whole number without a sign, as 2 for calcium, or leave it empty"
    yield from _flag(row, "is_iu_u")
    yield from _ucum(row, "standard_unit")


def _drug_class(row: Row, rows: dict[str, list[Row]]) -> Iterator[Found]:
    classes = codes_of("drug_class", rows)
    if row["class_code"] not in classes:
        yield "class_code", *unknown("class", row["class_code"], classes)
    yield from _flag(row, "is_antineoplastic")


def _plausible_limit(row: Row, rows: dict[str, list[Row]]) -> Iterator[Found]:
    faults = list(_place(row))
    yield from faults
    limited = {(r["table_name"], r["column_name"], r["test_code"]) for r in standard("plausible_limit")}
    tests = {test for table, column, test in limited if (table, column) == (row["table_name"], row["column_name"])}
    if row["table_name"] == "lis_lab_result":
        tests |= _tests(rows)
    if not faults and row["test_code"] not in tests:
        name = row["test_code"] or row["column_name"]
        yield "test_code", *unknown(f"limit of {row['column_name']}", name, tests - {""} or {"a column with a limit"})
    if row["action_code"] not in ("unknown", "use"):
        yield "action_code", *unknown("action", row["action_code"], ("unknown", "use"))
    if float(row["low"]) >= float(row["high"]):
        yield "low", f"{row['low']} is not below {row['high']}", "exchange or correct them"


def _value_word(row: Row, rows: dict[str, list[Row]]) -> Iterator[Found]:
    if row["value_word"] != row["value_word"].lower():
        yield "value_word", "capitals are never met: values are compared in lower case", "write it in lower case"


def _unit(row: Row, rows: dict[str, list[Row]]) -> Iterator[Found]:
    yield from _ucum(row, "ucum")


def _ucum(row: Row, column: str) -> Iterator[Found]:
    from cartwright.warehouse.hospital.units import is_ucum  # which loads a grammar

    if not is_ucum(row[column]):
        yield (
            column,
            _quoted(row[column]) + " is no unit of UCUM that a hospital means",
            "write it like mg/dL or 10*9/L",
        )


def _flag(row: Row, column: str) -> Iterator[Found]:
    if row[column] not in ("true", "false"):
        yield column, _quoted(row[column]) + " is no flag", "write true or false"


_JUDGES: dict[str, Callable[[Row, dict[str, list[Row]]], Iterator[Found]]] = {
    "code_map": _code_map,
    "code_list": _code_list,
    "lab_test": _lab_test,
    "lab_loinc": _lab_loinc,
    "quantity": _quantity,
    "drug_class": _drug_class,
    "plausible_limit": _plausible_limit,
    "value_word": _value_word,
    "unit": _unit,
}
