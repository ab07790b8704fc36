"""A model reads a study parameter through the macro only, and a parameter that is not there ends its query."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.own_sql import sql_folder
from cartwright.warehouse.study.parameters import read_by_models
from sql_rules import Rules

pytestmark = pytest.mark.slow
MODELS = Path(__file__).parents[2] / "sql" / "models"
TABLE = '"warehouse"."study"."parameter"'
VALUE = re.compile(
    rf"coalesce\(\s*\(select value_\w+ from {TABLE} where parameter = '(\w+)'\),\s*error\('[^']*'\)\s*\)"
)


def test_no_model_reads_the_table_of_parameters_past_the_macro(rules: Rules) -> None:
    past = {name for name, sql in rules.models.items() if sql.count(TABLE) != len(VALUE.findall(sql))}
    assert not past
    written = [*MODELS.rglob("*.sql"), *sql_folder(Settings().studies[0]).rglob("*.sql")]
    assert not [path.name for path in written if "'parameter')" in path.read_text(encoding="utf-8")]


def test_what_the_compiled_models_read_is_what_the_loader_demands(rules: Rules) -> None:
    read = {name for sql in rules.models.values() for name in VALUE.findall(sql)}
    assert read == read_by_models(Settings().studies[0]).keys()


def test_a_parameter_that_is_not_there_is_an_error_and_never_a_number(rules: Rules) -> None:
    calls = {call.group(1): call.group(0) for sql in rules.models.values() for call in VALUE.finditer(sql)}
    rules.con.execute(f"CREATE OR REPLACE TEMP TABLE no_parameter AS FROM {TABLE} LIMIT 0")
    for name, call in calls.items():
        assert rules.con.execute(f"SELECT {call}").fetchone()[0] is not None
        with pytest.raises(duckdb.Error, match=f"study parameter {name} is missing"):
            rules.con.execute(f"SELECT {call.replace(TABLE, 'no_parameter')}").fetchone()
