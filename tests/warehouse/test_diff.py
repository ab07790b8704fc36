"""What changed between two releases: the same row is compared with itself, whatever was put in before it."""

from pathlib import Path

import duckdb
import pytest
from cartwright.warehouse.release.diff import diff
from cartwright.warehouse.study.place import StudyPlace

LABORATORY = "usubjid VARCHAR, paramcd VARCHAR, adt DATE, aval DOUBLE, avalc VARCHAR, srcseq INTEGER, record_id VARCHAR"
STATISTIC = (
    "analysis_id VARCHAR, statistic VARCHAR, group_level VARCHAR, comparator VARCHAR, variable VARCHAR, "
    "variable_level VARCHAR, value DOUBLE, method VARCHAR"
)


@pytest.fixture
def place(tmp_path: Path) -> StudyPlace:
    return StudyPlace("a_study", tmp_path, tmp_path, tmp_path / "build.duckdb")


def release(place: StudyPlace, release_id: str, table: str, columns: str, rows: list[tuple]) -> None:
    folder = place.releases / release_id
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    with duckdb.connect(str(folder / "release.duckdb")) as con:
        con.execute(f"CREATE SCHEMA {table.split('.')[0]}")
        con.execute(f"CREATE TABLE {table} ({columns})")
        con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def test_an_inserted_result_is_the_only_one_that_changed(place):
    before = [
        ("P1", "LDH", "2021-01-01", 200, "200", 1, "a"),
        ("P1", "LDH", "2021-01-02", 300, "300", 2, "b"),
        ("P1", "LDH", "2021-01-02", 400, "400", 3, "c"),
    ]
    after = [
        before[0],
        ("P1", "LDH", "2021-01-02", 250, "250", 2, "new"),
        (*before[1][:5], 3, "b"),
        (*before[2][:5], 4, "c"),
    ]
    release(place, "old", "adam.adlb", LABORATORY, before)
    release(place, "new", "adam.adlb", LABORATORY, after)
    found = [(one.kind, one.column, one.old, one.new, one.records) for one in diff(place, "old", "new")]
    assert found == [("added", "aval", None, "250.0", ("+new",)), ("added", "avalc", None, "250", ("+new",))]


def test_a_corrected_result_is_one_change_and_not_a_loss_and_a_gain(place):
    release(place, "old", "adam.adlb", LABORATORY, [("P1", "LDH", "2021-01-01", 200, "200", 1, "version 1")])
    release(place, "new", "adam.adlb", LABORATORY, [("P1", "LDH", "2021-01-01", 208, "208", 1, "version 2")])
    (value, _) = diff(place, "old", "new")
    assert (value.kind, value.old, value.new) == ("changed", "200.0", "208.0")
    assert value.records == ("+version 2", "-version 1")


def test_two_tests_of_one_variable_are_not_mixed_up(place):
    """The p of one test passes that of the other: each is compared with its own past."""
    cell = ("product", "p", "a", "b", "dose", None)
    release(place, "old", "results.ard", STATISTIC, [(*cell, 0.02, "ranksum"), (*cell, 0.03, "welch")])
    release(place, "new", "results.ard", STATISTIC, [(*cell, 0.04, "ranksum"), (*cell, 0.03, "welch")])
    assert [(one.old, one.new) for one in diff(place, "old", "new")] == [("0.02", "0.04")]
