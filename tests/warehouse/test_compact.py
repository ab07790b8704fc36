"""A compacted build file holds what it held, in less space, without the checks of forgotten runs."""

from __future__ import annotations

import stat

import duckdb
import pytest

from cartwright.warehouse.connect import open_build
from cartwright.warehouse.upkeep import compact as module
from cartwright.warehouse.upkeep.compact import NotEqual, compact
from tiny_hospital import Hospital, sound

LAB = "lis_lab_result"


@pytest.fixture
def hospital(hospital: Hospital) -> Hospital:
    """A build file with records, and with much that was deleted."""
    hospital.deliver(LAB, *[sound(LAB, result_no=f"R{i}") for i in range(50)])
    hospital.night(LAB)
    con = hospital.con
    con.execute("INSERT INTO quality.check_result (run_id, check_id) VALUES ('old', 'a'), ('new', 'b')")
    con.execute("INSERT INTO quality.failing_key (run_id, check_id) VALUES ('old', 'a'), ('new', 'b')")
    con.execute("CREATE TABLE raw.waste AS SELECT random() AS number FROM range(500000)")
    con.execute("CHECKPOINT")
    con.execute("DROP TABLE raw.waste")
    con.close()
    return hospital


def test_space_comes_back_and_nothing_else_changes(hospital: Hospital) -> None:
    before, after = compact(hospital.settings, hospital.settings.build_db, ["new"])
    assert after < before * 0.7
    with open_build(hospital.settings) as con:
        assert con.execute(f"SELECT count(*) FROM raw.{LAB}").fetchone() == (50,)
        assert con.execute("SELECT run_id FROM quality.check_result").fetchall() == [("new",)]
        assert con.execute("SELECT run_id FROM quality.failing_key").fetchall() == [("new",)]
        with pytest.raises(duckdb.ConstraintException):
            con.execute("INSERT INTO quality.delivery_ledger SELECT * FROM quality.delivery_ledger")
    assert stat.S_IMODE(hospital.settings.build_db.stat().st_mode) == 0o600


def test_a_file_that_would_differ_is_not_taken(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    real = module._content

    def loses_a_row(con: duckdb.DuckDBPyConnection, table: str) -> tuple:
        if table.startswith(f'compacted.raw."{LAB}"'):
            con.execute(f"DELETE FROM {table} WHERE result_no = 'R7'")
        return real(con, table)

    monkeypatch.setattr(module, "_content", loses_a_row)
    with pytest.raises(NotEqual, match=f"raw.{LAB}"):
        compact(hospital.settings, hospital.settings.build_db, ["new"])
    with open_build(hospital.settings) as con:
        assert con.execute(f"SELECT count(*) FROM raw.{LAB}").fetchone() == (50,)
    assert [path.name for path in hospital.settings.build_db.parent.glob("*compacted*")] == []
