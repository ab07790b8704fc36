"""Each case gives the value due. Patients of one hospital, a record of the kinds that every hospital sends in each."""

from __future__ import annotations

import pytest

from case_hospital import Case, CaseHospital, is_due, load_cases

pytestmark = pytest.mark.slow
QUESTIONS = [
    pytest.param(case, question, id=f"{case.case_id}: {question['what']}")
    for case in load_cases()
    for question in case.ask
]


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> CaseHospital:
    """All cases in one hospital: nobody's record may change another's answer."""
    return CaseHospital(tmp_path_factory.mktemp("cases"), load_cases())


@pytest.mark.parametrize(("case", "question"), QUESTIONS)
def test_the_value_due(hospital: CaseHospital, case: Case, question: dict) -> None:
    answer = hospital.answer(case, question["sql"])
    assert is_due(question["due"], answer), f"{case.rule} due {question['due']}, is {answer}"
