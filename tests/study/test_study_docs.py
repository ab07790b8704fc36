"""docs/studies.md says what is so: its reference is that of the shapes, its walk that of the study it walks through."""

from __future__ import annotations

import dataclasses
import re

import pytest
from pydantic import BaseModel

from cartwright.analysis.plan.definition import Variable
from cartwright.orchestration import study_docs
from cartwright.warehouse.settings import CHECKOUT
from cartwright.warehouse.study.definition import Plan, Protocol

PAGE = study_docs.PAGE.read_text(encoding="utf-8")
WALK = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_reference_is_current() -> None:
    _, found, below = PAGE.partition(study_docs.FIRST_LINE)
    message = "docs/studies.md is stale: run python -m cartwright.orchestration.study_docs"
    assert found + below == study_docs.reference(), message


@pytest.mark.parametrize("shape", [Protocol, Plan])
def test_every_field_says_what_it_means(shape: type[BaseModel]) -> None:
    schema = shape.model_json_schema()
    shapes = {**schema["$defs"], shape.__name__: schema}
    silent = [
        f"{name}.{field}"
        for name, held in shapes.items()
        for field, said in held["properties"].items()
        if not said.get("description")
    ]
    assert not silent


def test_every_section_and_every_key_of_a_variable_is_explained() -> None:
    plain = {"code_lists", "time_zero", "datasets"}
    assert study_docs.SECTIONS.keys() | plain == Protocol.model_fields.keys()
    assert study_docs.VARIABLE.keys() == {field.name for field in dataclasses.fields(Variable)}


def test_every_block_of_the_walk_stands_in_its_study() -> None:
    folder = CHECKOUT / "studies" / "first_line"
    files = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yml")))
    assert len(WALK) > 10
    for block in WALK:
        assert block in files, block
