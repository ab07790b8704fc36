"""A selection names one detail of a fact or several; each of them is one that the fact can have."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartwright.orchestration import study_reading
from cartwright.warehouse.settings import CHECKOUT
from cartwright.warehouse.study.example import write_example
from cartwright.warehouse.study.tables import TABLES

HOSPITAL = CHECKOUT / "hospitals" / "demonstration"


def study(folder: Path, details: str) -> Path:
    """A new study whose screening is by a therapy of these classes."""
    write_example(folder)
    path = folder / "protocol.yml"
    (line,) = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("screening:")]
    screening = f"screening: {{anchor: index, label: start, fact: therapy_class, detail_code: {details}, pick: first}}"
    text = path.read_text(encoding="utf-8").replace(line, screening)
    path.write_text(text.replace(_anchor_of(line), "index"), encoding="utf-8")
    return folder


def _anchor_of(line: str) -> str:
    return line.partition("anchor: ")[2].partition(",")[0]


@pytest.mark.parametrize(("details", "joined"), [("antibody", "antibody"), ("[antibody, pola]", "antibody,pola")])
def test_one_detail_or_several_are_written_as_the_models_read_them(tmp_path: Path, details: str, joined: str) -> None:
    read = study_reading.read(study(tmp_path / "mine", details), HOSPITAL)
    (row,) = TABLES["screening"][2](read)
    assert row["detail_code"] == joined


@pytest.mark.parametrize(
    ("details", "words"), [("[antibody, polla]", '"polla"'), ("[]", "too few entries"), ("[3]", "cannot stand here")]
)
def test_a_detail_that_the_fact_cannot_have_is_told(tmp_path: Path, details: str, words: str) -> None:
    told = [str(defect) for defect in study_reading.check(study(tmp_path / "mine", details), HOSPITAL).defects]
    assert any(words in defect and "screening.detail_code" in defect for defect in told), told
