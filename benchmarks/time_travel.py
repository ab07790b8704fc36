"""Any past night rebuilt as of then is the night that was: `python -m benchmarks.time_travel --nights 30`.

A small simulated hospital lives on, night by night: news, corrections, withdrawals, deletions, merges of persons, late
and wrong deliveries, rows that change without a word. Each night's tables and release id are noted. Then every night
is built again as of its moment, in random order, from what the house holds at the end: 0 tables differ.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cartwright.orchestration.dbt.build import run_build
from cartwright.orchestration.dbt.manifest import Project, hospital_project, study_project
from cartwright.orchestration.study_reading import checks, read
from cartwright.simulator.generate import simulate
from cartwright.warehouse import build_row as meta
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.hospital import units
from cartwright.warehouse.hospital.definition import load_hospital, write_hospital
from cartwright.warehouse.identity import subjects as identity
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.intake.feed_table import ingest_table
from cartwright.warehouse.release.fingerprint import release_id, table_digest
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.build_file import open_study, show_hospital
from cartwright.warehouse.study.loader import load_study

FIRST = date(2022, 9, 12)  # everything that the simulator delivers is there before
SHOWN = ("facts", "dated", "sdtm", "eligibility", "adam", "mart")
BOOKS = ("quality.delivery_ledger", "quality.rejected_record", "quality.finding_count")


@dataclass
class Night:
    """What a night was: its state of knowledge, its release id, and a digest of every table that it shows."""

    as_of: datetime
    release_id: str
    tables: dict[str, tuple[int, str]]


@dataclass
class House:
    """A hospital, and whoever works in it."""

    home: Path
    draw: random.Random = field(default_factory=lambda: random.Random(20221))
    day: date = FIRST
    done: list[str] = field(default_factory=list)

    def settings(self, as_of: datetime | None = None) -> Settings:
        return Settings(home=self.home, as_of=as_of, resampling="none")

    def night(self) -> Night:
        """Take what came until 02:30 of the next day, and build it."""
        now = datetime.combine(self.day + timedelta(days=1), time(2, 30), ZoneInfo("Asia/Shanghai")).astimezone(UTC)
        settings = self.settings()
        with open_build(settings) as con:
            for contract in load_contracts().values():
                ingest_table(con, contract, settings, now)
        self.day += timedelta(days=1)
        return self._build(settings)

    def again(self, night: Night) -> Night:
        """The night as of its moment, from what is held now."""
        return self._build(self.settings(night.as_of))

    def _build(self, settings: Settings) -> Night:
        hospital, place = load_hospital(settings.hospital), settings.places()[0]
        study = read(place.folder, settings.hospital)
        with open_build(settings) as con:
            identity.refresh(con, settings)
            write_hospital(con, hospital)
            units.refresh(con, hospital.unit_spellings())
            meta.write_build_row(con, settings, study.data_cut_date)
            _make(con, hospital_project(settings), self.home)
        with open_study(settings, place) as con:
            load_study(con, place.folder, **checks(settings.hospital))
            meta.write_study_row(con)
            show_hospital(con, settings.as_of)
            _make(con, study_project(settings, place, study), self.home)
            shown = con.execute(
                "SELECT table_schema || '.' || table_name FROM information_schema.tables "
                "WHERE table_catalog = current_database() AND table_schema IN (SELECT unnest(?)) ORDER BY 1",
                [list(SHOWN)],
            ).fetchall()
            tables = {table: table_digest(con, table) for table in [*(name for (name,) in shown), *BOOKS]}
            (as_of,) = con.execute("SELECT as_of_at FROM meta.build").fetchone()
            return Night(as_of.astimezone(UTC), release_id(con, settings, place), tables)

    # What happens in a hospital. Each changes some rows of the EHR or writes a file of today, or of an earlier day.

    def news(self) -> None:
        self._results(lambda row, number: row | {"result_no": f"N{self.day:%m%d}{number}", "version_no": "1"})
        table, key = self.draw.choice((("contact", "contact_id"), ("performance_status", "assessment_id")))
        with self._ehr() as db:
            for number, row in enumerate(self._rows(db, table, 2)):
                self._insert(db, table, row | {key: f"N{self.day:%m%d}{number}", "updated_at": self._written()})

    def correction(self) -> None:
        self._results(lambda row, number: self._next(row) | {"value_text": str(50 + number)})
        with self._ehr() as db:
            for row in self._rows(db, "contact", 2):
                new = {"contact_date": "2021-03-04", "updated_at": self._written()}
                self._update(db, "contact", "contact_id", row, new)

    def withdrawal(self) -> None:
        self._results(lambda row, number: self._next(row) | {"result_status": "cancelled"})
        with self._ehr() as db:
            for row in self._rows(db, "therapy_line", 1):
                new = {"row_status": "withdrawn", "updated_at": self._written()}
                self._update(db, "therapy_line", "line_id", row, new)

    def deletion(self) -> None:
        with self._ehr() as db:
            for table, key in (("contact", "contact_id"), ("drug_administration", "administration_id")):
                for row in self._rows(db, table, 2):
                    db.execute(f"DELETE FROM {table} WHERE {key} = ?", [row[key]])

    def merge(self) -> None:
        """One link goes to another person; another night it may go back."""
        with self._ehr() as db:
            one, other = self._rows(db, "patient_link", 2)
            new = {"enterprise_no": other["enterprise_no"], "updated_at": self._written()}
            self._update(db, "patient_link", "link_id", one, new)

    def late(self) -> None:
        """A file that lies in the folder of an earlier day, and a row whose time is from before last night."""
        early = self.day - timedelta(days=3)
        self._results(lambda row, number: self._next(row) | {"value_text": "33"}, early)
        with self._ehr() as db:
            for row in self._rows(db, "contact", 1):
                early_row = {"contact_id": f"L{self.day:%m%d}", "updated_at": f"{early} 12:00:00"}
                self._insert(db, "contact", row | early_row)

    def without_a_word(self) -> None:
        with self._ehr() as db:
            for row in self._rows(db, "contact", 2):
                self._update(db, "contact", "contact_id", row, {"contact_code": "telephone"})

    def wrong(self) -> None:
        """Records that are rejected and a file that is refused."""
        self._results(lambda row, number: self._next(row) | {"collected_at": "soon"})
        folder = self.home / "feeds" / "lis" / self.day.isoformat()
        (folder / f"fish_{self.day:%Y%m%d}.csv").write_text("no,header,at,all\n1,2,3,4\n", encoding="utf-8")
        with self._ehr() as db:
            for row in self._rows(db, "contact", 1):
                self._update(db, "contact", "contact_id", row, {"contact_date": "soon", "updated_at": self._written()})

    def live(self) -> None:
        """A day: news always, and some of the others."""
        others = (self.correction, self.withdrawal, self.deletion, self.merge, self.late, self.without_a_word)
        for event in (self.news, *self.draw.sample((*others, self.wrong), 4)):
            self.do(event)

    def do(self, event: Callable[[], None]) -> None:
        event()
        self.done.append(event.__name__)

    def _written(self) -> str:
        return f"{self.day.isoformat()} 12:00:{self.draw.randrange(60):02d}"

    def _ehr(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.home / "feeds" / "ehr.sqlite")
        db.row_factory = sqlite3.Row
        return db

    def _rows(self, db: sqlite3.Connection, table: str, count: int) -> list[dict]:
        rows = [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()]
        return self.draw.sample(rows, count)

    @staticmethod
    def _insert(db: sqlite3.Connection, table: str, row: dict) -> None:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        db.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})", [*row.values()])

    @staticmethod
    def _update(db: sqlite3.Connection, table: str, key: str, row: dict, new: dict) -> None:
        given = ", ".join(f"{name} = ?" for name in new)
        db.execute(f"UPDATE {table} SET {given} WHERE {key} = ?", [*new.values(), row[key]])

    def _results(self, change: Callable[[dict, int], dict], day: date | None = None) -> None:
        """A file of results: three that the laboratory has sent before, changed."""
        first = min((self.home / "feeds" / "lis").glob("*/lab_result_*.csv"))
        with first.open(encoding="utf-8", newline="") as stream:
            sent = list(csv.DictReader(stream))
        rows = [change(row, number) for number, row in enumerate(self.draw.sample(sent, 3))]
        day = day or self.day
        folder = self.home / "feeds" / "lis" / day.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        name = f"lab_result_{day:%Y%m%d}_{len(list(folder.iterdir())):02d}{self.day:%d}.csv"
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def _next(self, row: dict) -> dict:
        """The next version: nobody sends one version twice."""
        number = (self.day - FIRST).days * 10 + len(self.done) % 10 + 100
        return row | {"version_no": str(number), "result_status": "corrected"}


def _make(con, project: Project, home: Path) -> None:
    if broken := run_build(con, project, [], home / "broken.log").broken:
        raise RuntimeError(f"models that broke: {', '.join(broken)}; see {home / 'broken.log'}")


def begin(home: Path, patients: int) -> House:
    """A house before its first night."""
    simulate(home, patients=patients, seed=7)
    return House(home)


def differences(night: Night, again: Night) -> list[str]:
    """What of a night is not what it was."""
    found = [] if night.as_of == again.as_of else ["the state of knowledge"]
    found += [] if night.release_id == again.release_id else ["the release id"]
    names = sorted(night.tables.keys() | again.tables.keys())
    return found + [name for name in names if night.tables.get(name) != again.tables.get(name)]


def main(nights: int, patients: int, scratch: Path) -> int:
    """Print what differs of each night. Returns how many nights do."""
    house = begin(scratch / "house", patients)
    lived = [house.night()]
    for _ in range(nights - 1):
        house.live()
        lived.append(house.night())
        print(f"night {len(lived)}: {lived[-1].as_of:%Y-%m-%d %H:%M} {', '.join(house.done[-5:])}", flush=True)
    wrong = 0
    for number in random.Random(1).sample(range(nights), nights):
        found = differences(lived[number], house.again(lived[number]))
        wrong += bool(found)
        print(f"night {number + 1} again: {len(lived[number].tables)} tables, differ: {', '.join(found) or 'none'}")
        sys.stdout.flush()
    print(f"{nights} nights rebuilt, {len({n.release_id for n in lived})} different releases, {wrong} differ")
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--patients", type=int, default=12)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cartwright-time-"))
    try:
        sys.exit(1 if main(arguments.nights, arguments.patients, folder) else 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
