"""What `cartwright study new` writes is a study that a night publishes as it is: without responses, without groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartwright.orchestration.commands.refresh import run_night
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.example import write_example
from houses import silent

pytestmark = pytest.mark.slow


def test_a_new_study_is_published_on_the_demonstration_hospital(
    copy_of_house: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_example(tmp_path / "mine")
    monkeypatch.setenv("CARTWRIGHT_STUDIES", str(tmp_path / "mine"))
    settings = Settings()
    night = run_night(settings, silent, "mine")
    assert night.succeeded, night.problems
    with open_release(settings.places()[0].current_db) as con:
        columns = {name for name, *_ in con.execute("DESCRIBE adam.adsl").fetchall()}
        screened, included = con.execute("SELECT count(*), count(*) FILTER (inclfl = 'Y') FROM adam.adsl").fetchone()
        median = con.execute(
            "SELECT count(*) FROM results.ard WHERE analysis_id = 'os' AND statistic LIKE 'median%' AND n = ?",
            [included],
        ).fetchone()
    assert {"age_years", "is_older", "sex_code"} <= columns
    assert not columns & {"best_response_code", "is_responder", "rspevlfl"}
    assert 0 < included <= screened
    assert median[0] > 0
