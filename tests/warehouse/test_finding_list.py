"""The list of what was not understood: in the order of what to do next, and compared between two releases."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.quality import not_understood as finding_list
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.place import StudyPlace

TABLE = """
    CREATE SCHEMA quality;
    CREATE TABLE quality.finding_count (
        kind_code VARCHAR, finding_code VARCHAR, table_name VARCHAR, column_name VARCHAR, value_code VARCHAR,
        unit_text VARCHAR, record_count INTEGER, subject_count INTEGER, touched_count INTEGER, touches VARCHAR,
        remedy VARCHAR)
"""
LDH = ("unknown_unit", "unknown_unit", "lis_lab_result", "unit_text", "LDH", "nkat/L", 3, 2, 5, "baseline ldh", "map")
HB = ("unknown_unit", "unknown_unit", "lis_lab_result", "unit_text", "HB", "nkat/L", 9, 4, 1, "adam.adlb", "map")
CRS = ("clinical", "crs_grade_differs", "ehr_adverse_event", "toxicity_grade", None, None, 7, 7, 9, "adam.adct", "look")
NEW = ("unknown_code", "unknown_lab_test", "lis_lab_result", "local_code", "XYZ", None, 1, 1, 1, "adam.adlb", "map")


def build(path: Path, *rows: tuple) -> None:
    path.parent.mkdir(parents=True)
    (path.parent / "manifest.json").write_text("{}")
    with duckdb.connect(path) as con:
        con.execute(TABLE)
        con.executemany("INSERT INTO quality.finding_count VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


@pytest.fixture
def place(tmp_path: Path) -> StudyPlace:
    made = Settings(home=tmp_path).places()[0]
    build(made.releases / "old" / "release.duckdb", CRS, HB, LDH)
    build(made.releases / "new" / "release.duckdb", CRS, (*HB[:6], 11, *HB[7:]), NEW)
    return made


def test_codes_and_units_stand_first_and_of_a_kind_what_touches_more(place: StudyPlace) -> None:
    with duckdb.connect(place.releases / "old" / "release.duckdb") as con:
        assert [f.value_code for f in finding_list.listed(con)] == ["LDH", "HB", None]
        assert [f.value_code for f in finding_list.listed(con, kind="clinical")] == [None]
        assert finding_list.listed(con, table="ehr_death") == []
        assert finding_list.in_words(con, 1) == [
            "unknown unit: 12 records: lis_lab_result.unit_text: LDH, nkat/L (3); and 1 more",
            "clinical: 7 records: crs_grade_differs ehr_adverse_event.toxicity_grade (7)",
        ]


def test_what_is_new_and_what_is_gone_between_two_releases(place: StudyPlace) -> None:
    """More records of a finding that was there before are neither."""
    appeared, gone = finding_list.changed(place, "old", "new")
    assert [f.value_code for f in appeared] == ["XYZ"]
    assert [f.value_code for f in gone] == ["LDH"]
    with pytest.raises(UnknownName):
        finding_list.changed(place, "old", "none")
