"""What changed between two releases: the same row is compared with itself, whatever was put in before it."""

import json
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.release.diff import diff, left_out
from cartwright.warehouse.study.place import StudyPlace

LABORATORY = "usubjid VARCHAR, paramcd VARCHAR, adt DATE, aval DOUBLE, avalc VARCHAR, srcseq INTEGER, record_id VARCHAR"
STATISTIC = (
    "analysis_id VARCHAR, statistic VARCHAR, group_level VARCHAR, comparator VARCHAR, variable VARCHAR, "
    "variable_level VARCHAR, value DOUBLE, method VARCHAR"
)


@pytest.fixture
def place(tmp_path: Path) -> StudyPlace:
    return StudyPlace("a_study", tmp_path, tmp_path, tmp_path / "build.duckdb")


def release(
    place: StudyPlace, release_id: str, table: str, columns: str, rows: list[tuple], manifest: dict | None = None
) -> None:
    """A release of one table; a further table of the same release is added to it."""
    folder = place.releases / release_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(manifest or {}))
    with duckdb.connect(str(folder / "release.duckdb")) as con:
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {table.split('.')[0]}")
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


ITEM = (
    "usubjid VARCHAR, item VARCHAR, value_num DOUBLE, comparator VARCHAR, low_num DOUBLE, high_num DOUBLE, "
    "value_txt VARCHAR, value_date DATE, evidence_date DATE"
)
EVIDENCE = "usubjid VARCHAR, table_name VARCHAR, item VARCHAR, record_id VARCHAR"
KINETICS = (
    "usubjid VARCHAR, course_id VARCHAR, paramcd VARCHAR, adt DATE, aval DOUBLE, avalc VARCHAR, record_id VARCHAR"
)


def item(value, comparator="=", low=None, high=None):
    return [("P1", "ldh_ratio", value, comparator, low, high, None, None, "2021-01-01")]


def test_a_number_that_became_a_bound_of_the_same_size_is_a_change(place):
    release(place, "old", "eligibility.item", ITEM, item(1.4))
    release(place, "new", "eligibility.item", ITEM, item(1.4, ">"))
    assert [(one.column, one.old, one.new) for one in diff(place, "old", "new")] == [("comparator", "=", ">")]


def test_a_score_whose_bounds_moved_is_a_change(place):
    release(place, "old", "eligibility.item", ITEM, item(None, None, 2, 4))
    release(place, "new", "eligibility.item", ITEM, item(None, None, 2, 3))
    assert [(one.column, one.old, one.new) for one in diff(place, "old", "new")] == [("high_num", "4.0", "3.0")]


def test_a_value_read_otherwise_from_the_same_record_names_it_without_a_sign(place):
    for release_id, value in (("old", 1.4), ("new", 1.2)):
        release(place, release_id, "eligibility.item", ITEM, item(value))
        rows = [("P1", "eligibility.item", "ldh_ratio", "r1"), ("P2", "eligibility.item", "ldh_ratio", "r2")]
        release(place, release_id, "adam.evidence", EVIDENCE, rows)
    assert [one.records for one in diff(place, "old", "new")] == [("r1",)]


def test_a_limit_of_a_laboratory_value_that_was_corrected_is_a_change_of_its_record(place):
    columns = LABORATORY + ", anrhi DOUBLE"
    row = ("P1", "LDH", "2021-01-01", 240, "240", 1, "a")
    release(place, "old", "adam.adlb", columns, [(*row, 250)])
    release(place, "new", "adam.adlb", columns, [(*row, 200)])
    found = [(one.column, one.old, one.new, one.records) for one in diff(place, "old", "new")]
    assert found == [("anrhi", "250.0", "200.0", ("a",))]


def test_a_peak_of_another_course_than_that_of_time_zero_is_compared_too(place):
    row = ("P1", "P1:2020-06-01", "CARTPEAK", "2020-06-01")
    release(place, "old", "adam.adck", KINETICS, [(*row, 80, "80.0", "inf")])
    release(place, "new", "adam.adck", KINETICS, [(*row, 80, ">80.0", "inf")])
    assert [(one.about, one.old, one.new) for one in diff(place, "old", "new")] == [("kinetics", "80.0", ">80.0")]


def test_a_column_or_table_that_only_one_release_has_is_named_and_never_left_out_in_silence(place):
    release(place, "old", "adam.adsl", "usubjid VARCHAR, age INTEGER, gone VARCHAR", [("P1", 50, "x")])
    release(place, "new", "adam.adsl", "usubjid VARCHAR, age INTEGER, peak_least DOUBLE", [("P1", 50, 3.0)])
    release(place, "new", "adam.adck", KINETICS, [("P1", "c", "CARTPEAK", "2020-06-01", 1, "1.0", "inf")])
    assert diff(place, "old", "new") == []
    said = ["adam.adck (only in new)", "adam.adsl.gone (only in old)", "adam.adsl.peak_least (only in new)"]
    assert sorted(left_out(place, "old", "new")) == said
    assert left_out(place, "old", "old") == []


def test_a_release_of_another_study_is_refused_wherever_its_folder_lies(place):
    for release_id, study_id in (("own", "a_study"), ("strange", "another_study")):
        release(
            place,
            release_id,
            "adam.adlb",
            LABORATORY,
            [("P1", "K", "2021-01-01", 4, "4", 1, "a")],
            {"study_id": study_id},
        )
    for pair in (("own", "strange"), ("strange", "own")):
        with pytest.raises(UnknownName, match="two studies are never compared"):
            diff(place, *pair)
    assert diff(place, "own", "own") == []


def test_patients_under_two_identity_keys_are_not_compared_and_it_is_said(place):
    statistic = ("os", "median", "a", None, None, None)
    for release_id, key, usubjid, median in (("old", "k1", "P1", 8.2), ("new", "k2", "Q1", 8.3)):
        manifest = {"ingredients": {"key_id": key}}
        release(place, release_id, "adam.adsl", "usubjid VARCHAR, age INTEGER", [(usubjid, 50)], manifest)
        release(place, release_id, "results.ard", STATISTIC, [(*statistic, median, "km")], manifest)
    assert [(one.about, one.old, one.new) for one in diff(place, "old", "new")] == [("statistic", "8.2", "8.3")]
    assert left_out(place, "old", "new") == ["patients (their pseudonyms are of two identity keys)"]


def test_a_value_that_came_to_be_known_or_unknown_is_a_change_from_or_to_nothing(place):
    release(place, "old", "adam.adsl", "usubjid VARCHAR, age INTEGER, peak DOUBLE", [("P1", None, 3.0)])
    release(place, "new", "adam.adsl", "usubjid VARCHAR, age INTEGER, peak DOUBLE", [("P1", 50, None)])
    found = [(one.item, one.kind, one.old, one.new) for one in diff(place, "old", "new")]
    assert found == [("age", "changed", None, "50"), ("peak", "changed", "3.0", None)]
