"""What a study tells dbt before it compiles."""

from pathlib import Path

from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.dbt_vars import dbt_vars
from cartwright.warehouse.study.loader import read_study
from cartwright.warehouse.study.own import own_models


def test_the_study_names_its_endpoints() -> None:
    assert "OS" in dbt_vars(read_study(Settings().studies[0]))["endpoints"]


def test_own_models_are_known_by_their_folder(tmp_path: Path) -> None:
    for name in ("items/second.sql", "items/first.sql", "free/other.sql"):
        path = tmp_path / "sql" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("select 1")
    found = own_models(tmp_path)
    assert found["items"] == ["first", "second"]
    assert found["facts"] == []
    assert found["free"] == ["other"]


def test_the_study_names_its_columns_with_type_and_meaning_and_how_deep_its_days_and_items_lie() -> None:
    told = dbt_vars(read_study(Settings().studies[0]))
    columns = {column["name"]: column for column in told["study_columns"]}
    assert columns["age_years"]["type"] == "integer"
    assert columns["is_bulky"]["type"] == "boolean"
    assert columns["cd20_expression_percent"]["item"] == "cd20_percent"
    assert columns["cd19_failure_date"]["type"] == "date"
    assert columns["crs_grade"]["is_followed_only"]
    assert all(column["description"] for column in columns.values())
    assert told["anchor_levels"] == 3  # infusion, failure, time zero, the cells given then
    assert told["item_levels"] == 2  # age, index, whether it is high
