"""A small hospital that lives through random nights: what a night can bring, and its tables by any build.

Patients are those of tests/cases. Each night some of them get new, corrected, withdrawn or deleted records, numbers
move from one person to another and back, files come late, the hospital maps a code otherwise; a night may end between
two models, or after the hospital's.
"""

from __future__ import annotations

import copy
import random
import shutil
import sqlite3
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb

from cartwright.orchestration.dbt.manifest import hospital_project, study_project
from cartwright.orchestration.dbt.night_build import build_all
from cartwright.warehouse import build_row as meta
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.hospital import units
from cartwright.warehouse.hospital.definition import load_hospital, write_hospital
from cartwright.warehouse.identity import subjects as identity
from cartwright.warehouse.intake.contracts import Contract, load_contracts
from cartwright.warehouse.intake.feed_table import ingest_table
from cartwright.warehouse.schemas import HOSPITAL_LAYERS, STUDY_LAYERS
from cartwright.warehouse.settings import CHECKOUT, Settings
from cartwright.warehouse.study.build_file import open_study, show_hospital
from cartwright.warehouse.study.loader import load_study, read_study
from case_hospital import DAY, Case, rows_of, write_feeds, write_file, write_table

COMPARED = (*HOSPITAL_LAYERS, *STUDY_LAYERS, "quality")
NOT_COMPARED = {"quality.check_result", "quality.failing_key"}  # of runs, not of inputs
_FILES = [c for c in load_contracts().values() if c.feed != "ehr"]
_TABLES = [c for c in load_contracts().values() if c.feed == "ehr"]
_OF_PATIENTS = [c for c in load_contracts().values() if c.patient]
_NUMBERS = {"lis": "L", "ris": "R", "ehr": "M"}
Rows = dict[str, Counter[str]]


class Killed(Exception):
    """The night ended here."""


class Nights:
    """One house; `seed` decides what comes. The first night is that of all `cases` but the last third."""

    def __init__(self, home: Path, cases: list[Case], seed: int) -> None:
        self.chance = random.Random(seed)
        shutil.copytree(CHECKOUT / "hospitals" / "demonstration", home / "hospital")
        self.settings = Settings(home=home / "house", hospital=home / "hospital")
        self.day = date.fromisoformat(DAY)
        self.told: list[str] = []
        self.waiting = cases[len(cases) * 2 // 3 :]
        self.admitted = cases[: len(cases) * 2 // 3]
        write_feeds(self.settings, self.admitted)
        self.rows: dict[str, dict[str, dict[str, Any]]] = {
            contract.table: {row[contract.key[0]]: dict(row) for row in rows_of(contract, self.admitted)}
            for contract in load_contracts().values()
        }
        self.first_person = {link: row["enterprise_no"] for link, row in self.rows["ehr_patient_link"].items()}
        self.sent: dict[str, list[dict[str, Any]]] = {}
        self.files = 0
        self.horizon = read_study(self.settings.studies[0]).data_cut_date

    def copied(self, home: Path) -> Nights:
        """This house as it stands, in another folder."""
        shutil.copytree(self.settings.home.parent, home)
        other = copy.deepcopy(self)
        other.settings = Settings(home=home / "house", hospital=home / "hospital")
        return other

    # What can come ---------------------------------------------------------------------------------------------------

    def news(self) -> None:
        """Another record of somebody, much like one that there is."""
        contract = self.chance.choice(_OF_PATIENTS)
        if row := self._some(contract):
            self.files += 1
            new = {**row, contract.key[0]: f"N{self.files}-{row[contract.key[0]]}"}
            self._shift_a_day(contract, new)
            self.send(contract, new)

    def newcomer(self) -> None:
        if self.waiting:
            case = self.waiting.pop()
            for contract in load_contracts().values():
                for row in case.rows[contract.table]:
                    self.send(contract, dict(row))
            self.admitted.append(case)

    def correction(self) -> None:
        """A later version says something else, or names another patient."""
        contract = self.chance.choice(_OF_PATIENTS)
        row, other = self._some(contract), self._some(contract)
        if row and other:
            new = dict(row)
            free = [c.name for c in contract.columns if c.name not in (contract.key[0], *contract.version)]
            free = [name for name in free if not name.endswith("_status")]
            name = contract.patient if self.chance.random() < 0.3 else self.chance.choice(free)
            if name != contract.key[0]:
                new[name] = copy.deepcopy(other.get(name))
            self.send(contract, new)

    def withdrawal(self) -> None:
        contract = self.chance.choice([*_OF_PATIENTS, load_contracts()["ehr_patient_link"]])
        if row := self._some(contract):
            status = {"lis": "result_status", "ris": "report_status", "ehr": "row_status"}[contract.feed]
            word = "withdrawn" if contract.feed == "ehr" else "cancelled"
            self.send(contract, {**row, status: word})

    def deletion(self) -> None:
        contract = self.chance.choice(_TABLES)
        if row := self._some(contract):
            del self.rows[contract.table][row[contract.key[0]]]
            with sqlite3.connect(self.settings.feeds / "ehr.sqlite") as db:
                key = contract.key[0]
                db.execute(f"DELETE FROM {contract.source.name} WHERE {key} = ?", [row[key]])

    def merge(self) -> None:
        """The index gives a number, or all numbers, of a person to another."""
        link, other = self._some(_links()), self._some(_links())
        if link and other:
            whole = self.chance.random() < 0.5
            for row in list(self.rows["ehr_patient_link"].values()):
                if row is link or (whole and row["enterprise_no"] == link["enterprise_no"]):
                    self.send(_links(), {**row, "enterprise_no": other["enterprise_no"]})

    def unmerge(self) -> None:
        """Everything that was moved goes back to whom it was first."""
        for link_id, row in list(self.rows["ehr_patient_link"].items()):
            if row["enterprise_no"] != self.first_person[link_id]:
                self.send(_links(), {**row, "enterprise_no": self.first_person[link_id]})

    def conflict(self) -> None:
        """A second link of a number, to another person: the number is nobody's."""
        link, other = self._some(_links()), self._some(_links())
        if link and other:
            self.files += 1
            self.send(
                _links(),
                {**link, "link_id": f"C{self.files}-{link['link_id']}", "enterprise_no": other["enterprise_no"]},
            )

    def stranger(self) -> None:
        """A record of a number that nobody knows."""
        contract = self.chance.choice(_OF_PATIENTS)
        if row := self._some(contract):
            self.files += 1
            self.send(contract, {**row, contract.key[0]: f"S{self.files}", contract.patient: f"nobody{self.files}"})

    def text(self) -> None:
        """A value, unit or code that nobody sent before."""
        self.files += 1
        if row := self._some(load_contracts()["lis_lab_result"]):
            new = {**row, "result_no": f"T{self.files}"}
            new[self.chance.choice(["value_text", "unit_text", "local_code"])] = f"{self.files}.5"
            self.send(load_contracts()["lis_lab_result"], new)

    def product(self) -> None:
        if row := self._some(load_contracts()["ehr_cart_product"]):
            self.send(load_contracts()["ehr_cart_product"], {**row, "generation_no": self.chance.choice([2, 3, 4])})

    def mapping(self) -> None:
        """The hospital says what a code of its laboratory stands for."""
        with (self.settings.hospital / "lab_test.csv").open("a", encoding="utf-8") as file:
            file.write(f"{self.files}.5,LDH\n")
            self.files += 1

    def cut(self) -> None:
        """Another study asks for later, or earlier, facts."""
        self.horizon += timedelta(days=self.chance.randint(-400, 400))

    # A night ---------------------------------------------------------------------------------------------------------

    def night(self, killed_after: int | None = None, is_of_hospital_alone: bool = False) -> None:
        """Take what was sent and build; after so many models it is killed."""
        self._deliver()
        now = datetime.combine(self.day, time(15), UTC)
        with open_build(self.settings) as con:
            for contract in load_contracts().values():
                ingest_table(con, contract, self.settings, now=now)
            identity.refresh(con, self.settings)
            hospital = load_hospital(self.settings.hospital)
            write_hospital(con, hospital)
            units.refresh(con, hospital.unit_spellings())
            meta.write_build_row(con, self.settings, self.horizon)
        if killed_after != 0:
            with suppress_kill():
                self._build(killed_after, is_of_hospital_alone)
        self.day += timedelta(days=self.chance.choice([1, 1, 1, 30]))

    def _build(self, killed_after: int | None, is_of_hospital_alone: bool, is_full: bool = False) -> None:
        left = [killed_after]

        def progress(done: int) -> None:
            if left[0] is not None:
                left[0] -= 1
                if left[0] <= 0:
                    raise Killed

        words = self.settings.home / "broken.log"
        with open_build(self.settings) as con:
            project = hospital_project(self.settings)
            build, scope = build_all(con, self.settings, project, words, progress, is_full=is_full)
            self.told.append(scope.words)
            if build.broken:
                raise RuntimeError(f"{self.told[-1]}: {words.read_text()}")
        if not is_of_hospital_alone:
            place = self.settings.places()[0]
            with open_study(self.settings, place) as con:
                study = load_study(con, place.folder)
                meta.write_study_row(con)
                show_hospital(con)
                project = study_project(self.settings, place, study)
                build, scope = build_all(con, self.settings, project, words, progress, is_full=is_full)
                self.told.append(scope.words)
                if build.broken:
                    raise RuntimeError(f"{self.told[-1]}: {words.read_text()}")

    def tables(self) -> Rows:
        """Every row of every table of the models, of hospital and study."""
        found: Rows = {}
        for path in (self.settings.build_db, self.settings.places()[0].build_db):
            with duckdb.connect(str(path)) as con:
                con.execute("SET TimeZone = 'UTC'")
                for (table,) in con.execute(
                    "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE list_contains(?, schema_name)",
                    [list(COMPARED)],
                ).fetchall():
                    if table not in NOT_COMPARED:
                        found[f"{path.stem}:{table}"] = Counter(map(repr, con.execute(f"FROM {table}").fetchall()))
        return found

    def rows_that_differ_from_a_full_build(self) -> dict[str, int]:
        """After the last night: table -> rows of either that the other has not. Tables without any are left out."""
        held = self.tables()
        self._build(None, is_of_hospital_alone=False, is_full=True)
        anew = self.tables()
        assert held.keys() == anew.keys()
        counted = {name: ((held[name] - anew[name]) + (anew[name] - held[name])).total() for name in held}
        return {name: count for name, count in counted.items() if count}

    # Feeds -----------------------------------------------------------------------------------------------------------

    def _some(self, contract: Contract) -> dict[str, Any] | None:
        rows = self.rows[contract.table]
        return rows[self.chance.choice(sorted(rows))] if rows else None

    def send(self, contract: Contract, row: dict[str, Any]) -> None:
        if contract.feed == "ehr":
            row["updated_at"] = f"{self.day.isoformat()} 10:00:{self.chance.randint(0, 59):02}"
        elif row[contract.key[0]] in self.rows[contract.table]:
            row["version_no"] = self.rows[contract.table][row[contract.key[0]]]["version_no"] + 1
        if contract.table == "ehr_patient_link":
            self.first_person.setdefault(row["link_id"], row["enterprise_no"])
        self.rows[contract.table][row[contract.key[0]]] = row
        self.sent.setdefault(contract.table, []).append(row)

    def _deliver(self) -> None:
        """Rows of the treatment system stand in its tables; the others come as files, some into an older folder."""
        for contract in _FILES:
            if rows := self.sent.pop(contract.table, []):
                self.files += 1
                day = self.day - timedelta(days=self.chance.choice([0, 0, 0, 1, 40]))
                name = f"{contract.source.name}_{day:%Y%m%d}_{self.files:04}"
                write_file(contract, self.settings.feeds / contract.feed / day.isoformat() / name, rows)
        for contract in _TABLES:
            write_table(self.settings.feeds, contract, self.sent.pop(contract.table, []))

    def _shift_a_day(self, contract: Contract, row: dict[str, Any]) -> None:
        """Let it have happened some days later; what then lies ahead has not happened yet."""
        for column in contract.columns:
            value, is_written = row.get(column.name), column.name == "updated_at"
            is_moment = column.name.endswith(("_date", "_at")) and not is_written
            if is_moment and isinstance(value, str) and len(value) >= 10:
                day = date.fromisoformat(value[:10]) + timedelta(days=self.chance.choice([1, 7, 90, 900]))
                row[column.name] = day.isoformat() + value[10:]


class suppress_kill:
    """What is killed is left as it stands."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> bool:
        return isinstance(error, Killed)


def _links() -> Contract:
    return load_contracts()["ehr_patient_link"]
