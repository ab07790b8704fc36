"""A canary in every field of every feed table: a word of its own, that nobody else writes, so a hit tells its place."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from cartwright.warehouse.intake.contracts import Column, Contract, load_contracts

BIRTH = "1911-11-11"
NEVER = "9Cnry"  # begins every canary; a digit and a capital, as numbers of hospitals have


class Canaries:
    """Plants them into the feeds of a simulated hospital. `places`: canary -> table and field."""

    def __init__(self, feeds: Path) -> None:
        self.feeds, self.places = feeds, dict[str, str]()
        lis, ris = (max((feeds / feed).iterdir()).name for feed in ("lis", "ris"))
        self.day = date.fromisoformat(max(lis, ris)) + timedelta(days=1)

    def plant(self) -> None:
        """A delivery more of each table, with a record for each text field that holds its canary; a file whose name
        holds one; and a person all of whose names and numbers are canaries."""
        for contract in load_contracts().values():
            plain = self._example(contract)
            rows = [*self._each_field(contract, plain)]
            if contract.table == "ehr_patient":
                name = f"{self._new(contract, 'full_name')} {self._new(contract, 'full_name')}"
                rows.append(plain | {"mrn": self._new(contract, "mrn"), "full_name": name, "birth_date": BIRTH})
            (self._database if contract.feed == "ehr" else self._file)(contract, rows)
        stray = self.feeds / "lis" / self.day.isoformat() / f"{self._new(None, 'name of a file')}.csv"
        stray.write_text(f"{self._new(None, 'file that no table knows')}\n")
        broken = self.feeds / "lis" / self.day.isoformat() / f"fish_{self.day:%Y%m%d}_9.csv"
        broken.write_text(f"{self._new(None, 'header')},b\n{self._new(None, 'file that is refused')},1\n")

    def _new(self, contract: Contract | None, field: str) -> str:
        canary = f"{NEVER}{len(self.places):04d}q"
        self.places[canary] = f"{contract.table}.{field}" if contract else field
        return canary

    def _each_field(self, contract: Contract, plain: dict[str, Any]) -> Iterator[dict[str, Any]]:
        key = contract.key[0]
        number = 0
        for column in contract.columns:
            if column.type == "text":
                own = {} if column.name == key else {key: f"{self._new(contract, key)}"}
                yield plain | own | {column.name: self._new(contract, column.name)}
            for field in _texts_of(column):
                element = (plain.get(column.name) or [{}])[0] | {field: self._new(contract, f"{column.name}.{field}")}
                yield plain | {key: self._new(contract, key), column.name: [element]}
            if column.type in ("date", "timestamp", "integer", "decimal", "boolean"):  # rejected, with its record
                number += 1
                yield plain | {key: self._new(contract, key), column.name: self._new(contract, column.name)}

    def _example(self, contract: Contract) -> dict[str, Any]:
        """A record that the simulator wrote; where it wrote none, one made up."""
        if contract.feed == "ehr":
            with sqlite3.connect(self.feeds / "ehr.sqlite") as db:
                db.row_factory = sqlite3.Row
                names = ", ".join(column.name for column in contract.columns)
                db.execute(f"CREATE TABLE IF NOT EXISTS {contract.source.name} ({names})")
                row = db.execute(f"SELECT * FROM {contract.source.name} ORDER BY 1 LIMIT 1").fetchone()
            if row is not None:
                return dict(row)
        for path in sorted((self.feeds / contract.feed).glob(f"*/{contract.source.name}_*")):
            with path.open(encoding="utf-8", newline="") as stream:
                rows = map(json.loads, stream) if path.suffix == ".jsonl" else csv.DictReader(stream)
                for row in rows:
                    if path.suffix != ".jsonl" or any(row[c.name] for c in contract.columns if c.fields):
                        return row
        return {column.name: "2020-07-02" if "date" in column.type else "1" for column in contract.columns}

    def _file(self, contract: Contract, rows: list[dict[str, Any]]) -> None:
        folder = self.feeds / contract.feed / self.day.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        stem = folder / f"{contract.source.name}_{self.day:%Y%m%d}"
        if contract.feed == "ris":
            stem.with_suffix(".jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            return
        with stem.with_suffix(".csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, [column.name for column in contract.columns], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def _database(self, contract: Contract, rows: list[dict[str, Any]]) -> None:
        with sqlite3.connect(self.feeds / "ehr.sqlite") as db:
            held = {name for _, name, *_ in db.execute(f"PRAGMA table_info({contract.source.name})").fetchall()}
            for row in ({name: value for name, value in row.items() if name in held} for row in rows):
                marks = ", ".join("?" * len(row))
                db.execute(
                    f"INSERT OR REPLACE INTO {contract.source.name} ({', '.join(row)}) VALUES ({marks})",
                    [*row.values()],
                )


def _texts_of(column: Column) -> list[str]:
    return [field.name for field in column.fields if field.type == "text"]
