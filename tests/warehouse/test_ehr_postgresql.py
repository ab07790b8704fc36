"""The EHR on a real PostgreSQL server, started for the test and stopped after it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

import postgresql
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.intake.feed_docs import table_ddl
from tiny_hospital import Hospital, sound

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    with postgresql.running("ehr") as url:
        yield url


@pytest.fixture
def ehr(server, tmp_path):
    """(hospital that reads the server, engine that writes it) with the tables of docs/feeds.md."""
    engine = sa.create_engine(server)
    tables = ("ehr_contact", "ehr_vital_sign")
    with engine.begin() as con:
        for table in tables:
            con.execute(sa.text(f"DROP TABLE IF EXISTS {load_contracts()[table].source.name}"))
            con.execute(sa.text("\n".join(table_ddl(load_contracts()[table]))))
    hospital = Hospital(tmp_path / "home")
    hospital.settings.ehr_url = server
    yield hospital, engine
    hospital.con.close()
    engine.dispose()


def insert(engine, table, *rows):
    with engine.begin() as con:
        for row in rows:
            names = ", ".join(row)
            con.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(':' + n for n in row)})"), row)


def test_rows_are_read_in_their_own_types(ehr):
    hospital, engine = ehr
    vital = {
        "vital_id": "V1",
        "mrn": "MRN-000001",
        "measured_at": "2022-01-01 09:00",
        "temperature_cel": 38.1,
        "is_hypotensive": True,
        "row_status": "active",
        "updated_at": "2022-01-01 10:00:00.123456",
    }
    insert(engine, "vital_sign", vital)
    assert hospital.night("ehr_vital_sign").loaded == 1
    assert hospital.rows(
        "SELECT measured_at::VARCHAR, temperature_cel, is_hypotensive, updated_at::VARCHAR, delivered_at::VARCHAR "
        "FROM raw.ehr_vital_sign"
    ) == [("2022-01-01 09:00:00", 38.1, True, "2022-01-01 10:00:00.123456", "2022-01-01 02:00:00.123456+00")]


def test_updates_withdrawals_and_deletions_are_followed(ehr):
    hospital, engine = ehr
    insert(engine, "contact", *(sound("ehr_contact", contact_id=f"C{i}") for i in range(3)))
    assert hospital.night("ehr_contact").loaded == 3
    assert hospital.night("ehr_contact").deliveries == 0
    with engine.begin() as con:
        con.execute(
            sa.text("UPDATE contact SET contact_code = 'admission', updated_at = '2022-01-02' WHERE contact_id = 'C0'")
        )
        con.execute(
            sa.text("UPDATE contact SET row_status = 'withdrawn', updated_at = '2022-01-03' WHERE contact_id = 'C1'")
        )
        con.execute(sa.text("DELETE FROM contact WHERE contact_id = 'C2'"))
    report = hospital.night("ehr_contact", "2022-03-02T15:00:00")
    assert (report.loaded, report.deleted) == (2, 1)
    assert hospital.rows(
        "SELECT contact_id, contact_code, row_status, is_deleted FROM raw.ehr_contact "
        "ORDER BY updated_at, contact_id, is_deleted"
    ) == [
        ("C0", "visit", "active", False),
        ("C1", "visit", "active", False),
        ("C2", "visit", "active", False),
        ("C2", "visit", "active", True),
        ("C0", "admission", "active", False),
        ("C1", "visit", "withdrawn", False),
    ]


def test_moments_with_a_zone_become_the_hospitals_wall_clock(ehr):
    hospital, engine = ehr
    with engine.begin() as con:
        con.execute(sa.text("ALTER TABLE contact ALTER updated_at TYPE TIMESTAMPTZ"))
    insert(engine, "contact", sound("ehr_contact", updated_at="2022-01-01 02:00:00+00"))
    hospital.night("ehr_contact")
    insert(engine, "contact", sound("ehr_contact", contact_id="C2", updated_at="2022-01-02 02:00:00+00"))
    assert hospital.night("ehr_contact").loaded == 1
    assert hospital.rows("SELECT updated_at::VARCHAR FROM raw.ehr_contact ORDER BY 1") == [
        ("2022-01-01 10:00:00",),
        ("2022-01-02 10:00:00",),
    ]


def test_sqlite_and_postgresql_load_the_same_records(ehr, tmp_path):
    hospital, engine = ehr
    rows = [sound("ehr_contact", contact_id=f"C{i}") for i in range(5)]
    insert(engine, "contact", *rows)
    hospital.night("ehr_contact")
    other = Hospital(tmp_path / "other")
    other.ehr("ehr_contact", *rows)
    other.night("ehr_contact")
    everything = "SELECT * FROM raw.ehr_contact ORDER BY ALL"
    assert hospital.rows(everything) == other.rows(everything)
    other.con.close()


def test_the_night_does_not_write_into_the_ehr(ehr):
    from cartwright.warehouse.intake.read_ehr import connected

    hospital, _ = ehr
    with (
        connected(hospital.settings, "Asia/Shanghai") as con,
        pytest.raises(sa.exc.DBAPIError, match="read-only"),
    ):
        con.execute(sa.text("DELETE FROM contact")).all()


def test_a_server_that_is_down_is_refused_without_the_password(ehr):
    hospital, _ = ehr
    hospital.settings.ehr_url = "postgresql+psycopg://ehr:sesame@127.0.0.1:1/postgres"
    hospital.night("ehr_contact")
    assert "could not be read" in hospital.message()
    assert "sesame" not in hospital.message()


BAD = ["infinity", "-infinity", "0044-03-15 BC", "12345-01-01"]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("column", ["contact_date", "updated_at"])
@pytest.mark.parametrize("is_zoned", [False, True])
def test_a_moment_that_no_program_holds_rejects_its_row_only(ehr, column, value, is_zoned):
    hospital, engine = ehr
    if is_zoned:
        with engine.begin() as con:
            con.execute(sa.text("ALTER TABLE contact ALTER updated_at TYPE TIMESTAMPTZ"))
    insert(engine, "contact", sound("ehr_contact"), sound("ehr_contact", contact_id="C2", **{column: value}))
    report = hospital.night("ehr_contact")
    assert (report.loaded, report.rejected) == (1, 1)
    named = hospital.rows("SELECT table_name, column_name, value_class FROM quality.rejected_record")
    assert [row[:2] for row in named] == [("ehr_contact", column)]
    assert hospital.night("ehr_contact", "2022-03-02T15:00:00").deliveries == 0, "it still stands there"
    insert(engine, "contact", sound("ehr_contact", contact_id="C3", updated_at="2022-02-01 10:00"))
    assert hospital.night("ehr_contact", "2022-03-03T15:00:00").loaded == 1


def test_a_table_that_is_locked_is_refused_in_time_and_taken_the_next_night(ehr):
    hospital, engine = ehr
    hospital.settings.ehr_lock_seconds = 1
    insert(engine, "contact", sound("ehr_contact"))
    start = time.monotonic()
    with engine.begin() as con:
        con.execute(sa.text("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE"))
        hospital.night("ehr_contact")
    assert time.monotonic() - start < 10
    assert "the EHR is locked (LockNotAvailable)" in hospital.message()
    assert hospital.night("ehr_contact").loaded == 1


def test_a_statement_that_takes_too_long_is_ended(ehr):
    hospital, engine = ehr
    hospital.settings.ehr_statement_seconds = 1
    with engine.begin() as con:
        con.execute(sa.text("DROP TABLE contact"))
        names = ", ".join(f"'x'::text AS {c.name}" for c in load_contracts()["ehr_contact"].columns)
        con.execute(sa.text(f"CREATE VIEW contact AS SELECT {names} FROM pg_sleep(60)"))
    try:
        start = time.monotonic()
        hospital.night("ehr_contact")
        assert time.monotonic() - start < 10
        assert "took too long or was stopped (QueryCanceled)" in hospital.message()
    finally:
        with engine.begin() as con:
            con.execute(sa.text("DROP VIEW contact"))


def test_a_server_that_freezes_while_it_is_read_is_refused_in_time(ehr, monkeypatch):
    from cartwright.warehouse.intake import read_ehr as source

    hospital, engine = ehr
    hospital.settings.ehr_statement_seconds = 1
    insert(engine, "contact", sound("ehr_contact"))
    frozen, check_table = [], source.check_table

    def freeze(con, *rest):
        found = check_table(con, *rest)
        frozen.append(con.execute(sa.text("SELECT pg_backend_pid()")).scalar())
        os.kill(frozen[0], signal.SIGSTOP)
        return found

    monkeypatch.setattr(source, "check_table", freeze)
    start = time.monotonic()
    try:
        hospital.night("ehr_contact")
    finally:
        os.kill(frozen[0], signal.SIGCONT)
    assert time.monotonic() - start < 15
    assert "could not be read" in hospital.message()


def test_a_server_that_dies_while_it_is_read_is_refused_and_the_next_night_takes_everything(ehr, monkeypatch):
    from cartwright.warehouse.intake import read_ehr as source

    hospital, engine = ehr
    insert(engine, "contact", *(sound("ehr_contact", contact_id=f"C{i}") for i in range(3)))
    check_table = source.check_table

    def die(con, *rest):
        found = check_table(con, *rest)
        os.kill(con.execute(sa.text("SELECT pg_backend_pid()")).scalar(), signal.SIGKILL)  # takes all others with it
        return found

    with monkeypatch.context() as tonight:
        tonight.setattr(source, "check_table", die)
        assert hospital.night("ehr_contact").loaded == 0
    assert "could not be read" in hospital.message()
    engine.dispose()
    _wait_for(engine)
    assert hospital.night("ehr_contact", "2022-03-02T15:00:00").loaded == 3


def _wait_for(engine):
    """Until the server has come back by itself."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return engine.connect().close()
        except sa.exc.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_a_table_that_lost_a_column_or_most_rows_is_refused_and_taken_once_it_is_whole(ehr):
    hospital, engine = ehr
    insert(engine, "contact", *(sound("ehr_contact", contact_id=f"C{i}") for i in range(300)))
    hospital.night("ehr_contact")
    with engine.begin() as con:
        con.execute(sa.text("ALTER TABLE contact RENAME contact_code TO code"))
    (problem,) = hospital.night("ehr_contact", "2022-03-02T15:00:00").problems
    assert "columns missing: contact_code" in problem
    with engine.begin() as con:
        con.execute(sa.text("ALTER TABLE contact RENAME code TO contact_code"))
        con.execute(sa.text("CREATE TABLE away AS SELECT * FROM contact"))
        con.execute(sa.text("DELETE FROM contact WHERE contact_id <> 'C0'"))
    report = hospital.night("ehr_contact", "2022-03-03T15:00:00")
    assert "299 of 300 rows are no longer in the table" in report.problems[0]
    with engine.begin() as con:
        con.execute(sa.text("INSERT INTO contact SELECT * FROM away WHERE contact_id <> 'C0'"))
        con.execute(sa.text("DROP TABLE away"))
    hospital.night("ehr_contact", "2022-03-04T15:00:00")
    assert hospital.rows("SELECT count(*), count(*) FILTER (is_deleted) FROM raw.ehr_contact") == [(300, 0)]


def test_a_frozen_server_is_refused_in_time(server, tmp_path):
    hospital = Hospital(tmp_path / "home")
    hospital.settings.ehr_url, hospital.settings.ehr_connect_seconds = server, 2
    with sa.create_engine(server).connect() as con:
        folder = con.execute(sa.text("SHOW data_directory")).scalar()
    postmaster = int(Path(folder, "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGSTOP)
    start = time.monotonic()
    try:
        hospital.night("ehr_contact")
    finally:
        os.kill(postmaster, signal.SIGCONT)
    assert time.monotonic() - start < 10
    assert "could not be read" in hospital.message()
    hospital.con.close()


def test_padded_characters_numbers_and_booleans_say_the_same(ehr):
    hospital, engine = ehr
    with engine.begin() as con:
        con.execute(sa.text("ALTER TABLE contact ALTER contact_id TYPE CHAR(20), ALTER mrn TYPE VARCHAR(20)"))
    insert(engine, "contact", sound("ehr_contact", mrn=" MRN-000001  "))
    assert hospital.night("ehr_contact").loaded == 1
    assert hospital.rows("SELECT contact_id, mrn FROM raw.ehr_contact") == [("C1", "MRN-000001")]
    assert hospital.night("ehr_contact", "2022-03-02T15:00:00").deliveries == 0
