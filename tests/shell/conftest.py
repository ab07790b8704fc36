"""A small release in a house of its own: one narrow table with comments, one that no terminal holds."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.settings import Settings

WIDE = ", ".join(f"{i} AS measured_on_visit_{i}_days" for i in range(60))
TABLES = f"""
    CREATE SCHEMA meta;
    CREATE TABLE meta.build AS SELECT true AS is_simulated;
    CREATE SCHEMA adam;
    CREATE TABLE adam.adsl (usubjid VARCHAR, age_years INTEGER, first_date DATE, remark VARCHAR);
    INSERT INTO adam.adsl VALUES
        ('CW-0123456789ABCDEF', 61, '2022-01-02', 'seen, "well"'), ('CW-FEDCBA9876543210', NULL, NULL, '');
    COMMENT ON TABLE adam.adsl IS 'One row a subject.';
    COMMENT ON COLUMN adam.adsl.age_years IS 'Age in completed years. At the failure.';
    COMMENT ON COLUMN adam.adsl.usubjid IS 'Pseudonym.';
    CREATE TABLE adam.adtte AS SELECT 'CW-0123456789ABCDEF' AS usubjid, 'OS' AS paramcd, 12.5 AS aval, 'd' AS avalu;
    CREATE SCHEMA mart;
    CREATE TABLE mart.wide AS SELECT 'CW-0123456789ABCDEF' AS usubjid, {WIDE};
"""


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The database of the current release of a house that the environment names."""
    for name in [name for name in os.environ if name.startswith("CARTWRIGHT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path / "house"))
    place = Settings().places()[0]
    folder = place.releases / "r1"
    folder.mkdir(parents=True)
    with duckdb.connect(folder / "release.duckdb") as con:
        con.execute(TABLES)
    told = {"release_id": "r1", "study_id": place.study_id, "is_simulated": True, "data_cut_date": "2022-08-31"}
    (folder / "manifest.json").write_text(json.dumps(told))
    place.current.symlink_to(folder)
    place.current_db.symlink_to(folder / "release.duckdb")
    return place.current_db
