"""A hospital of small patients, one a case, taken through a whole night's feeds, identities and models.

A case is `<id>.yml`: the rule, the base patient (`base.yml`) without some rows and with others, and what is asked of
the tables with the value due; `$s` in a question is the subject. Also a program, for whoever writes a case:
`python tests/cases/case_hospital.py T04 R18` prints every question with what is due and what came.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from cartwright.orchestration.dbt.build import run_build
from cartwright.orchestration.dbt.manifest import (
    Project,
    hospital_project,
    study_project,
)
from cartwright.warehouse import build_row as meta
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.hospital import units
from cartwright.warehouse.hospital.definition import load_hospital, write_hospital
from cartwright.warehouse.identity import subjects as identity
from cartwright.warehouse.intake.contracts import Contract, load_contracts
from cartwright.warehouse.intake.feed_table import ingest_table
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.build_file import open_study, show_hospital
from cartwright.warehouse.study.loader import load_study, read_study

HERE = Path(__file__).parent
DAY = "2022-12-01"
PRODUCTS = [
    {"product_code": code, "target_antigen": target, "scfv_origin": "murine", "generation_no": 2}
    | {"costimulatory_domain": "4-1BB", "signalling_domain": "CD3-zeta"}
    for code, target in (("P19", "CD19"), ("P20", "CD20"), ("P22", "CD22"))
]
PRODUCTS.append(PRODUCTS[0] | {"product_code": "H19", "scfv_origin": "human"})
_DEFAULTS = {"row_status": "active", "updated_at": f"{DAY} 08:00:00", "version_no": 1}
_STATUS = {"lis": {"result_status": "final"}, "ris": {"report_status": "final", "new_lesions": []}, "ehr": {}}
_PATIENT = {"lis": {"lis_patient_no": "L"}, "ris": {"ris_patient_no": "R"}, "ehr": {"mrn": "M"}}


@dataclass(frozen=True)
class Case:
    """One patient of the hospital and what is due."""

    case_id: str
    rule: str
    rows: dict[str, list[dict[str, Any]]]
    ask: list[dict[str, Any]]


def load_cases(*only: str) -> list[Case]:
    """The cases by id, all or those named."""
    paths = sorted(path for path in HERE.glob("*.yml") if path.name != "base.yml")
    return [_case(path) for path in paths if not only or path.stem in only]


def _case(path: Path) -> Case:
    said = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    rows = patient(path.stem, said.get("without", {}), said.get("add", {}))
    return Case(path.stem, said["rule"], rows, said["ask"])


def patient(
    case_id: str, without: dict[str, list[str]], added: dict[str, list[dict[str, Any]]]
) -> dict[str, list[dict[str, Any]]]:
    """Rows by feed table of the base patient, without some rows (by key) and with others; all ids those of the case."""
    base, rows = base_rows(), {}
    for table, contract in load_contracts().items():
        kept = [row for row in base.get(table, []) if row[contract.key[0]] not in without.get(table, [])]
        rows[table] = [_complete(contract, row, case_id) for row in [*kept, *added.get(table, [])]]
    if unknown := {*added, *without} - rows.keys():
        raise ValueError(f"{case_id}: no feed table is called {', '.join(sorted(unknown))}")
    return rows


@cache
def base_rows() -> dict[str, list[dict[str, Any]]]:
    """The base patient as written."""
    return yaml.load((HERE / "base.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _complete(contract: Contract, row: dict[str, Any], case_id: str) -> dict[str, Any]:
    """The row with what every row of its feed has, its ids made those of the case (numbers without letters stay)."""
    names = {column.name for column in contract.columns}
    defaults = {**_DEFAULTS, **_STATUS[contract.feed], **_PATIENT[contract.feed]}
    if strange := row.keys() - names:
        raise ValueError(f"{case_id}: {contract.table} has no column {', '.join(sorted(strange))}")
    full = {name: value for name, value in defaults.items() if name in names} | row
    return {name: _own(name, value, case_id) for name, value in full.items()}


def _own(name: str, value: Any, case_id: str) -> Any:
    is_id = name == "mrn" or name.endswith(("_id", "_no"))
    return f"{value}-{case_id}" if is_id and isinstance(value, str) and not value.isdigit() else value


def rows_of(contract: Contract, cases: list[Case]) -> list[dict[str, Any]]:
    """What a feed table holds of these patients; products are everybody's."""
    if contract.table == "ehr_cart_product":
        return [{**_DEFAULTS, **product} for product in PRODUCTS]
    return [row for case in cases for row in case.rows[contract.table]]


class CaseHospital:
    """The cases delivered in one night, and the tables made of them."""

    def __init__(self, home: Path, cases: list[Case]) -> None:
        self.settings = Settings(home=home)
        contracts = load_contracts().values()
        write_feeds(self.settings, cases)
        with open_build(self.settings) as con:
            for contract in contracts:
                ingest_table(con, contract, self.settings, now=datetime(2022, 12, 1, 15, tzinfo=UTC))
            identity.refresh(con, self.settings)
            hospital = load_hospital(self.settings.hospital)
            write_hospital(con, hospital)
            units.refresh(con, hospital.unit_spellings())
            study = read_study(self.settings.studies[0])
            meta.write_build_row(con, self.settings, study.data_cut_date)
            self._build(con, hospital_project(self.settings))
        self.place = self.settings.places()[0]
        self.con = open_study(self.settings, self.place)
        load_study(self.con, self.place.folder)
        meta.write_study_row(self.con)
        show_hospital(self.con)
        self._build(self.con, study_project(self.settings, self.place, study))

    def _build(self, con: duckdb.DuckDBPyConnection, project: Project) -> None:
        words = self.settings.home / "broken.log"
        if broken := run_build(con, project, [], words).broken:
            raise RuntimeError(f"models that broke: {', '.join(broken)}; see {words}")

    def answer(self, case: Case, sql: str) -> Any:
        """What the tables say; a single value."""
        query = re.sub(r"\$s\b", f"'{self._subject(case)}'", sql)
        row = self.con.execute(query).fetchone()
        return row[0] if row else None

    def _subject(self, case: Case) -> str:
        query = "SELECT max(usubjid) FROM identity.patient_map WHERE local_patient_no = ?"
        return self.con.execute(query, [f"M-{case.case_id}"]).fetchone()[0]


def write_file(contract: Contract, stem: Path, rows: list[dict[str, Any]]) -> None:
    """A delivery of these rows; `stem`: its path without what says the format."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    names = [column.name for column in contract.columns]
    if contract.feed == "ris":
        text = "".join(json.dumps({name: row.get(name) for name in names}) + "\n" for row in rows)
        stem.with_suffix(".jsonl").write_text(text, encoding="utf-8")
        return
    with stem.with_suffix(".csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([names, *([_cell(row.get(name)) for name in names] for row in rows)])


def write_table(feeds: Path, contract: Contract, rows: list[dict[str, Any]]) -> None:
    """Rows of a table of the treatment system; one with the key of a row that is there takes its place."""
    names, key = [column.name for column in contract.columns], contract.key[0]
    feeds.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(feeds / "ehr.sqlite") as db:
        db.execute(f"CREATE TABLE IF NOT EXISTS {contract.source.name} ({', '.join(names)})")
        db.executemany(f"DELETE FROM {contract.source.name} WHERE {key} = ?", [[row[key]] for row in rows])
        marks = ", ".join("?" * len(names))
        values = [[row.get(name) for name in names] for row in rows]
        db.executemany(f"INSERT INTO {contract.source.name} VALUES ({marks})", values)


def write_feeds(settings: Settings, cases: list[Case]) -> None:
    """Everything that these patients have, delivered on one day."""
    for contract in load_contracts().values():
        rows = rows_of(contract, cases)
        if contract.feed == "ehr":
            write_table(settings.feeds, contract, rows)
        else:
            stem = settings.feeds / contract.feed / DAY / f"{contract.source.name}_{DAY.replace('-', '')}"
            write_file(contract, stem, rows)


def _cell(value: Any) -> Any:
    return "" if value is None else json.dumps(value) if isinstance(value, bool) else value


def is_due(due: Any, answer: Any) -> bool:
    """Whether the answer is the value due. A due `finding` is any finding named instead of a value."""
    if due == "finding":
        return isinstance(answer, str) and re.fullmatch(r"[a-z_]+(,[a-z_]+)*", answer) is not None
    return str(answer) == str(due)


def main(only: list[str]) -> int:
    """Print what is due and what came; 1 when they differ somewhere."""
    cases, wrong, asked = load_cases(*only), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        hospital = CaseHospital(Path(folder), cases)
        for case in cases:
            for question in case.ask:
                answer = hospital.answer(case, question["sql"])
                good = is_due(question["due"], answer)
                wrong, asked = wrong + (not good), asked + 1
                mark = "  " if good else "! "
                print(f"{mark}{case.case_id:6} {question['what']}: due {question['due']}, is {answer}")
    print(f"{asked} questions, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
