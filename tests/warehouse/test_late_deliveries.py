"""What a night was built on stays what it was: what comes after it was not known then, whatever its own day says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from cartwright.warehouse import build_row as meta
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.study.build_file import open_study, show_hospital
from tiny_hospital import Hospital, sound

LAB, CONTACT, IMAGING = "lis_lab_result", "ehr_contact", "ris_imaging_report"


def built(hospital: Hospital) -> None:
    """A night builds on what is there."""
    meta.write_build_row(hospital.con, hospital.settings, date(2022, 8, 31))


def known_then(hospital: Hospital) -> datetime:
    ((then,),) = hospital.rows("SELECT as_of_at FROM meta.build")
    return then


def ledger(hospital: Hospital) -> list[tuple]:
    return hospital.rows("FROM quality.delivery_ledger ORDER BY ALL")


def books(hospital: Hospital, as_of: datetime | None) -> list[list[tuple]]:
    """Ledger and rejected records as a study sees them that is built as of then."""
    hospital.con.close()
    with open_study(hospital.settings, hospital.settings.places()[0]) as con:
        show_hospital(con, as_of)
        found = [
            con.execute(f"FROM quality.{table} ORDER BY ALL").fetchall()
            for table in ("delivery_ledger", "rejected_record")
        ]
    hospital.con = open_build(hospital.settings)
    return found


def moments(hospital: Hospital, table: str) -> list[datetime]:
    rows = hospital.rows(f"SELECT delivered_at FROM raw.{table} ORDER BY delivered_at")
    return [at.astimezone(UTC).replace(tzinfo=None) for (at,) in rows]


def test_a_file_in_the_folder_of_a_day_that_a_night_was_built_on_is_delivered_now(hospital):
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    hospital.deliver(LAB, sound(LAB, result_no="R2"), suffix="_late")
    hospital.night(LAB, now="2022-03-01T15:00:00")
    assert moments(hospital, LAB) == 2 * [datetime(2022, 1, 3, 15)], "no night was built: nobody saw the first alone"
    built(hospital)
    hospital.deliver(LAB, sound(LAB, result_no="R3"), suffix="_2")
    hospital.night(LAB, now="2022-03-02T15:00:00")
    assert moments(hospital, LAB)[2] == datetime(2022, 3, 2, 15)


def test_a_row_that_was_written_before_a_night_and_is_seen_after_it_is_known_from_then(hospital):
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.night(CONTACT)
    built(hospital)
    later, after = "2022-01-02 10:00:00", "2022-01-05 10:00:00"
    rows = [sound(CONTACT, contact_id="C2", updated_at=later), sound(CONTACT, contact_id="C3", updated_at=after)]
    hospital.ehr(CONTACT, sound(CONTACT), *rows)
    hospital.night(CONTACT, now="2022-03-02T15:00:00")
    assert moments(hospital, CONTACT) == [
        datetime(2022, 1, 1, 2),
        datetime(2022, 1, 5, 2),
        datetime(2022, 3, 2, 15),
    ], "C2 was written before the night's last delivery (3 January), C3 after it"


def test_a_delivery_that_is_refused_again_was_delivered_when_it_was_first(hospital):
    hospital.deliver_text(LAB, "no,header\n1,2\n", day="2022-05-01")
    moment = "SELECT delivered_at FROM quality.delivery_ledger WHERE status = 'refused'"
    hospital.night(LAB, now="2022-03-01T15:00:00")
    first = hospital.rows(moment)
    hospital.night(LAB, now="2022-03-02T15:00:00")
    assert hospital.rows(moment) == first


def test_a_study_as_of_a_night_sees_the_books_of_that_night(hospital):
    hospital.deliver(LAB, sound(LAB), sound(LAB, result_no="R2", collected_at="soon"))
    hospital.night(LAB)
    built(hospital)
    then = known_then(hospital)
    more = sound(LAB, result_no="R3"), sound(LAB, result_no="R4", collected_at="soon")
    hospital.deliver(LAB, *more, day="2022-01-04")
    hospital.deliver_text(LAB, "no,header\n1,2\n", day="2022-01-05")
    hospital.night(LAB)
    built(hospital)
    assert [len(rows) for rows in books(hospital, None)] == [3, 2]
    assert [len(rows) for rows in books(hospital, then)] == [1, 1]


@pytest.mark.parametrize(
    "refused", ["2022-01-09", "2022-01-05"], ids=["after the day of a late file", "and taken the next night"]
)
def test_the_books_of_a_night_that_refused_a_file_stay_what_they_were(hospital, refused):
    hospital.deliver(LAB, sound(LAB))
    hospital.deliver_text(LAB, "no,header\n1,2\n", day=refused)
    hospital.night(LAB)
    built(hospital)
    then, before = known_then(hospital), ledger(hospital)
    hospital.deliver(LAB, sound(LAB, result_no="R2"), sound(LAB, result_no="R3", collected_at="soon"), day="2022-01-05")
    hospital.night(LAB)
    built(hospital)
    now, after = known_then(hospital), ledger(hospital)
    assert books(hospital, then) == [before, []]
    assert books(hospital, now)[0] == after, "of its own night on, and no more, the ledger says something else"


def test_an_absence_stays_in_the_books_of_its_night_when_the_feed_begins(hospital):
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    hospital.night(IMAGING)
    built(hospital)
    then, before = known_then(hospital), ledger(hospital)
    assert [row for row in before if row[8] == "absent"]
    hospital.deliver_json(IMAGING, sound(IMAGING), day="2022-01-04")
    hospital.night(IMAGING)
    built(hospital)
    assert not [row for row in ledger(hospital) if row[8] == "absent"]
    assert books(hospital, then) == [before, []]


def test_the_books_of_a_state_that_no_night_was_built_on_are_those_of_its_deliveries(hospital):
    hospital.deliver(LAB, sound(LAB))
    hospital.deliver(LAB, sound(LAB, result_no="R2", collected_at="soon"), day="2022-01-05")
    hospital.night(LAB)
    between, first = datetime(2022, 1, 4, tzinfo=UTC), datetime(2022, 1, 3, 15, tzinfo=UTC)
    assert [len(rows) for rows in books(hospital, between)] == [1, 0]
    assert [len(rows) for rows in books(hospital, first)] == [1, 0]
    assert [len(rows) for rows in books(hospital, first - timedelta(seconds=1))] == [0, 0]
    built(hospital)
    assert [len(rows) for rows in books(hospital, between)] == [2, 1], "the night of 3 January had read it"


def test_a_night_that_ends_while_it_enters_its_state_has_entered_nothing(hospital, monkeypatch):
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    built(hospital)
    tables = ("ingest.known_state", "ingest.known_ledger", "meta.build")
    before = [hospital.rows(f"FROM {table}") for table in tables]
    hospital.deliver(LAB, sound(LAB, result_no="R2"), day="2022-01-05")
    hospital.night(LAB)

    def ends(folder: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(meta, "load_hospital", ends)
    with pytest.raises(KeyboardInterrupt):
        built(hospital)
    assert [hospital.rows(f"FROM {table}") for table in tables] == before


def test_a_house_from_before_there_was_a_history_has_the_books_that_it_had(hospital):
    hospital.deliver(LAB, sound(LAB))
    hospital.deliver_text(LAB, "no,header\n1,2\n", day="2022-01-05")
    hospital.night(LAB)
    built(hospital)
    then, before = known_then(hospital), ledger(hospital)
    hospital.con.execute("DELETE FROM ingest.known_ledger")
    hospital.con.execute(
        "UPDATE ingest.known_state SET read_until_at = (SELECT max(delivered_at) FROM quality.delivery_ledger)"
    )
    hospital.con.close()
    with open_build(hospital.settings) as hospital.con:
        hospital.deliver(LAB, sound(LAB, result_no="R3"), day="2022-01-04")
        hospital.night(LAB)
        built(hospital)
        assert books(hospital, then) == [before, []]
