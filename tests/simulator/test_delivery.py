"""Files and database: equal to the contracts, the same for a seed, and growing night by night into the final state."""

import gzip
import hashlib
import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from cartwright.simulator.days import GO_LIVE, NIGHTS, iso
from cartwright.simulator.generate import simulate
from cartwright.simulator.tables import TABLES
from cartwright.warehouse.intake.contracts import load_contracts

LETTERS = {
    "text": "t",
    "integer": "i",
    "decimal": "d",
    "boolean": "b",
    "date": "D",
    "partial_date": "p",
    "timestamp": "T",
    "list": "l",
}


def fingerprint(home: Path) -> dict[str, str]:
    files = [path for path in home.rglob("*") if path.is_file()]
    return {str(path.relative_to(home)): hashlib.md5(path.read_bytes()).hexdigest() for path in files}


def test_columns_are_those_of_the_contracts():
    contracts = load_contracts()
    assert {c.source.name for c in contracts.values()} == set(TABLES)
    for contract in contracts.values():
        table = TABLES[contract.source.name]
        assert table.feed == contract.feed
        assert [table.key] == contract.key
        assert table.patient == contract.patient
        sent = [c for c in contract.columns if not c.optional or c.name in table.columns]
        assert table.columns == {column.name: LETTERS[column.type] for column in sent}


def test_the_same_seed_writes_the_same_bytes(home, tmp_path):
    simulate(tmp_path)
    assert fingerprint(tmp_path) == fingerprint(home)


def test_two_processes_write_the_same_bytes_as_one(tmp_path):
    simulate(tmp_path / "one", patients=250, seed=9, processes=1)
    simulate(tmp_path / "two", patients=250, seed=9, processes=2)
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two")


def test_another_seed_writes_other_bytes(tmp_path):
    simulate(tmp_path / "a", patients=20, seed=1)
    simulate(tmp_path / "b", patients=20, seed=2)
    assert fingerprint(tmp_path / "a") != fingerprint(tmp_path / "b")


def test_nights_one_after_another_end_in_the_final_state(home, tmp_path):
    seen: set[str] = set()
    for night in (GO_LIVE, GO_LIVE + 7, GO_LIVE + NIGHTS):
        simulate(tmp_path, until=date.fromordinal(night))
        files = {path.parent.name for path in (tmp_path / "feeds").glob("*is/*/*")}
        assert max(files) <= iso(night)
        assert seen < files
        seen = files
    assert fingerprint(tmp_path) == fingerprint(home)


def test_a_file_that_was_delivered_is_never_written_again(tmp_path):
    simulate(tmp_path, patients=10)
    path = next((tmp_path / "feeds" / "lis").glob("*/lab_result_*"))
    path.write_text("read by somebody")
    assert simulate(tmp_path, patients=10).new_files == 0
    assert path.read_text() == "read by somebody"


def test_the_first_night_has_rows_that_are_later_deleted_or_changed(tmp_path):
    def rows(table):
        with sqlite3.connect(tmp_path / "feeds" / "ehr.sqlite") as connection:
            return dict(connection.execute(f"SELECT {TABLES[table].key}, updated_at FROM {table}").fetchall())

    tables = ("contact", "death", "clinical_progression", "drug_administration")
    simulate(tmp_path, patients=358, until=date.fromordinal(GO_LIVE))
    before = {table: rows(table) for table in tables}
    simulate(tmp_path, patients=358)
    after = {table: rows(table) for table in tables}
    assert any(set(before[table]) - set(after[table]) for table in tables), "no row was deleted"
    assert any(after[t].get(k, v) != v for t in tables for k, v in before[t].items()), "no row was updated"


def test_feeds_hold_the_dirt_of_real_ones(home):
    feeds = home / "feeds"
    lab = "".join(path.read_text() for path in feeds.glob("lis/*/lab_result_*.csv"))
    for sign in (",preliminary,", ",corrected,", ",cancelled,", "hemolyzed", "<5,", ",ukat/L,", ",mg/dL,"):
        assert sign in lab
    assert list(feeds.glob("lis/*/*.csv.gz"))
    assert list(feeds.glob("lis/*/*.parquet"))
    texts = [gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() for p in feeds.glob("ris/*/*")]
    reports = [json.loads(line) for text in texts for line in text.splitlines()]
    assert {report["report_status"] for report in reports} >= {"preliminary", "final", "addendum"}


def test_the_marker_says_simulated(home):
    marker = json.loads((home / "feeds" / "SIMULATED").read_text())
    assert marker["patients"] == 251
    assert marker["seed"] == 20240625


def test_sites_have_their_own_numbers(tmp_path):
    simulate(tmp_path, patients=5, sites=3)
    with sqlite3.connect(tmp_path / "feeds" / "ehr.sqlite") as connection:
        numbers = [number for (number,) in connection.execute("SELECT mrn FROM patient")]
    assert {number[:4] for number in numbers} == {"S01-", "S02-", "S03-"}
    assert len(set(numbers)) == 15


def test_any_database_takes_the_treatment_records(home, tmp_path):
    simulate(tmp_path, ehr_url=f"sqlite:///{tmp_path}/other.sqlite")
    query = "SELECT * FROM therapy_line ORDER BY line_id"
    with sqlite3.connect(home / "feeds" / "ehr.sqlite") as one, sqlite3.connect(tmp_path / "other.sqlite") as two:
        assert [row[:5] for row in one.execute(query)] == [row[:5] for row in two.execute(query)]
    assert not (tmp_path / "feeds" / "ehr.sqlite").exists()


def test_impossible_sizes_are_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 1"):
        simulate(tmp_path, patients=0)
