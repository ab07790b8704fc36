"""A laboratory test that only the hospital has: its values are dated facts, and no check fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from cartwright.orchestration import study_reading
from cartwright.orchestration.commands.cli import app
from case_hospital import Case, CaseHospital, patient
from fatal_checks import fatal_failures
from typer.testing import CliRunner

pytestmark = pytest.mark.slow
NAME = "OWN"
VALUE = {"result_no": "B1", "local_code": "B2MG", "value_text": "0,34", "unit_text": "mg/dl"}
HEAD = "hospital: mine\ntitle: Mine\nzone: Asia/Shanghai\n"
QUANTITY = "lbtestcd,standard_unit,base_unit,factor,is_iu_u\nB2M,mg/L,kg.m-3,0.001,false\n"
TEST = "local_code,lbtestcd,lbtest\nB2MG,B2M,Beta-2 microglobulin\n"
ITEM = "  - {item: b2m, label: B2M, kind: pick, fact: lab_b2m, anchor: start, to_day: 0, pick: latest, column: true}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("own_hospital")
    for name, text in (("hospital.yml", HEAD), ("quantity.csv", QUANTITY), ("lab_test.csv", TEST)):
        (place / name).write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def hospital(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> CaseHospital:
    value = VALUE | {"collected_at": "2020-07-02 08:00", "specimen_code": "serum"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CARTWRIGHT_HOSPITAL", str(folder))
        cases = [Case(NAME, "", patient(NAME, {}, {"lis_lab_result": [value]}), [])]
        return CaseHospital(tmp_path_factory.mktemp("own_test"), cases)


def test_its_value_is_a_dated_fact_in_its_standard_unit(hospital: CaseHospital) -> None:
    found = hospital.con.execute("SELECT value_num FROM dated.dated_fact WHERE fact = 'lab_b2m'").fetchall()
    assert found == [(pytest.approx(3.4),)]
    unit = hospital.con.execute("SELECT value_type, unit FROM standards.fact WHERE fact = 'lab_b2m'").fetchall()
    assert unit == [("number", "mg/L")]


def test_no_fatal_check_fails(hospital: CaseHospital) -> None:
    assert fatal_failures(hospital) == []


def test_a_study_names_it_as_a_fact_of_its_own_without_a_model(folder: Path, tmp_path: Path) -> None:
    study = tmp_path / "mine"
    CliRunner().invoke(app, ["study", "new", str(study)])
    path = study / "protocol.yml"
    text = path.read_text(encoding="utf-8").replace("items:\n", "items:\n" + ITEM)
    path.write_text(text, encoding="utf-8")
    assert ['"lab_b2m" is no fact' in str(defect) for defect in study_reading.check(study, folder).defects] == [True]
    own = "own_facts: [{fact: lab_b2m, value_type: number, description: Beta-2 microglobulin in mg/L.}]\n"
    path.write_text(text + own, encoding="utf-8")
    assert study_reading.check(study, folder).defects == []
    elsewhere = Path(__file__).parents[2] / "hospitals" / "demonstration"
    assert "sql/facts has none" in str(study_reading.check(study, elsewhere).defects)
