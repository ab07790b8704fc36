"""Dagster's configuration of a house is the operator's, and a house of an earlier version goes on with it."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
import yaml

from cartwright.orchestration import instance as dagster_home
from cartwright.orchestration.dagster_private import SqliteEventLogStorage
from cartwright.orchestration.event_store import KeptSqliteEventStore
from cartwright.warehouse.settings import Settings

# As 37aad1d wrote it, with a limit that its operator changed.
OF_0_1 = """# The Dagster instance of a house.
event_log_storage: {module: orchestration.event_store, class: KeptSqliteEventStore}
telemetry: {enabled: false}
concurrency:
  runs: {max_concurrent_runs: 7}
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DAGSTER_HOME", "unset")  # prepare sets it, the end of the test sets it back
    settings = Settings(home=tmp_path / "house")
    settings.dagster_home.mkdir(parents=True)
    return settings


def test_a_house_whose_configuration_names_our_module_as_it_was_goes_on(settings: Settings) -> None:
    config = settings.dagster_home / "dagster.yaml"
    config.write_text(OF_0_1, encoding="utf-8")
    dagster_home.prepare(settings)
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, KeptSqliteEventStore)
    assert config.read_text(encoding="utf-8") == OF_0_1.replace("module: o", "module: cartwright.o")


@pytest.mark.parametrize("module", ["cartwright.orchestration.event_store", "dagster_postgres.event_log", "orchestra"])
def test_whatever_else_the_operator_wrote_stays(settings: Settings, module: str) -> None:
    config = settings.dagster_home / "dagster.yaml"
    config.write_text(yaml.safe_dump({"event_log_storage": {"module": module, "class": "X"}}), encoding="utf-8")
    before = config.read_bytes()
    dagster_home.prepare(settings)
    assert config.read_bytes() == before


def test_the_index_of_events_is_opened_once_to_see_which_tables_it_has(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stock store opens it anew for each event of a table: a thousand times a night."""
    dagster_home.prepare(settings)
    with dg.DagsterInstance.get() as instance:
        store = instance.event_log_storage
        assert isinstance(store, KeptSqliteEventStore)
        assert store.has_table("asset_event_tags")
        assert not store.has_table("nothing_of_the_kind")
        monkeypatch.setattr(SqliteEventLogStorage, "has_table", lambda *_: pytest.fail("it was opened again"))
        assert store.has_table("asset_event_tags")
