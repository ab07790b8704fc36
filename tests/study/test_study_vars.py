"""What a study tells dbt before it compiles."""

from pathlib import Path

from warehouse.settings import Settings
from warehouse.study import own_models, read_study
from warehouse.study_vars import dbt_vars


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
