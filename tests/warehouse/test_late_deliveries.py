"""What a night was built on stays what it was: what comes after it was not known then, whatever its own day says."""

from __future__ import annotations

from datetime import UTC, date, datetime

from cartwright.warehouse import build_row as meta
from cartwright.warehouse.study.build_file import open_study, show_hospital
from tiny_hospital import Hospital, sound

LAB, CONTACT = "lis_lab_result", "ehr_contact"


def built(hospital: Hospital) -> None:
    """A night builds on what is there."""
    meta.write_build_row(hospital.con, hospital.settings, date(2022, 8, 31))


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
    ((then,),) = hospital.rows("SELECT as_of_at FROM meta.build")
    more = sound(LAB, result_no="R3"), sound(LAB, result_no="R4", collected_at="soon")
    hospital.deliver(LAB, *more, day="2022-01-04")
    hospital.deliver_text(LAB, "no,header\n1,2\n", day="2022-01-05")
    hospital.night(LAB)
    built(hospital)
    hospital.con.close()
    with open_study(hospital.settings, hospital.settings.places()[0]) as con:
        seen = {}
        for as_of in (None, then):
            show_hospital(con, as_of)
            seen[as_of] = [
                con.execute(f"SELECT count(*) FROM quality.{table}").fetchone()[0]
                for table in ("delivery_ledger", "rejected_record")
            ]
    assert seen == {None: [3, 2], then: [1, 1]}
