"""A release takes over what is as it was, and is the release that would be written anew."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartwright.warehouse.quality.check_results import store
from cartwright.warehouse.release import carry
from cartwright.warehouse.release import releases as release
from test_check_store import PASSED
from test_releases import furnish
from tiny_hospital import Hospital, releasing

TABLE, SUBJECTS = "adam.adtte", [f"CW-{number}" for number in range(10, 20)]


@pytest.fixture
def house(hospital: Hospital) -> Hospital:
    """Ten screened subjects with an endpoint each, published once."""
    furnish(hospital)
    for subject in SUBJECTS:
        hospital.con.execute("INSERT INTO eligibility.screening VALUES (?, true)", [subject])
        hospital.con.execute(f"INSERT INTO {TABLE} SELECT * REPLACE (? AS usubjid) FROM {TABLE} LIMIT 1", [subject])
    night(hospital, "0" * 16)
    return hospital


def build(house: Hospital, release_id: str, is_full: bool = False) -> Path:
    store(house.con, "run", [PASSED])
    return release.build(*releasing(house), release_id, ["run"], [PASSED.check_id], is_full=is_full)


def night(house: Hospital, release_id: str) -> Path:
    published = release.publish(house.place, build(house, release_id))
    carry.remember(house.con, release_id)
    return published.path


def written_anew(house: Hospital, release_id: str) -> dict:
    """The tables of a release that takes nothing over."""
    return tables_of(build(house, release_id, is_full=True))


def tables_of(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())["tables"]


def what_is_carried(house: Hospital, release_id: str = "f" * 16) -> carry.Carried:
    """What the next release would take over."""
    seen = []
    real = carry.carried
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(carry, "carried", lambda *args: seen.append(real(*args)) or seen[-1])
        shutil.rmtree(build(house, release_id))
    return seen[0]


def is_one_file(*paths: Path) -> bool:
    return len({path.stat().st_ino for path in paths}) == 1


def test_a_table_as_it_was_is_the_same_file(house: Hospital) -> None:
    house.con.execute(f"UPDATE {TABLE} SET cnsr = 0 WHERE usubjid = 'CW-11'")
    path = night(house, "1" * 16)
    before = house.place.releases / ("0" * 16)
    assert is_one_file(*(folder / "parquet/adam/adsl.parquet" for folder in (before, path)))
    assert not is_one_file(*(folder / "parquet/adam/adtte.parquet" for folder in (before, path)))


def test_of_a_table_the_rows_of_who_changed_are_written(house: Hospital) -> None:
    house.con.execute(f"UPDATE {TABLE} SET cnsr = 0 WHERE usubjid = 'CW-11'")
    found = what_is_carried(house)
    assert TABLE in found.partly
    assert house.con.execute(f"SELECT usubjid FROM temp.anew WHERE table_name = '{TABLE}'").fetchall() == [("CW-11",)]


def test_the_rows_of_who_did_not_change_are_not_read(house: Hospital) -> None:
    house.con.execute(f"UPDATE {TABLE} SET cnsr = 0 WHERE usubjid = 'CW-11'")
    house.con.execute("UPDATE built.release_row SET hash_sum = hash_sum - 1 WHERE usubjid = 'CW-12'")
    assert what_is_carried(house).partly >= {TABLE}
    written = house.con.execute(f"SELECT usubjid FROM temp.anew WHERE table_name = '{TABLE}' ORDER BY ALL").fetchall()
    assert written == [("CW-11",), ("CW-12",)], "only the books say who changed"


@pytest.mark.parametrize(("changed", "is_partly"), [(3, True), (4, False)])
def test_above_a_quarter_of_its_rows_a_table_is_written_whole(house: Hospital, changed: int, is_partly: bool) -> None:
    """Of its twelve subjects."""
    listed = ", ".join(f"'{subject}'" for subject in SUBJECTS[:changed])
    house.con.execute(f"UPDATE {TABLE} SET cnsr = 0 WHERE usubjid IN ({listed})")
    assert (TABLE in what_is_carried(house).partly) == is_partly


def test_a_row_of_nobody_makes_its_table_anew(house: Hospital) -> None:
    house.con.execute(f"INSERT INTO {TABLE} SELECT * REPLACE (NULL AS usubjid) FROM {TABLE} LIMIT 1")
    found = what_is_carried(house)
    assert TABLE not in found.partly | found.as_it_was


def test_what_tells_of_the_run_is_always_written(house: Hospital) -> None:
    found = what_is_carried(house)
    assert found.base is not None
    assert not [table for table in found.as_it_was | found.partly if table.startswith(("quality.", "meta."))]


def test_where_somebody_left_everything_is_written_anew(house: Hospital) -> None:
    """What is carried on could hold rows of them where no query looks."""
    house.con.execute("DELETE FROM eligibility.screening WHERE usubjid = 'CW-11'")
    assert what_is_carried(house).base is None


def test_where_a_text_is_shown_otherwise_everything_is_written_anew(house: Hospital) -> None:
    """As a name that came with a new patient, which is masked in the rows of others, too."""
    plain = "SELECT kind, value FROM built.shown_text WHERE value = shown LIMIT 1"
    assert house.con.execute(plain).fetchall()
    house.con.execute(f"UPDATE built.shown_text SET shown = '(text)' WHERE (kind, value) IN ({plain})")
    assert what_is_carried(house).base is None


@pytest.mark.parametrize(
    "change",
    [
        "COMMENT ON TABLE adam.adsl IS 'Otherwise.'",
        "ALTER TABLE adam.adsl ADD COLUMN aage INTEGER",
        "UPDATE meta.build SET data_cut_date = DATE '2022-08-30'",
    ],
)
def test_where_rows_are_shown_otherwise_everything_is_written_anew(house: Hospital, change: str) -> None:
    house.con.execute(change)
    assert what_is_carried(house).base is None


def test_without_the_release_before_everything_is_written(house: Hospital) -> None:
    shutil.rmtree(house.place.releases)
    assert what_is_carried(house).base is None


@pytest.mark.parametrize(("nights", "is_carried"), [(13, True), (14, False)])
def test_after_a_fortnight_everything_is_written_anew(house: Hospital, nights: int, is_carried: bool) -> None:
    house.con.execute("UPDATE built.release SET carried_count = ?", [nights])
    assert (what_is_carried(house).base is not None) == is_carried


def test_a_night_that_published_nothing_leaves_the_books_of_the_one_before(house: Hospital) -> None:
    house.con.execute(f"UPDATE {TABLE} SET cnsr = 0 WHERE usubjid = 'CW-11'")
    build(house, "1" * 16)
    assert TABLE in what_is_carried(house).partly
    assert house.con.execute("SELECT release_id FROM built.release").fetchall() == [("0" * 16,)]


def test_a_release_before_that_was_changed_is_not_carried_on(house: Hospital) -> None:
    database = house.place.releases / ("0" * 16) / "release.duckdb"
    database.chmod(0o600)
    with duckdb.connect(database) as con:
        con.execute(f"DELETE FROM {TABLE} WHERE usubjid = 'CW-15'")
    with pytest.raises(release.NotPublished, match=rf"{TABLE}: not the rows of the build file.*--full"):
        build(house, "1" * 16)
    build(house, "1" * 16, is_full=True)


CHANGES = st.lists(
    st.tuples(st.sampled_from(["new", "again", "other", "gone"]), st.sampled_from(["CW-1", *SUBJECTS, None])),
    max_size=4,
)


@given(st.lists(CHANGES, min_size=1, max_size=4))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_nights_before_a_release_is_the_one_written_anew(house: Hospital, nights: list) -> None:
    for number, changes in enumerate(nights):
        for what, subject in changes:
            _change(house.con, what, subject)
        release_id = f"{number + 1:016x}"
        shutil.rmtree(house.place.releases / release_id, ignore_errors=True)
        path = night(house, release_id)
        due = written_anew(house, release_id)
        followed = [table for table in due if not table.startswith(("quality.", "meta."))]
        assert {table: tables_of(path)[table] for table in followed} == {table: due[table] for table in followed}


def _change(con: duckdb.DuckDBPyConnection, what: str, subject: str | None) -> None:
    same = "usubjid IS NOT DISTINCT FROM $1"
    one = f"SELECT * REPLACE ($1 AS usubjid, 'TTP' AS paramcd) FROM {TABLE} ORDER BY ALL LIMIT 1"
    con.execute(
        {
            "new": f"INSERT INTO {TABLE} {one}",
            "again": f"INSERT INTO {TABLE} SELECT * FROM {TABLE} WHERE {same} LIMIT 1",
            "other": f"UPDATE {TABLE} SET cnsr = 1 - cnsr WHERE {same}",
            "gone": f"DELETE FROM {TABLE} WHERE {same}",
        }[what],
        [subject],
    )
