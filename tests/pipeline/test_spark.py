"""The models on a real Spark cluster of a master and two workers: the tables of the same night, cell by cell.

Those models are asked that say most of what the engines read differently; `cartwright spark` asks all.
"""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import duckdb
import pytest

import spark_session
from cartwright.orchestration.spark.beside import build_beside
from cartwright.orchestration.spark.cluster import ENDS_WITH_US
from cartwright.orchestration.spark.models import files_of
from cartwright.orchestration.spark.parity import Compared, compare
from houses import House

OF_THE_HOSPITAL = ("reported_value", "stg_lis__lab_result", "lb")
OF_THE_STUDY = ("anchor_occurrence",)


@pytest.mark.slow
def test_spark_gives_the_tables_of_the_night(house: House) -> None:
    spark_session.demanded()
    heard: list[str] = []
    sides = build_beside(house.settings, heard.append, (*OF_THE_HOSPITAL, *OF_THE_STUDY))
    found = {table.table.partition(".")[2]: table for side in sides for table in side.tables}
    assert found.keys() == {*OF_THE_HOSPITAL, *OF_THE_STUDY}
    assert [str(table) for table in found.values() if not table.is_equal] == []
    assert not [name for name, table in found.items() if not table.rows], "an empty table is equal to anything"
    assert all(len(side.busy) > 1 for side in sides), "each of the two workers had work"
    assert not (house.settings.restricted / "workshop" / "spark").exists(), "what it wrote may identify patients"


def test_what_is_started_for_spark_ends_where_signals_are_ignored() -> None:
    """As below a shell that runs it in the background: the night waited for its cluster for ever."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        process = subprocess.Popen([*ENDS_WITH_US, "sleep", "60"])
    finally:
        signal.signal(signal.SIGTERM, before)
    time.sleep(0.5)  # until it is `sleep`
    process.terminate()
    try:
        assert process.wait(10) == -signal.SIGTERM
    finally:
        process.kill()


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(
        "CREATE SCHEMA sdtm; CREATE TABLE sdtm.lb AS SELECT 1 AS lbseq, 'x' AS lbtestcd UNION ALL SELECT 1, 'x'"
    )
    return con


@pytest.mark.parametrize(
    ("theirs", "due"),
    [
        ("SELECT 1 AS lbseq, 'x' AS lbtestcd UNION ALL SELECT 1, 'x'", Compared("sdtm.lb", 2)),
        ("SELECT 1 AS lbseq, 'x' AS lbtestcd", Compared("sdtm.lb", 2, only_duckdb=1)),
        ("SELECT 1 AS lbseq, 'y' AS lbtestcd", Compared("sdtm.lb", 2, only_duckdb=2, only_spark=1)),
        ("SELECT 1::BIGINT AS lbseq, 'x' AS lbtestcd", Compared("sdtm.lb", 2, columns=("lbseq INTEGER / BIGINT",))),
        ("SELECT 'x' AS lbtestcd, 1 AS lbseq", Compared("sdtm.lb", 2, columns=("their order",))),
    ],
)
def test_a_difference_is_told(con: duckdb.DuckDBPyConnection, tmp_path: Path, theirs: str, due: Compared) -> None:
    folder = files_of(tmp_path, "sdtm.lb")
    folder.mkdir(parents=True)
    con.execute(f"COPY ({theirs}) TO '{folder}/part.parquet' (FORMAT parquet)")
    found = compare(con, "sdtm.lb", tmp_path)
    assert found == due
    assert found.is_equal == (due == Compared("sdtm.lb", 2))


def test_a_table_that_spark_did_not_build_is_no_equal_table(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = compare(con, "sdtm.lb", tmp_path)
    assert found.is_missing
    assert not found.is_equal
