"""Of the hospital's tables a release shows nothing that happened after the data cut of its study."""

from __future__ import annotations

import re
from datetime import date

import duckdb
import pytest

from cartwright.warehouse.release import cut as release_cut
from cartwright.warehouse.release import published
from cartwright.warehouse.settings import CHECKOUT

CUT = "2022-06-30"


def released(table: str, columns: str, *rows: tuple[object, ...]) -> list[tuple[object, ...]]:
    """The rows of `table` (columns: its DDL) that leave, as they are shown."""
    with duckdb.connect() as con:
        con.execute(f"CREATE SCHEMA meta; CREATE TABLE meta.build AS SELECT DATE '{CUT}' AS data_cut_date")
        con.execute(f"CREATE SCHEMA {table.partition('.')[0]}; CREATE TABLE {table} ({columns})")
        con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        kinds = {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {table}").fetchall()}
        where = " AND ".join(release_cut.conditions(table, kinds)) or "true"
        select = published.select_sql(table, {}, kinds, f"WHERE {where}", release_cut.shown(table, kinds))
        return con.execute(f"{select} ORDER BY ALL").fetchall()


def test_the_day_of_the_cut_stands_and_the_day_after_does_not():
    rows = released("facts.imaging_day", "n INT, performed_date DATE", (1, "2022-06-30"), (2, "2022-07-01"), (3, None))
    assert [n for n, _ in rows] == [1, 3]


def test_a_moment_counts_by_its_day():
    rows = released("sdtm.vs", "n INT, measured_at TIMESTAMP", (1, "2022-06-30 23:59"), (2, "2022-07-01 00:00"))
    assert [n for n, _ in rows] == [1]


@pytest.mark.parametrize(
    ("day", "stays"),
    [
        ("2022-06-30T23:00", True),
        ("2022-07-01", False),
        ("2022-06", True),  # it may have been the 30th
        ("2022-07", False),
        ("2022", True),
        ("2023", False),
    ],
)
def test_a_part_of_a_day_is_later_when_all_that_it_can_be_is(day, stays):
    assert bool(released("sdtm.ss", "n INT, ssdtc VARCHAR", (1, day))) is stays


def test_what_had_begun_by_the_cut_had_not_ended_by_it():
    rows = released(
        "sdtm.ae",
        "n INT, aestdtc VARCHAR, aeendtc VARCHAR",
        (1, "2022-06-01", "2022-06-20"),
        (2, "2022-06-01", "2022-07-20"),
        (3, "2022-07-01", "2022-07-20"),
    )
    assert rows == [(1, "2022-06-01", "2022-06-20"), (2, "2022-06-01", None)]


def test_who_died_after_the_cut_was_alive_at_it():
    rows = released(
        "sdtm.dm",
        "n INT, rfstdtc VARCHAR, dthdtc VARCHAR, dthfl VARCHAR",
        (1, "2022-01-01", "2022-06", "Y"),
        (2, "2022-07-01", "2022-07-02", "Y"),
        (3, None, None, "Y"),
        (4, None, None, None),
    )
    assert rows == [
        (1, "2022-01-01", "2022-06", "Y"),
        (2, None, None, None),
        (3, None, None, "Y"),
        (4, None, None, None),
    ]


def test_who_was_seen_after_the_cut_was_alive_at_it():
    rows = released("facts.last_alive", "n INT, last_alive_date DATE", (1, "2022-06-01"), (2, "2022-08-01"))
    assert [(n, str(day)) for n, day in rows] == [(1, "2022-06-01"), (2, CUT)]


def test_a_state_stands_until_another_one_was_known():
    rows = released(
        "facts.cart_course_state",
        "n INT, known_date DATE, superseded_date DATE",
        (1, "2022-01-01", "2022-06-01"),
        (2, "2022-06-01", "2022-07-01"),
        (3, "2022-07-01", None),
    )
    assert [(n, superseded and str(superseded)) for n, _, superseded in rows] == [(1, "2022-06-01"), (2, None)]


def test_tables_of_the_study_were_cut_when_they_were_derived():
    assert released("adam.adtte", "n INT, adt DATE", (1, "2022-07-01")) == [(1, date(2022, 7, 1))]


def test_every_declared_day_is_a_column_of_the_models():
    known = set()
    for layer in ("sdtm", "facts"):
        for path in (CHECKOUT / "sql" / "models" / layer).rglob("*.yml"):
            known |= set(re.findall(r"- (?:\{)?name: (\w+)", path.read_text(encoding="utf-8")))
    assert {name.rpartition(".")[2] for name in release_cut._declared()} <= known
