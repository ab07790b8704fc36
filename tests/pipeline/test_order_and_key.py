"""Neither the order of rows nor the key behind the pseudonyms moves a digit of the results."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from cartwright.analysis.plan.run import compute
from cartwright.orchestration.commands.refresh import run_night
from cartwright.warehouse.release.reading import read_datasets, records
from cartwright.warehouse.settings import Settings
from houses import House, silent

pytestmark = pytest.mark.slow


def with_other_names(datasets: dict[str, pd.DataFrame], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """The same tables in another order of rows, each patient under another pseudonym."""
    known = datasets["adsl"]["usubjid"]
    names = dict(zip(known, rng.permutation(known), strict=True))
    renamed = {}
    for name, table in datasets.items():
        mixed = table.iloc[rng.permutation(len(table))].reset_index(drop=True)
        if "usubjid" in table:
            others = mixed["usubjid"].map(names)
            if "course_id" in table:  # <usubjid>:<first day>
                day = mixed["course_id"].str.split(":", n=1).str[1]
                mixed["course_id"] = (others + ":" + day).where(day.notna(), mixed["course_id"])
            mixed["usubjid"] = others
        renamed[name] = mixed
    return renamed


def without_names(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns=[column for column in table if column == "usubjid"])


def test_every_analysis_of_the_plan_gives_the_same_digits_in_any_order_under_any_name(house: House) -> None:
    """Draws included: the plan as a night computes it, on tables in another order and with other pseudonyms."""
    with duckdb.connect(str(house.place.build_db), read_only=True) as con:
        plan, populations = records(con, "study.analysis"), records(con, "study.population")
        datasets = read_datasets(con, plan)
    first = compute(datasets, populations, plan)
    again = compute(with_other_names(datasets, np.random.default_rng(4)), populations, plan)
    silent_kinds = ("forest", "declared")  # they show what others found, or words of the plan
    assert set(first["ard"]["analysis_id"]) == {row["analysis_id"] for row in plan if row["kind"] not in silent_kinds}
    for name, table in first.items():
        pd.testing.assert_frame_equal(without_names(again[name]), without_names(table), check_exact=True, obj=name)


def test_two_houses_with_different_keys_publish_the_same_results(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(house.settings.home / "feeds", tmp_path / "feeds")  # the key is made anew
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWRIGHT_RESAMPLING", "none")
    settings = Settings()
    report = run_night(settings, silent)
    assert report.succeeded, report.problems
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{house.place.build_db}' AS one (READ_ONLY)")
        con.execute(f"ATTACH '{settings.places()[0].build_db}' AS other (READ_ONLY)")
        shared = "SELECT count(*) FROM one.adam.adsl SEMI JOIN other.adam.adsl USING (usubjid)"
        assert con.execute(shared).fetchone()[0] == 0, "the key is the same: nothing was tried"
        tables = con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'one' AND schema_name = 'results'"
        ).fetchall()
        assert tables
        for (table,) in tables:
            columns = con.execute(f"SELECT * FROM one.results.{table} LIMIT 0").description
            listed = ", ".join(column for column, *_ in columns if column != "usubjid")
            one, other = (f"SELECT {listed} FROM {house}.results.{table}" for house in ("one", "other"))
            differing = con.execute(
                f"SELECT count(*) FROM (({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one}))"
            ).fetchone()[0]
            assert differing == 0, table
