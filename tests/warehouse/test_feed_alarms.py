"""What is late, refused, or has unusually many or few records is noticed; what is usual is not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cartwright.warehouse.alarms import feed_alarms
from tiny_hospital import Hospital, sound

ZONE = "Asia/Shanghai"
FIRST = date(2022, 1, 3)
LAB = "lis_lab_result"


def enter(hospital: Hospital, days: list[int], records: list[int], status: str = "loaded", table: str = LAB) -> date:
    """A delivery of the laboratory on each of these days after the first, and the day of the last."""
    for day, count in zip(days, records, strict=True):
        at = f"{FIRST + timedelta(days=day)} 23:00:00+08"
        hospital.con.execute(
            "INSERT INTO quality.delivery_ledger VALUES (?, ?, 'f', ?, ?, ?, 0, 0, ?, NULL)",
            [f"{table}{day}{status}", table, at, count, count, status],
        )
    return FIRST + timedelta(days=days[-1])


DAILY = list(range(10))
WORKING_DAYS = [day for day in range(20) if day % 7 < 5]


@pytest.mark.parametrize(("days", "usual"), [(DAILY, 1), (WORKING_DAYS, 3)], ids=["daily", "working days"])
def test_a_feed_is_late_when_it_is_silent_a_day_longer_than_usual(
    hospital: Hospital, days: list[int], usual: int
) -> None:
    newest = enter(hospital, days, [50] * len(days))
    assert feed_alarms.late(hospital.con, ZONE, newest + timedelta(days=usual + 1)) == []
    (alarm,) = feed_alarms.late(hospital.con, ZONE, newest + timedelta(days=usual + 2))
    assert alarm.kind == "feed_late"
    assert alarm.words == f"{LAB}: nothing delivered for {usual + 2} days, usually at most {usual}"


def test_one_outage_does_not_make_the_next_one_usual(hospital: Hospital) -> None:
    days = [*range(20), *range(29, 40)]
    newest = enter(hospital, days, [50] * len(days))
    assert feed_alarms.late(hospital.con, ZONE, newest + timedelta(days=3))


def test_of_a_feed_with_few_deliveries_nobody_can_say_that_it_is_late(hospital: Hospital) -> None:
    newest = enter(hospital, list(range(feed_alarms.ENOUGH)), [50] * feed_alarms.ENOUGH)
    assert feed_alarms.late(hospital.con, ZONE, newest + timedelta(days=90)) == []


def test_simulated_feeds_are_late_only_behind_the_others(hospital: Hospital) -> None:
    enter(hospital, DAILY, [50] * 10)
    assert feed_alarms.late(hospital.con, ZONE, None) == []
    enter(hospital, [30], [50], table="lis_fish")
    (alarm,) = feed_alarms.late(hospital.con, ZONE, None)
    assert alarm.words.startswith(f"{LAB}: nothing delivered for 21 days")


def test_a_table_that_never_came_is_missing(hospital: Hospital) -> None:
    hospital.night(LAB)
    (alarm,) = feed_alarms.late(hospital.con, ZONE, FIRST)
    assert (alarm.kind, alarm.words) == ("feed_late", f"{LAB}: never delivered")


def test_a_refused_delivery_is_told_without_its_name(hospital: Hospital) -> None:
    path = hospital.deliver_text(LAB, "no,header\nof,ours\n", suffix="_zhang_wei")
    hospital.night(LAB)
    (alarm,) = feed_alarms.refused(hospital.con)
    assert (alarm.kind, alarm.words) == ("delivery_refused", f"{LAB}: 1 delivery refused")
    assert "zhang" in path.name
    assert "zhang" not in alarm.key


@pytest.mark.parametrize(
    ("newest", "is_unusual"),
    [(334, False), (330, True), (3000, False), (3001, True), (0, True)],
    ids=["a third", "less than a third", "three times", "more than three times", "none"],
)
def test_a_delivery_is_unusual_below_a_third_and_above_three_times(
    hospital: Hospital, newest: int, is_unusual: bool
) -> None:
    enter(hospital, DAILY, [1000] * 9 + [newest])
    assert bool(feed_alarms.unusual(hospital.con)) is is_unusual


@pytest.mark.parametrize(("newest", "is_unusual"), [(21, False), (22, True)])
def test_differences_of_a_few_records_are_chance(hospital: Hospital, newest: int, is_unusual: bool) -> None:
    enter(hospital, DAILY, [2] * 9 + [newest])
    assert bool(feed_alarms.unusual(hospital.con)) is is_unusual


@pytest.mark.parametrize(("newest", "is_unusual"), [(20, False), (100, True)])
def test_the_first_load_tells_nothing_of_a_night(hospital: Hospital, newest: int, is_unusual: bool) -> None:
    enter(hospital, DAILY, [30_000] + [20] * 8 + [newest])
    assert bool(feed_alarms.unusual(hospital.con)) is is_unusual


@pytest.mark.parametrize(("gone", "is_told"), [(19, False), (20, True)])
def test_rows_that_vanish_from_the_ehr_are_told(hospital: Hospital, gone: int, is_told: bool) -> None:
    table = "ehr_contact"
    rows = [sound(table, contact_id=f"C{i}") for i in range(60)]
    hospital.ehr(table, *rows)
    hospital.night(table)
    assert feed_alarms.vanished(hospital.con) == []
    hospital.ehr(table, *rows[gone:])
    hospital.night(table)
    assert bool(feed_alarms.vanished(hospital.con)) is is_told


def test_a_tenth_of_a_table_may_vanish_unremarked(hospital: Hospital) -> None:
    table = "ehr_contact"
    rows = [sound(table, contact_id=f"C{i}") for i in range(300)]
    hospital.ehr(table, *rows)
    hospital.night(table)
    hospital.ehr(table, *rows[29:])
    hospital.night(table)
    assert feed_alarms.vanished(hospital.con) == []
