"""The hospital as data: a folder with its time zone, the layout of its feeds, and its own codes beside the standards.

`hospitals/<id>/hospital.yml` and the CSV files of tables.py. Every mistake that can be seen without data stops
the load, all of them at once, with file, line, place and remedy: a night never reads feeds by half a mapping.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import duckdb
from pydantic import BaseModel, ConfigDict, Field

from cartwright.warehouse.hospital.tables import LOADED, Row, codes_of, merged, standard
from cartwright.warehouse.intake.contracts import Column, Contract, Source, load_codes, load_contracts
from cartwright.warehouse.intake.source_maps import FHIR, REDCAP, FhirFile, MappedList, RedcapFile
from cartwright.warehouse.store_tables import quoted

if TYPE_CHECKING:
    from cartwright.warehouse.hospital.check import Checked

HOSPITAL = "hospital.yml"
OWN_TESTS = "own_lab_test"
VALUES = ("lis_lab_result", "lis_flow_cytometry")  # tables whose values are text, read alike


class FeedLayout(BaseModel):
    """What of one feed table is not as docs/feeds.md says. Columns: name in the contract -> name in the source."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = None
    files: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    decimal_mark: Literal[".", ","] = "."


class HospitalFile(BaseModel):
    """hospital.yml."""

    model_config = ConfigDict(extra="forbid")
    hospital: str
    title: str
    zone: str
    feeds: dict[str, FeedLayout] = Field(default_factory=dict)


class HospitalError(ValueError):
    """The hospital folder cannot be used; the message lists every defect with file, line, place and remedy."""


@dataclass(frozen=True)
class Hospital:
    """A checked folder. `tables`: its own rows by file. `digest` names the content."""

    hospital_id: str
    title: str
    zone: str
    feeds: dict[str, FeedLayout]
    exports: dict[str, Source]
    tables: dict[str, list[Row]]
    digest: str

    def contracts(self) -> dict[str, Contract]:
        """Every contract as this hospital fills it."""
        return {table: self.contract(contract) for table, contract in load_contracts().items()}

    def contract(self, contract: Contract) -> Contract:
        """The contract with the hospital's zone, its names of file and columns, its constants and its codes."""
        layout = self.feeds.get(contract.table, FeedLayout())
        source = contract.source.model_copy(
            update={"name": layout.name or contract.source.name, "files": layout.files or contract.source.files}
        )
        codes: dict[str, dict[str, str]] = {}
        for row in merged("code_map", self.tables["code_map"]):
            if row["table_name"] == contract.table:
                codes.setdefault(row["column_name"], {})[row["sent_code"]] = row["code"]
        lists: dict[str, MappedList] = {}
        if contract.table in self.exports:
            source = self.exports[contract.table]
            paths = {name: value.path for name, value in source.maps[0].columns.items()}
            lists = source.maps[0].lists
            paths |= {name: each.names or each.source for name, each in lists.items()}
            layout = FeedLayout(columns=paths)
        columns = [_dressed(column, layout, codes.get(column.name, {}), lists) for column in contract.columns]
        return contract.model_copy(update={"zone": self.zone, "source": source, "columns": columns})

    def code_lists(self) -> dict[str, set[str]]:
        """The codes of each list: those of the standard, and the hospital's own; and the tests that only it has."""
        lists = {name: codes_of(name, self.tables) for name in load_codes()}
        lists[OWN_TESTS] = {row["lbtestcd"] for row in self.tables["quantity"]}
        return lists

    @property
    def value_mark(self) -> str:
        """The decimal mark of the values that the laboratory reports as text."""
        return self.feeds.get(VALUES[0], FeedLayout()).decimal_mark

    def unit_spellings(self) -> dict[str, str]:
        """Units as the hospital writes them -> UCUM."""
        return {row["unit_text"]: row["ucum"] for row in self.tables["unit"]}


def _dressed(column: Column, layout: FeedLayout, codes: dict[str, str], lists: dict[str, MappedList]) -> Column:
    sent_as, constant = layout.columns.get(column.name), layout.constants.get(column.name)
    inner = lists[column.name].columns if column.name in lists else {}
    fields = [
        field.model_copy(update={"sent_as": inner[field.name].path if field.name in inner else None})
        for field in column.fields
    ]
    own = {"sent_as": sent_as, "constant": constant, "sent_codes": codes, "fields": fields}
    return column.model_copy(update=own | {"decimal_mark": layout.decimal_mark})


def load_hospital(folder: Path) -> Hospital:
    """The hospital of a folder. Raises HospitalError with every defect that can be seen without data."""
    return _loaded(folder, folder_digest(folder))


def folder_digest(folder: Path) -> str:
    """Hash of everything in the folder; of a folder that is not there that of an empty one."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@lru_cache(maxsize=8)
def _loaded(folder: Path, digest: str) -> Hospital:
    from cartwright.warehouse.hospital.check import check_folder  # which knows what is read here

    found = check_folder(folder)
    if found.defects or found.file is None:
        raise HospitalError("\n".join(map(str, found.defects)))
    file = found.file
    return Hospital(file.hospital, file.title, file.zone, file.feeds, _exports(found), found.rows, digest)


def _exports(found: Checked) -> dict[str, Source]:
    """Where a table comes from a FHIR or REDCap export: its maps."""
    exports: dict[str, Source] = {}
    for file in (found.fhir, found.redcap):
        answered: set[str] = set()
        for source_map in file.maps if file else []:
            # Of all tables that read a file, the first answers for the lines that no table can read: a file of FHIR has
            # one resource, that of REDCap every instrument.
            takes_broken = not answered if isinstance(file, RedcapFile) else source_map.source not in answered
            answered.add(source_map.source)
            source = exports.setdefault(source_map.table, _source(file, source_map.source))
            source.maps.append(source_map.model_copy(update={"takes_broken": takes_broken}))
    return exports


def _source(file: FhirFile | RedcapFile | None, name: str) -> Source:
    if isinstance(file, RedcapFile):
        return Source(kind=REDCAP, name=name, missing=file.missing, is_whole=file.is_whole)
    return Source(kind=FHIR, name=name)


def write_hospital(con: duckdb.DuckDBPyConnection, hospital: Hospital) -> None:
    """Replace schema `hospital` by the hospital's own rows, as the seeds take them over.

    The tables are made anew: nothing of them is history, and those of a house made before may have other columns.
    """
    for table, made in LOADED.items():
        for statement in _made(table, "CREATE OR REPLACE TABLE"):
            con.execute(statement)
        if rows := _completed(table, hospital):
            marks = ", ".join([f"({', '.join('?' * len(made.names))})"] * len(rows))
            values = [row.get(name) or None for row in rows for name in made.names]
            con.execute(f"INSERT INTO hospital.{table} ({', '.join(made.names)}) VALUES {marks}", values)


def _completed(table: str, hospital: Hospital) -> list[Row]:
    """The hospital's rows with what follows from others: names of tests, and drugs as codes of their list."""
    rows = hospital.tables[table]
    if table == "lab_test":
        names = {row["lbtestcd"]: row["lbtest"] for row in [*standard(table), *rows] if row["lbtest"]}
        return [row | {"lbtest": names[row["lbtestcd"]]} for row in rows]
    if table == "code_list":
        drugs = [{"list_name": "drug", "code": row["drug_code"]} for row in hospital.tables["drug_class"]]
        return rows + [row for row in drugs if row not in rows]
    return rows


def ddl() -> list[str]:
    """The tables of schema `hospital`, empty."""
    return [statement for table in LOADED for statement in _made(table, "CREATE TABLE IF NOT EXISTS")]


def _made(table: str, create: str) -> tuple[str, str]:
    columns = ", ".join(f"{name} VARCHAR" for name in LOADED[table].names)
    comment = f"COMMENT ON TABLE hospital.{table} IS {quoted(LOADED[table].description)}"
    return f"{create} hospital.{table} ({columns})", comment
