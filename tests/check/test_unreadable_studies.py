"""Whatever a file of a study holds, the check tells a defect of it: an error would take the night from every study."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cartwright.analysis.report import dictionary
from cartwright.orchestration import structure, study_reading
from cartwright.warehouse.settings import CHECKOUT, Settings
from cartwright.warehouse.study.checks import RESULT_TABLES
from cartwright.warehouse.study.place import MAX_ID, study_id_of

HOSPITAL = CHECKOUT / "hospitals" / "demonstration"
CONTENTS = {
    "nothing": b"",
    "a list": b"- a\n- b\n",
    "a text": b"hello",
    "bytes": bytes(range(256)),
    "an anchor that holds itself": b"study: &a [*a]\n",
    "brackets without an end": b"study: " + b"[" * 3000 + b"]" * 3000,
    "a number of 5,000 digits": b"study: " + b"1" * 5000,
    "a key that is a list": b"? [a, b]\n: c\n",
    "a program": b"study: !!python/object:os.system {}\n",
}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return shutil.copytree(CHECKOUT / "studies" / "rated_response", tmp_path / "rated")


def told(study: Path) -> list[str]:
    return [str(defect) for defect in study_reading.check(study, HOSPITAL).defects]


@pytest.mark.parametrize("file", ["protocol.yml", "analysis_plan.yml", "checklist.yml"])
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_file_that_is_no_such_file_is_a_defect(study: Path, file: str, content: bytes) -> None:
    (study / file).write_bytes(content)
    assert any(defect.startswith(file) for defect in told(study))


@pytest.mark.parametrize("file", ["sql/items/mine.sql", "sql/items/mine.yml", "published_claims.csv"])
def test_a_file_that_is_not_utf8_is_told_by_its_line(study: Path, file: str) -> None:
    (study / file).parent.mkdir(parents=True, exist_ok=True)
    (study / file).write_bytes(b"select\n\xff\n")
    assert told(study) == [f"{file}:2: a letter that is not UTF-8; save the file as UTF-8"]


def test_a_model_that_leads_nowhere_is_told(study: Path) -> None:
    (study / "sql" / "items").mkdir(parents=True)
    (study / "sql" / "items" / "mine.sql").symlink_to("/nowhere")
    assert told(study)[0].startswith("sql/items/mine.sql: cannot be read")


@pytest.mark.parametrize("study_id", ["raw", "facts", "x" * (MAX_ID + 1)])
def test_a_study_is_not_called_like_the_hospitals_tables_nor_longer_than_a_file(study: Path, study_id: str) -> None:
    rewrite(study / "protocol.yml", "study_id: rated_response", f"study_id: {study_id}")
    assert any("study.study_id" in defect for defect in told(study))
    assert len(study_id_of(study)) <= MAX_ID


@pytest.mark.parametrize("name", ["survival", "survival.p fs", "survival.p/../fs", "Survival.PFS", "a.b.c"])
def test_an_output_is_called_section_dot_name(study: Path, name: str) -> None:
    rewrite(study / "analysis_plan.yml", "survival.pfs", name)
    assert any("output_id" in defect for defect in told(study))


@pytest.mark.parametrize("name", ["second.opinion", "claims.audit", "survival_x.pfs"])
def test_no_output_takes_the_name_of_another_table(study: Path, name: str) -> None:
    rewrite(study / "analysis_plan.yml", "survival.pfs", name)
    rewrite(study / "analysis_plan.yml", "survival.os", "survival.x_pfs")
    assert any("are both called" in defect for defect in told(study))


def test_tables_of_results_that_an_output_could_be_called_like_are_known() -> None:
    assert set(RESULT_TABLES) == {table for table in dictionary.TABLES if "_" in table}


def test_whatever_reading_a_study_raises_the_definitions_of_the_house_go_on(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr(study_reading, "read", fails)
    house = Settings(home=tmp_path / "house", studies=(study,))
    assert structure._study(house, house.places()[0]) is None


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
