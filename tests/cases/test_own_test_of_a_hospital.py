"""A hospital with a test of its own and decimal commas: values are dated facts in their unit, and no check fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cartwright.orchestration import study_reading
from cartwright.orchestration.commands.cli import app
from case_hospital import Case, CaseHospital, patient
from fatal_checks import fatal_failures

pytestmark = pytest.mark.slow
NAME = "OWN"
VALUE = {"result_no": "B1", "local_code": "B2MG", "value_text": "0,34", "unit_text": "mg/dl"}
HEAD = "hospital: mine\ntitle: Mine\nzone: Asia/Shanghai\nfeeds:\n"
HEAD += "".join(f"  {table}: {{decimal_mark: ','}}\n" for table in ("lis_lab_result", "lis_flow_cytometry"))
PLATELETS = {"1.250": 1250, "1.250,5": 1250.5, "0,250": 0.25, "1,250": 1.25, "250": 250, "250.5": 250.5}
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
    values = [VALUE | {"specimen_code": "serum"}]
    for number, text in enumerate(PLATELETS):
        values.append({"result_no": f"P{number}", "local_code": "PLAT", "value_text": text, "unit_text": "10*9/L"})
    values = [value | {"collected_at": f"2020-07-0{day} 08:00"} for day, value in enumerate(values, start=1)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CARTWRIGHT_HOSPITAL", str(folder))
        cases = [Case(NAME, "", patient(NAME, {}, {"lis_lab_result": values}), [])]
        return CaseHospital(tmp_path_factory.mktemp("own_test"), cases)


def test_its_value_is_a_dated_fact_in_its_standard_unit(hospital: CaseHospital) -> None:
    found = hospital.con.execute("SELECT value_num FROM dated.dated_fact WHERE fact = 'lab_b2m'").fetchall()
    assert found == [(pytest.approx(3.4),)]
    unit = hospital.con.execute("SELECT value_type, unit FROM standards.fact WHERE fact = 'lab_b2m'").fetchall()
    assert unit == [("number", "mg/L")]


def test_a_point_before_three_digits_separates_thousands_where_the_laboratory_writes_commas(
    hospital: CaseHospital,
) -> None:
    found = hospital.con.execute(
        "SELECT value_text, number FROM staging.reported_value WHERE list_contains($1, value_text)", [list(PLATELETS)]
    ).fetchall()
    assert dict(found) == pytest.approx(PLATELETS)


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
