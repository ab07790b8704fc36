"""A parameter that somebody reads is declared, and one that nobody reads is not: both stop the load."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from cartwright.warehouse.study.loader import StudyError, read_study
from cartwright.warehouse.study.parameters import missing_parameters, read_by_models

STUDY_DIR = Path(__file__).parents[2] / "studies" / "cd20_salvage"
DECLARED = yaml.safe_load((STUDY_DIR / "protocol.yml").read_text(encoding="utf-8"))["parameters"]


def refused(tmp_path: Path, old: str, new: str) -> str:
    """What the loader says of the study when, in its protocol, `old` has become `new`."""
    study = Path(shutil.copytree(STUDY_DIR, tmp_path / "study"))
    text = (study / "protocol.yml").read_text(encoding="utf-8")
    assert old in text
    (study / "protocol.yml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(StudyError) as error:
        read_study(study)
    return str(error.value)


def lines_of(name: str) -> str:
    """The declaration of a parameter: its line, and those that go on further in."""
    text = (STUDY_DIR / "protocol.yml").read_text(encoding="utf-8")
    return re.search(rf"^  {name}: .*\n(?:    .*\n)*", text, flags=re.MULTILINE)[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", DECLARED)
def test_a_study_without_any_one_of_its_parameters_is_refused(tmp_path: Path, name: str) -> None:
    said = refused(tmp_path, lines_of(name), "")
    assert "protocol.yml" in said or "claims_map.csv" in said
    assert name in said


def test_a_missing_parameter_names_its_reader_and_the_nearest_name_that_nobody_reads(tmp_path: Path) -> None:
    said = refused(tmp_path, "  bridging_max_days:", "  bridging_maxi_days:")
    assert 'parameters: the parameter "bridging_max_days" is missing, and the model ' in said
    assert 'rename "bridging_maxi_days"' in said
    assert 'nothing reads the parameter "bridging_maxi_days"; remove it, or call it "bridging_max_days"' in said


def test_a_limit_that_names_a_missing_parameter_is_told_the_nearest_one(tmp_path: Path) -> None:
    said = refused(tmp_path, "  ipi_stage_min:", "  ipi_stages_min:")
    assert '"ipi_stage_min" is no parameter' in said
    assert 'did you mean "ipi_stages_min"?' in said


def test_a_parameter_that_nobody_reads_is_refused(tmp_path: Path) -> None:
    said = refused(
        tmp_path, "parameters:\n", 'parameters:\n  coffee_max: {value: 3, origin: decided, description: "Cups."}\n'
    )
    assert 'protocol.yml:19: parameters.coffee_max: nothing reads the parameter "coffee_max"' in said


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("bridging_max_days", "large", "a number"),
        ("time_zero_latest_date", "20220531", "a date"),
    ],
)
def test_a_parameter_of_another_type_than_its_reader_takes_is_refused(
    tmp_path: Path, name: str, value: str, wanted: str
) -> None:
    said = refused(tmp_path, lines_of(name), f'  {name}: {{value: {value}, origin: paper, description: "x"}}\n')
    assert f"parameters.{name}.value: " in said
    assert f"is not {wanted}" in said


def test_a_yes_is_no_number(tmp_path: Path) -> None:
    said = refused(tmp_path, "{value: 18,", "{value: true,")
    assert "parameters.age_min_years.value: yes is read as true" in said


def test_the_calls_of_the_macro_are_found_with_their_kind_in_the_studys_own_models_too(tmp_path: Path) -> None:
    (tmp_path / "sql" / "some").mkdir(parents=True)
    (tmp_path / "sql" / "some" / "model.sql").write_text(
        "select {{ study_parameter('a_min') }}, {{study_parameter( 'b_date' , 'date')}}, '{{ other(\"c\") }}'",
        encoding="utf-8",
    )
    of_every_study = read_by_models(tmp_path / "none")
    read = read_by_models(tmp_path)
    assert read == {**of_every_study, "a_min": ("num", "model"), "b_date": ("date", "model")}
    assert len(read) == len(of_every_study) + 2


def test_the_published_study_lacks_nothing() -> None:
    assert not list(missing_parameters(read_study(STUDY_DIR).protocol, STUDY_DIR))
