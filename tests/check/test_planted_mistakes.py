"""`study check` and `hospital check` find every planted mistake, on its line, with a remedy; a night runs the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from cartwright.orchestration import study_reading
from cartwright.orchestration.commands.cli import app
from cartwright.warehouse.hospital.check import check_folder
from cartwright.warehouse.hospital.definition import HospitalError, load_hospital
from cartwright.warehouse.study.loader import StudyError, load_study
from cartwright.warehouse.yaml_file import Defect
from planted import IN_HOSPITAL, IN_PLAN, IN_PROTOCOL, LAYOUT, Mistake

ROOT = Path(__file__).parents[2]
STUDY, HOSPITAL = ROOT / "studies" / "cd20_salvage", ROOT / "hospitals" / "demonstration"


def named(mistakes: tuple[Mistake, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("mistake", mistakes, ids=[mistake.name for mistake in mistakes])


def study_with(folder: Path, *mistakes: Mistake) -> dict[str, int]:
    """Copy the study with the mistakes; the line on which each must be told, by its name."""
    shutil.copytree(STUDY, folder, ignore=shutil.ignore_patterns("calibration"))
    lines = {}
    for mistake in mistakes:
        path = folder / mistake.file
        text = path.read_text(encoding="utf-8")
        assert mistake.old in text
        lines[mistake.name] = text[: text.index(mistake.old)].count("\n") + 1 + mistake.further
        path.write_text(text.replace(mistake.old, mistake.new, 1), encoding="utf-8")
    return lines


def is_told(defect: Defect, mistake: Mistake, line: int) -> bool:
    said = str(defect)
    return said.startswith(f"{mistake.file}:{line}: ") and all(word in said for word in mistake.words)


def test_there_are_forty() -> None:
    assert (len(IN_PROTOCOL), len(IN_PLAN), len(IN_HOSPITAL)) == (16, 14, 10)


@named(IN_PROTOCOL + IN_PLAN)
def test_a_mistake_in_a_study_is_the_one_defect_found_and_reaches_no_model(tmp_path: Path, mistake: Mistake) -> None:
    line = study_with(tmp_path / "study", mistake)[mistake.name]
    defects = study_reading.check(tmp_path / "study", HOSPITAL).defects
    assert [is_told(defect, mistake, line) for defect in defects] == [True], list(map(str, defects))
    with duckdb.connect() as con:
        with pytest.raises(StudyError) as refused:  # as the night's first step for a study does
            load_study(con, tmp_path / "study", **study_reading.checks(HOSPITAL))
        assert str(refused.value) == "\n".join(map(str, defects))
        assert con.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)


@named(IN_HOSPITAL)
def test_a_mistake_in_a_hospital_is_the_one_defect_found_and_stops_the_load(tmp_path: Path, mistake: Mistake) -> None:
    (tmp_path / "hospital.yml").write_text(LAYOUT, encoding="utf-8")
    (tmp_path / mistake.file).write_bytes(mistake.new.encode("utf-8", "surrogateescape"))
    defects = check_folder(tmp_path).defects
    assert [is_told(defect, mistake, 1 + mistake.further) for defect in defects] == [True], list(map(str, defects))
    with pytest.raises(HospitalError) as refused:
        load_hospital(tmp_path)
    assert str(refused.value) == "\n".join(map(str, defects))


def test_all_that_can_stand_together_are_told_at_once(tmp_path: Path) -> None:
    """Those that leave no YAML to read, and two that say another thing of the same entry, stand alone."""
    alone = ("a tab where YAML wants blanks", "a line set in too far", "an item that nobody declares")
    together = [mistake for mistake in IN_PROTOCOL + IN_PLAN if mistake.name not in alone]
    study_with(tmp_path / "study", *together)
    told = list(map(str, study_reading.check(tmp_path / "study", HOSPITAL).defects))
    missed = [
        mistake.name
        for mistake in together
        if not any(said.startswith(mistake.file) and all(word in said for word in mistake.words) for said in told)
    ]
    assert missed == [], told


def test_the_command_lists_them_and_ends_with_1(tmp_path: Path) -> None:
    study_with(tmp_path / "study", IN_PROTOCOL[4], IN_PLAN[2])
    found = CliRunner().invoke(app, ["study", "check", str(tmp_path / "study")])
    assert found.exit_code == 1
    assert f"{tmp_path}/study/protocol.yml:21: parameters.age_min_years.value: " in found.output
    assert "2 defects" in found.output


@pytest.mark.parametrize("study", sorted(path.parent.name for path in ROOT.glob("studies/*/protocol.yml")))
def test_the_studies_of_the_repository_are_sound(study: str) -> None:
    assert study_reading.check(ROOT / "studies" / study, HOSPITAL).defects == []
