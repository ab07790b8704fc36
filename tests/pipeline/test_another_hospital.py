"""A hospital that nobody calibrated: another seed goes through the same protocol and the same plan, without an edit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cartwright.orchestration.commands.refresh import run_night
from cartwright.simulator.generate import simulate
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.release.reading import records
from cartwright.warehouse.settings import Settings
from houses import silent
from truth import compare

pytestmark = pytest.mark.slow


def test_another_seed_runs_through_the_same_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWRIGHT_RESAMPLING", "night")
    simulate(tmp_path, seed=7)
    settings = Settings()
    report = run_night(settings, silent)
    assert report.succeeded, report.problems
    found = compare(settings)
    assert not found.differences, str(found)
    with open_release(settings.places()[0].current_db) as con:
        executed = {row["analysis_id"] for row in records(con, "results.analysis")}
        planned = {row["analysis_id"] for row in records(con, "study.analysis")}
        unexplained = con.execute(
            "SELECT count(*) FROM results.ard WHERE isnan(coalesce(value, 'nan')) AND flag IS NULL"
        ).fetchone()[0]
    assert executed == planned
    assert unexplained == 0
    manifest = json.loads((settings.places()[0].current / "manifest.json").read_text())
    assert manifest["run_id"] == report.run_id
    assert manifest["ingredients"]["resampling"] == "night"
