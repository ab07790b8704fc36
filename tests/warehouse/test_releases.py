"""Releases: equal inputs give an equal id, nothing identifying leaves, publication is whole or not at all."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest
import sqlalchemy as sa

from cartwright.warehouse import build_row as meta
from cartwright.warehouse.connect import open_release, release_url, time_limit
from cartwright.warehouse.identity import key as identity_key
from cartwright.warehouse.quality.check_results import store
from cartwright.warehouse.release import catalogue, cell, diff, fingerprint, guard, trace
from cartwright.warehouse.release import releases as release
from cartwright.warehouse.release.guard import Search
from cartwright.warehouse.release.published import Undeclared, keyed
from cartwright.warehouse.release.tables import published_tables
from cartwright.warehouse.release_engine import release_engine
from test_check_store import PASSED
from tiny_hospital import Hospital, releasing, sound

REQUIRED = [PASSED.check_id]
CUT = date(2022, 8, 31)
LAB = "lis_lab_result"


_OF_HOSPITAL = """
    CREATE SCHEMA facts;
    CREATE TABLE facts.contact AS
    SELECT unnest(['CW-1', 'CW-7']) AS usubjid, DATE '2022-01-02' AS contact_date, record_id FROM raw.lis_lab_result;
"""
_OF_STUDY = """
    CREATE SCHEMA study;
    CREATE TABLE study.study AS
    SELECT 's1' AS study_id, 'A study' AS title, DATE '2022-08-31' AS data_cut_date, 'Asia/Shanghai' AS zone;
    CREATE TABLE study.dataset AS SELECT 'adtte' AS dataset UNION ALL SELECT 'adlb';
    CREATE TABLE study.population AS
    SELECT 'all' AS population, 'inclfl' AS column_name, '=' AS operator, 'Y' AS value;
    CREATE TABLE study.analysis AS
    SELECT 'os' AS analysis_id, 'all' AS population, 'OS' AS endpoint, 'group_code' AS group_by,
           '[{"level": "cd20", "label": "Cells"}, {"level": "noncart", "label": "None"}]' AS group_levels;
    CREATE SCHEMA adam;
    CREATE TABLE adam.adsl (usubjid VARCHAR, inclfl VARCHAR, group_code VARCHAR);
    INSERT INTO adam.adsl VALUES ('CW-1', 'Y', 'cd20'), ('CW-2', 'Y', 'noncart');
    CREATE TABLE adam.adtte AS
    SELECT 'CW-' || s AS usubjid, 'OS' AS paramcd, DATE '2021-01-01' AS startdt, DATE '2022-01-02' AS adt, 1 AS cnsr,
           NULL::VARCHAR AS evntdesc, 'alive' AS cnsdtdsc, (SELECT record_id FROM raw.lis_lab_result) AS record_id
    FROM range(1, 3) AS t(s);
    COMMENT ON TABLE adam.adtte IS 'Time to event.';
    COMMENT ON COLUMN adam.adtte.adt IS 'Analysis date: the event''s.';
    CREATE SCHEMA eligibility;
    CREATE TABLE eligibility.screening AS SELECT unnest(['CW-1', 'CW-2']) AS usubjid, true AS is_included;
    CREATE TABLE adam.evidence AS
    SELECT 'CW-1' AS usubjid, 'adam.adtte' AS table_name, 'OS' AS item, NULL::VARCHAR AS row_key, 'r1' AS record_id,
           NULL::VARCHAR AS part, 'censored at' AS role, NULL::VARCHAR AS note;
    CREATE SCHEMA results;
    CREATE TABLE results.analysis AS
    SELECT 'os' AS analysis_id, 'survival.os' AS output_id, 1 AS seq;
    CREATE TABLE results.analysis_member AS
    SELECT 'os' AS analysis_id, * FROM (VALUES
        ('CW-1', 'cd20', NULL::VARCHAR, NULL::VARCHAR, true, NULL::BOOLEAN, false, NULL::DOUBLE, NULL),
        ('CW-2', 'noncart', NULL, NULL, false, NULL, NULL, NULL, 'without the endpoint')
    ) AS t(usubjid, group_level, variable, variable_level, is_used, has_level, is_event, weight, reason);
"""


def furnish(hospital):
    """A house with a study, one lab result and an endpoint that goes back to it."""
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    hospital.con.execute(_OF_HOSPITAL)
    identity_key.establish(hospital.con, hospital.settings)
    hospital.furnish()
    hospital.con.execute(_OF_STUDY)
    meta.write_study_row(hospital.con)
    return hospital


@pytest.fixture
def house(hospital):
    return furnish(hospital)


def build(house, release_id=None, run="run", outcome="passed", files=None, **options):
    store(house.con, run, [replace(PASSED, outcome=outcome)])
    release_id = release_id or release.release_id(house.con, house.settings, house.place)
    built = release.build(*releasing(house), release_id, [run], REQUIRED, **options)
    release.add_files(Search(house.con, house.place.folder), built, files or {})
    return built


def shown_id(house, record_id):
    """What stands for a record in releases."""
    return keyed(identity_key.read_key(house.settings), record_id)


def publish(house, *args, **options):
    return release.publish(house.place, build(house, *args, **options))


def test_a_release_carries_tables_comments_parquet_files_and_a_manifest(house):
    published = publish(house, files={"report.html": b"<html>", "figures/os.svg": b"<svg>"})
    assert published.is_new
    assert published.is_current
    with open_release(house.place.current_db) as con:
        assert con.execute("SELECT count(*) FROM adam.adtte").fetchone() == (2,)
        entries = {f"{e.schema}.{e.table}.{e.column}": e for e in catalogue.catalogue(con)}
        assert entries["adam.adtte.adt"].column_comment == "Analysis date: the event's."
        assert entries["adam.adtte.adt"].table_comment == "Time to event."
    assert duckdb.sql(f"SELECT count(*) FROM '{published.path}/parquet/adam/adtte.parquet'").fetchone() == (2,)
    assert (published.path / "figures" / "os.svg").read_bytes() == b"<svg>"
    manifest = json.loads((published.path / "manifest.json").read_text())
    assert manifest["is_simulated"] is False
    assert manifest["inputs"][LAB] == {"deliveries": 1, "records": 1, "loaded": 1, "rejected": 0, "duplicates": 0}
    assert manifest["tables"]["adam.adtte"]["rows"] == 2
    assert manifest["checks"] == [{"severity": "fatal", "outcome": "passed", "count": 1}]


def test_only_published_schemas_and_the_checks_of_this_run_leave(house):
    store(house.con, "yesterday", [PASSED])
    publish(house)
    with open_release(house.place.current_db) as con:
        schemas = {row[0] for row in con.execute("SELECT DISTINCT schema_name FROM duckdb_tables()").fetchall()}
        assert schemas == {"adam", "eligibility", "facts", "results", "study", "quality", "meta"}
        assert con.execute("SELECT DISTINCT run_id FROM quality.check_result").fetchall() == [("run",)]


def test_a_dataset_that_the_study_does_not_list_is_not_released(house):
    for name in ("adlb", "adae", "something_else"):
        house.con.execute(f"CREATE TABLE adam.{name} AS SELECT 'CW-1' AS usubjid")
    released = published_tables(house.con)
    assert [table for table in released if table.startswith("adam.")] == [
        "adam.adlb",
        "adam.adsl",
        "adam.adtte",
        "adam.evidence",
        "adam.something_else",
    ]


def test_simulated_feeds_are_said_to_be_simulated(house):
    house.settings.simulated_marker.write_text("{}")
    with house.in_hospital():
        meta.write_build_row(house.con, house.settings, CUT)
    meta.write_study_row(house.con)
    assert json.loads((publish(house).path / "manifest.json").read_text())["is_simulated"] is True


def test_released_files_cannot_be_changed(house):
    published = publish(house)
    modes = {stat.S_IMODE(p.stat().st_mode) for p in published.path.rglob("*") if p.is_file()}
    assert modes == {0o444}
    assert not list(published.path.rglob("*.wal"))


def test_a_release_is_on_the_disk_before_it_is_current(tmp_path, monkeypatch):
    (tmp_path / "parquet" / "adam").mkdir(parents=True)
    paths = {tmp_path, tmp_path / "parquet", tmp_path / "parquet" / "adam", tmp_path / "parquet" / "adam" / "x.parquet"}
    (tmp_path / "parquet" / "adam" / "x.parquet").write_bytes(b"x")
    waited_for = []
    monkeypatch.setattr(release, "sync", waited_for.append)
    release.make_immutable(tmp_path)
    assert sorted(waited_for) == sorted(paths)


def test_equal_inputs_give_an_equal_id_and_release(house):
    first = publish(house)
    content = (first.path / "manifest.json").read_bytes()
    again = publish(house, run="second run")
    assert (again.release_id, again.is_new) == (first.release_id, False)
    assert (first.path / "manifest.json").read_bytes() == content, "what was published never changes"


def test_equal_inputs_with_another_result_keep_both_builds_and_publish_neither_again(house):
    first = publish(house)
    house.con.execute("UPDATE adam.adtte SET cnsr = 0")  # something decided that the id does not know
    built = build(house)
    with pytest.raises(release.NotPublished, match=r"other content in adam\.adtte"):
        release.publish(house.place, built)
    assert built.exists()
    assert house.place.current.resolve() == first.path


def test_the_id_changes_with_records_study_as_of_key_and_resampling(house):
    ids = [release.release_id(house.con, house.settings, house.place)]

    def note():
        ids.append(release.release_id(house.con, house.settings, house.place))

    house.con.execute("UPDATE study.study SET title = 'Another study'")
    note()
    house.deliver(LAB, sound(LAB, result_no="R2"), day="2022-01-04")
    with house.in_hospital():
        house.night(LAB)
    note()  # T has not moved: the new record is not known yet
    with house.in_hospital():
        meta.write_build_row(house.con, house.settings, CUT)
    meta.write_study_row(house.con)
    note()
    with house.in_hospital():  # another study of the house has a later cut: the facts reach farther
        meta.write_build_row(house.con, house.settings, CUT + timedelta(days=1))
    note()
    with house.in_hospital():
        identity_key.rotate(house.con, house.settings)
    note()
    house.settings.resampling = "full"
    note()
    assert ids[1] == ids[2]
    assert len(set(ids)) == 6


def test_as_of_defaults_to_the_newest_delivery(house):
    assert house.rows("SELECT as_of_at::VARCHAR, data_cut_date::VARCHAR, hospital_zone FROM meta.build") == [
        ("2022-01-03 15:00:00+00", "2022-08-31", "Asia/Shanghai")
    ]


def test_the_hash_of_a_table_does_not_depend_on_the_order_of_rows(house):
    house.con.execute("CREATE TABLE a AS SELECT i, i / 3 AS x FROM range(1000) AS t(i)")
    house.con.execute("CREATE TABLE b AS SELECT * FROM a ORDER BY hash(i)")
    house.con.execute("CREATE TABLE c AS SELECT i, CASE i WHEN 7 THEN 0 ELSE x END AS x FROM a")
    digest = {name: fingerprint.table_digest(house.con, name) for name in "abc"}
    assert digest["a"] == digest["b"] != digest["c"]


@pytest.mark.parametrize("outcome", ["failed", "error"])
def test_a_failed_night_leaves_yesterdays_release(house, outcome):
    yesterday = publish(house)
    built = build(house, "fedcba9876543210", run="tonight", outcome=outcome)
    with pytest.raises(release.NotPublished, match=PASSED.check_id):
        release.publish(house.place, built)
    assert house.place.current_db.resolve() == (yesterday.path / "release.duckdb").resolve()
    (listed,) = release.list_releases(house.place)
    assert listed.release_id == yesterday.release_id
    made_of = json.loads((listed.path / "manifest.json").read_text())["ingredients"]
    assert listed.as_of == made_of["as_of_at"] != "", "of several states of knowledge one sees which is which"


def test_a_required_check_that_did_not_run_keeps_the_release_private(house):
    built = release.build(
        *releasing(house),
        "0" * 16,
        ["a run without checks"],
        REQUIRED,
    )
    with pytest.raises(release.NotPublished, match="no result in this run"):
        release.publish(house.place, built)
    assert not house.place.current.exists()


def test_a_database_that_was_not_closed_is_not_published(house):
    built = build(house)
    (built / "release.duckdb.wal").touch()
    with pytest.raises(release.NotPublished, match="not closed"):
        release.publish(house.place, built)


def test_a_crash_before_the_switch_leaves_the_current_release(house, monkeypatch):
    yesterday = publish(house)
    built = build(house, "fedcba9876543210")

    def power_cut(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(release, "point_current_at", power_cut)
    with pytest.raises(KeyboardInterrupt):
        release.publish(house.place, built)
    assert house.place.current.resolve() == yesterday.path.resolve()


def test_folder_and_database_of_the_current_release_move_in_one_switch(house, monkeypatch):
    publish(house)
    moved, original = [], os.replace
    monkeypatch.setattr(os, "replace", lambda old, new: moved.append(new.name) or original(old, new))
    publish(house, "fedcba9876543210")
    assert moved == ["current"]
    assert house.place.current_db.resolve().parent == house.place.current.resolve()


def test_what_a_killed_build_has_left_is_swept_by_the_next(house):
    left = build(house, "0" * 16)
    publish(house, "fedcba9876543210")
    assert not left.exists()


def test_a_query_that_would_run_for_ever_ends(house):
    publish(house)
    with open_release(house.place.current_db) as con, pytest.raises(duckdb.InterruptException), time_limit(con, 0.2):
        con.execute("SELECT count(*) FROM range(1000000) AS a, range(1000000) AS b WHERE hash(a.range + b.range) = 1")


def test_rollback_points_back_and_deletes_nothing(house):
    first = publish(house)
    second = publish(house, "fedcba9876543210")
    assert release.rollback(house.place, first.release_id).is_current
    assert [r.release_id for r in release.list_releases(house.place) if r.is_current] == [first.release_id]
    assert second.path.exists()
    with pytest.raises(KeyError):
        release.rollback(house.place, "unknown")


def test_the_diff_shows_old_and_new_value_and_the_records_that_came_and_went(house):
    old = publish(house)
    house.con.execute("UPDATE adam.adtte SET cnsr = 0, evntdesc = 'death' WHERE usubjid = 'CW-1'")
    house.con.execute("DELETE FROM adam.adtte WHERE usubjid = 'CW-2'")
    house.con.execute("UPDATE adam.evidence SET record_id = 'r2' WHERE item = 'OS'")
    house.con.execute("UPDATE adam.adsl SET group_code = NULL WHERE usubjid = 'CW-2'")
    new = publish(house, "fedcba9876543210")
    found = release.diff(house.place, old.release_id, new.release_id)
    r1, r2 = (shown_id(house, name) for name in ("r1", "r2"))
    moved = (f"+{r2}", f"-{r1}")
    assert [change for change in found if change.who == "CW-1"] == [
        diff.Change("endpoint", "CW-1", "OS", "changed", "cnsr", "1", "0", moved),
        diff.Change("endpoint", "CW-1", "OS", "changed", "evntdesc", None, "death", moved),
    ]
    assert diff.Change("patient", "CW-2", "group_code", "changed", "group_code", "noncart", None) in found
    assert {change.kind for change in found if change.who == "CW-2" and change.about == "endpoint"} == {"removed"}
    assert release.diff(house.place, old.release_id, old.release_id) == []


def test_the_diff_leads_inclusion_laboratory_and_statistics_to_the_records_that_moved(house):
    house.con.execute("""
        CREATE TABLE adam.adlb AS
        SELECT 'CW-1' AS usubjid, 'LDH' AS paramcd, DATE '2021-01-01' AS adt, 100.0 AS aval, 'lab_1' AS record_id;
        INSERT INTO adam.evidence BY NAME SELECT usubjid, 'adam.adsl' AS table_name, item, record_id, 'decides' AS role
        FROM (VALUES ('CW-1', 'inclfl', 'in_1'), ('CW-1', 'age', 'born'), ('CW-3', 'ecog', 'of another'))
            AS t(usubjid, item, record_id);
        DROP TABLE results.analysis;
        CREATE TABLE results.analysis AS SELECT 'os' AS analysis_id, 'survival.os' AS output_id, 1 AS seq,
            NULL::VARCHAR AS endpoint, 'group_code' AS group_by, '[{"column": "ecog"}, {"column": "age"}]' AS variables;
        CREATE TABLE results.ard AS SELECT 'os' AS analysis_id, 'mean' AS statistic, 'cd20' AS group_level,
            NULL::VARCHAR AS comparator, variable, NULL::VARCHAR AS variable_level, 1.0 AS value
        FROM (VALUES ('age'), ('ecog')) AS t(variable)""")
    old = publish(house)
    house.con.execute("""
        UPDATE eligibility.screening SET is_included = false WHERE usubjid = 'CW-1';
        UPDATE adam.adlb SET aval = 90.0, record_id = 'lab_2';
        UPDATE adam.evidence SET record_id = record_id || ' again' WHERE item IN ('inclfl', 'age', 'ecog');
        UPDATE results.ard SET value = 2.0""")
    new = publish(house, "fedcba9876543210")
    changes = release.diff(house.place, old.release_id, new.release_id)
    names = ("in_1", "in_1 again", "lab_1", "lab_2", "born", "born again")
    known = {shown_id(house, name): name for name in names}
    found = {
        f"{change.about}.{change.item}": {record[0] + known[record[1:]] for record in change.records}
        for change in changes
    }
    included = {"+in_1 again", "-in_1"}
    assert found == {
        "inclusion.is_included": included,
        "laboratory.LDH": {"+lab_2", "-lab_1"},
        "statistic.mean cd20 age": included | {"+born again", "-born"},
        "statistic.mean cd20 ecog": included,  # nobody behind it has another
    }


def test_releases_of_two_studies_are_not_compared(house):
    old = publish(house)
    other = house.settings.place("other", house.place.folder)
    with pytest.raises(KeyError, match=f"study other has no release {old.release_id}"):
        release.diff(other, old.release_id, old.release_id)


def test_of_persons_a_release_carries_those_whom_its_study_screened(house):
    assert house.rows("SELECT count(*) FROM facts.contact") == [(2,)]
    store(house.con, "run", [replace(PASSED, failing_keys=["CW-1", "CW-7", "CW-7 | OS", "r1"])])
    built = release.build(*releasing(house), "0" * 16, ["run"], REQUIRED)
    with duckdb.connect(built / "release.duckdb", read_only=True) as con:
        assert con.execute("SELECT usubjid FROM facts.contact").fetchall() == [("CW-1",)]
        assert con.execute("SELECT count(*) FROM quality.failing_key").fetchone() == (2,)


def test_a_study_built_alone_is_published_with_the_checks_of_the_run_that_built_the_hospital(house):
    store(house.con, "tonight", [replace(PASSED, check_id="hospital.check")])
    store(house.con, "alone", [PASSED])
    required = [*REQUIRED, "hospital.check"]
    built = release.build(*releasing(house), "0" * 16, ["alone"], required)
    with pytest.raises(release.NotPublished, match=r"hospital\.check: no result in this run"):
        release.publish(house.place, built)
    built = release.build(
        *releasing(house),
        "0" * 16,
        ["alone", "tonight"],
        required,
    )
    assert release.publish(house.place, built).is_current


@pytest.mark.parametrize(
    "column", ["lis_patient_no", "full_name", "birth_date", "report_text", "raw_text", "enterprise_no"]
)
def test_a_table_with_an_identifying_column_is_not_released(house, column):
    house.con.execute(f"CREATE TABLE facts.leak AS SELECT 'CW-1' AS usubjid, NULL::VARCHAR AS {column}")
    with pytest.raises(guard.IdentifyingContent, match=rf"facts\.leak\.{column}"):
        build(house)


def test_a_table_that_holds_a_patient_number_under_another_name_is_not_released(house):
    house.con.execute("CREATE TABLE facts.leak AS SELECT lis_patient_no AS note FROM raw.lis_lab_result")
    with pytest.raises(guard.IdentifyingContent, match=r"facts\.leak\.note") as refused:
        build(house)
    assert "LIS-000001" not in str(refused.value)
    assert "it holds a value of " in str(refused.value), "whoever has to mend it learns what it is"


def test_a_page_that_names_a_patient_is_not_released_and_the_column_behind_it_is_named(house):
    built = build(house)
    files = {"figures/os.svg": b"<svg/>", "report.html": b"<p>of LIS-000001</p>"}
    with pytest.raises(guard.IdentifyingContent, match=r"report\.html \(it holds a value of \w+\.\w+\)") as refused:
        release.add_files(Search(house.con, house.place.folder), built, files)
    assert "LIS-000001" not in str(refused.value)
    assert "a word that many records share" in str(refused.value)
    assert not (built / "figures").exists(), "all of them or none"
    release.add_files(Search(house.con, house.place.folder), built, {"report.html": b"<p>was 7.1</p>"})
    assert (built / "report.html").read_bytes() == b"<p>was 7.1</p>"


def test_a_text_column_that_nobody_has_decided_on_is_not_released(house):
    house.con.execute("CREATE TABLE facts.leak AS SELECT 'CW-1' AS usubjid, 'harmless' AS new_column")
    with pytest.raises(Undeclared, match=r"facts\.leak\.new_column.*published_texts\.yml"):
        build(house)


REFUSED = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/etc/*')",
    "COPY adam.adtte TO '/tmp/out.csv'",
    "COPY adam.adtte TO '/tmp/out.parquet' (FORMAT parquet)",
    "EXPORT DATABASE '/tmp/out'",
    "ATTACH '/tmp/other.duckdb'",
    "ATTACH ':memory:' AS m; COPY FROM DATABASE release TO m; EXPORT DATABASE '/tmp/x'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "RESET lock_configuration",
    "SET memory_limit = '100GB'",
    "SET temp_directory = '/tmp'",
    "SET allow_unsigned_extensions = true",
    "SET TimeZone = 'Asia/Shanghai'",
    "CREATE TABLE adam.mine AS SELECT 1",
    "DELETE FROM adam.adtte",
    "UPDATE adam.adtte SET cnsr = 0",
    "DROP TABLE adam.adtte",
    "ALTER TABLE adam.adtte ADD COLUMN x INT",
    "COMMENT ON TABLE adam.adtte IS 'x'",
    "CREATE PERSISTENT SECRET s (TYPE s3)",
    "IMPORT DATABASE '/tmp/x'",
    "SELECT getenv('HOME')",
    "SELECT * FROM local_variable",
]


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A published release, which nobody below can change."""
    hospital = Hospital(tmp_path_factory.mktemp("released"))
    publish(furnish(hospital))
    yield hospital
    hospital.con.close()


@pytest.mark.parametrize("statement", REFUSED)
def test_the_analysts_connection_refuses(released, statement):
    local_variable = duckdb.sql("SELECT 1 AS x")  # noqa: F841  Python variables are not tables
    with open_release(released.place.current_db) as con, pytest.raises(duckdb.Error):
        con.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM adam.adtte",
        "CREATE TEMP TABLE mine AS SELECT * FROM adam.adtte",
        "CREATE TABLE memory.main.mine AS SELECT 1",
        "SUMMARIZE adam.adtte",
        "SHOW ALL TABLES",
    ],
)
def test_the_analysts_connection_allows(released, statement):
    with open_release(released.place.current_db) as con:
        assert con.execute(statement).fetchall()


def test_the_documented_url_reads_and_is_locked_down(released):
    engine = sa.create_engine(release_url(released.place))
    with engine.connect() as con:
        assert con.execute(sa.text("SELECT count(*) FROM adam.adtte")).scalar() == 2
    assert "adtte" in sa.inspect(engine).get_table_names(schema="adam")
    with engine.connect() as con:
        assert con.execute(sa.text("SELECT current_setting('memory_limit')")).scalar() == "3.7 GiB"
    for statement in ("SELECT * FROM read_csv('/etc/passwd')", "SET threads = 1", "DELETE FROM adam.adtte"):
        with engine.connect() as con, pytest.raises(sa.exc.DBAPIError):
            con.execute(sa.text(statement)).all()
    engine.dispose()


FOR_EVER = "SELECT count(*) FROM range(1000000000000) AS t(n) WHERE sqrt(n) > 1e9"
ROWS_FOR_EVER = "SELECT n, md5(n::VARCHAR) FROM range(1000000000000) AS t(n) WHERE n % 1000003 = 7"


@pytest.mark.parametrize("statement", [FOR_EVER, ROWS_FOR_EVER])
def test_a_statement_of_the_documented_engine_that_would_run_for_ever_ends(released, statement):
    engine = release_engine(released.place, seconds=1)
    begun = time.monotonic()
    with engine.connect() as con, pytest.raises((sa.exc.DBAPIError, duckdb.InterruptException)):
        con.execute(sa.text(statement)).all()
    assert time.monotonic() - begun < 20
    with engine.connect() as con:  # the next one has its own time
        assert con.execute(sa.text("SELECT count(*) FROM adam.adtte")).scalar() == 2
    engine.dispose()


def test_a_statement_that_has_ended_leaves_its_time_to_nobody(released):
    def watching() -> int:
        return sum(isinstance(thread, threading.Timer) for thread in threading.enumerate())

    before = watching()
    engine = release_engine(released.place, seconds=600)
    with engine.connect() as con:
        for _ in range(3):
            con.execute(sa.text("SELECT 1")).all()
        assert _soon(lambda: watching() == before + 1), "the last one may still be read"
    assert _soon(lambda: watching() == before)
    engine.dispose()


def _soon(holds: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def test_no_release_yet_says_what_to_do(hospital):
    with pytest.raises(FileNotFoundError, match="run a refresh first"):
        open_release(hospital.settings.places()[0].current_db)


def test_readers_see_no_bad_read_while_releases_are_published(house):
    publish(house)
    failures, reads, stop = [], [], threading.Event()

    def read():
        while not stop.is_set():
            try:
                with open_release(house.place.current_db) as con:
                    reads.append(con.execute("SELECT count(*), count(DISTINCT usubjid) FROM adam.adtte").fetchone())
            except Exception as error:
                failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(4):
        publish(house, f"{number:016x}")
    stop.set()
    for reader in readers:
        reader.join()
    assert not failures
    assert set(reads) == {(2, 2)}


@pytest.fixture
def traced(house):
    """The published release beside its build file."""
    published = publish(house)
    house.con.close()
    with trace.opened(published.path / "release.duckdb", house.settings.build_db) as con:
        yield con


def test_trace_leads_from_a_row_to_file_and_line(traced):
    rows, trail = trace.of_item(traced, "facts.contact", "CW-1")
    assert len(rows) == 1
    (found,) = trail.located()
    assert (found.table, found.source) == ("raw.lis_lab_result", "lis/2022-01-03/lab_result_20220103.csv, line 2")
    assert "LIS-000001" not in str(found)


def test_trace_takes_the_records_that_the_models_kept(traced):
    _, trail = trace.of_item(traced, "adam.adtte", "CW-1", "OS")
    (row,) = traced.execute("SELECT published_id FROM build.identity.published_id WHERE source_text = 'r1'").fetchall()
    assert [(each.record_id, each.role) for each in trail.evidence()] == [(*row, "censored at")]


def test_trace_lists_the_members_that_the_analysis_stored(traced):
    assert trace.analysis_of(traced, "survival.os") == "os"
    assert [member.usubjid for member in cell.members(traced, cell.Cell("os"))] == ["CW-1", "CW-2"]
    (left_out,) = cell.members(traced, cell.Cell("os", "noncart"))
    assert (left_out.is_used, left_out.reason) == (False, "without the endpoint")


def test_trace_says_when_there_is_nothing_to_trace(traced):
    assert trace.analysis_of(traced, "unknown") is None
    with pytest.raises(KeyError, match="no row of this patient"):
        trace.of_item(traced, "adam.adtte", "CW-9", "OS")
    with pytest.raises(KeyError, match="no paramcd PFS of this patient; it has OS"):
        trace.of_item(traced, "adam.adtte", "CW-1", "PFS")
    with pytest.raises(KeyError, match="no column age; it has usubjid"):
        trace.of_item(traced, "adam.adsl", "CW-1", "age")
    with pytest.raises(KeyError, match="no table"):
        trace.of_item(traced, "adam.unknown", "CW-1")
    with pytest.raises(KeyError, match="no group level cd22; it has cd20, noncart"):
        cell.members(traced, cell.Cell("os", "cd22"))
    with pytest.raises(KeyError, match="no variable age; it has none"):
        cell.members(traced, cell.Cell("os", variable="age"))
    with pytest.raises(KeyError, match="neither used nor left out"):
        cell.members(traced, cell.Cell("os", usubjid="CW-9"))
