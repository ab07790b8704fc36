"""The printed figures of a study: loaded with it, each mapped exactly once, every mistake named with its line."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.study.claims import CLAIMS, MAP, TABLES
from cartwright.warehouse.study.loader import StudyError, load_study, read_study

STUDY_DIR = Path(__file__).parents[2] / "studies" / "cd20_salvage"


@pytest.fixture
def study_dir(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STUDY_DIR, tmp_path / "study"))


def append(study_dir: Path, row: str) -> int:
    """Add a row to the map; returns its line."""
    path = study_dir / MAP
    path.write_text(path.read_text(encoding="utf-8") + row + "\n", encoding="utf-8")
    return len(path.read_text(encoding="utf-8").splitlines())


def problems(study_dir: Path) -> str:
    with pytest.raises(StudyError) as error:
        read_study(study_dir)
    return str(error.value)


def test_every_claim_of_the_study_is_mapped_exactly_once():
    claims = read_study(STUDY_DIR).claims
    ids = [row["id"] for row in claims["claim"]]
    assert len(ids) == 409
    assert sorted(row["claim_id"] for row in claims["claim_map"]) == sorted(ids)


def test_a_constant_is_looked_up_in_the_study_definition():
    mapped = {row["claim_id"]: row for row in read_study(STUDY_DIR).claims["claim_map"]}
    assert mapped["m.incl.age"]["definition_value"] == "18"  # a parameter
    assert mapped["m.cutoff"]["definition_value"] == "2022-08-31"
    assert mapped["m.img.cd20.ct_duration"]["definition_value"] == "183"  # a row of the schedule
    assert mapped["m.fcm.day14"]["definition_value"] == "14"  # an option of the analysis plan


def test_a_map_as_excel_saves_it_is_read_and_its_lines_are_those_of_the_file(study_dir):
    path = study_dir / MAP
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert len(read_study(study_dir).claims["claim_map"]) == 409
    head, rest = path.read_text(encoding="utf-8").split("\n", 1)
    places = head.removeprefix("\ufeff").split(",")
    row = ["unheard of", "none", *[""] * (len(places) - 2)]
    row[places.index("note")] = '"over\ntwo lines"'
    path.write_text(f"{head}\n{','.join(row)}\n{','.join(row)}\n{rest}", encoding="utf-8")
    said = problems(study_dir)
    assert f"{MAP}:2: unheard of" in said
    assert f"{MAP}:4: unheard of" in said


def test_claims_are_tables_of_the_study():
    con = duckdb.connect()
    load_study(con, STUDY_DIR)
    assert con.execute("SELECT count(*) FROM study.claim").fetchone() == (409,)
    printed = con.execute("SELECT value, p_value FROM study.claim WHERE id = 't2.pfs.uni.age_gt60'").fetchone()
    assert printed == ("1.30", "0.31")  # text: the last zero is part of the print


def test_a_study_without_printed_figures_has_empty_tables(study_dir):
    for name, *_ in TABLES.values():
        (study_dir / name).unlink()
    protocol = study_dir / "protocol.yml"  # without what only the print is compared with
    before, after = protocol.read_text(encoding="utf-8").split("  # Treatment and methods as the paper states them")
    protocol.write_text(before + after[after.index("\ncode_lists:") :], encoding="utf-8")
    con = duckdb.connect()
    load_study(con, study_dir)
    assert [con.execute(f"SELECT count(*) FROM study.{table}").fetchone() for table in TABLES] == [(0,)] * 3


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("abs.n.total,none,,,,,,,,,,,,why", "abs.n.total: mapped 2 times"),
        ("abs.n.sum,none,,,,,,,,,,,,why", f'abs.n.sum: "abs.n.sum" is no claim of {CLAIMS}'),
        ("x,guess,,,,,,,,,,,,", '"guess" is no source; one of definition, none, result'),
        ("x,result,tabel1,,,,,,,,,,,", '"tabel1" is no analysis of the plan; did you mean "table1"?'),
        ("x,none,,,,,,,,,,,,", "nothing answers it, and no note says why"),
        ("x,definition,,,,,,,,,parameters.height,,,", 'has nothing at "parameters.height"'),
        ("x,definition,,,,,,,,,schedule.40.to_day,,,", 'has nothing at "schedule.40.to_day"'),
    ],
)
def test_a_mistake_in_the_map_is_named_with_its_line(study_dir, row, what):
    line = append(study_dir, row)
    told = [defect for defect in problems(study_dir).splitlines() if defect.startswith(f"{MAP}:{line}: ")]
    assert any(what in defect and "; " in defect for defect in told)


def test_a_claim_without_a_row_is_named(study_dir):
    path = study_dir / MAP
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("m.bulky,")]
    path.write_text("\n".join(kept), encoding="utf-8")
    assert "m.bulky: no row of the map is for this claim" in problems(study_dir)
