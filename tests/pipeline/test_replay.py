"""Deliveries taken night by night end in the same tables as one big load of them."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from cartwright.orchestration.commands.refresh import run_night
from cartwright.simulator.generate import simulate
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.intake.feed_table import ingest_table
from cartwright.warehouse.settings import Settings
from houses import House, fingerprint, silent

pytestmark = pytest.mark.slow


def test_a_replay_night_by_night_ends_like_one_big_load(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nights between are ingested, the last is a whole night."""
    days = sorted(date.fromisoformat(path.name) for path in (house.settings.feeds / "lis").iterdir())
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path))
    settings = Settings()
    settings.restricted.mkdir(parents=True)
    shutil.copy2(house.settings.identity_key, settings.identity_key)
    nights = [days[0] + timedelta(n) for n in range((days[-1] - days[0]).days + 1)]
    for night in nights[:-1]:
        simulate(tmp_path, until=night)
        _ingest(settings)
    simulate(tmp_path)
    report = run_night(settings, silent)
    assert report.succeeded, report.problems
    assert fingerprint(settings.places()[0].build_db) == fingerprint(house.place.build_db)


def _ingest(settings: Settings) -> None:
    with open_build(settings) as con:
        for contract in load_contracts().values():
            ingest_table(con, contract, settings)
