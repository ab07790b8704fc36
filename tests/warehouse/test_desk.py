"""Questions to the sources: what is asked, from night to night, as of then, and what an answer does."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app
from cartwright.orchestration.commands.desk_view import _heading
from cartwright.warehouse import build_row
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.desk import counted
from cartwright.warehouse.desk.answers import Taken, read_answers
from cartwright.warehouse.desk.history import keep
from cartwright.warehouse.desk.listed import Query, export, listed
from cartwright.warehouse.identity import subjects
from cartwright.warehouse.identity.key import read_key
from cartwright.warehouse.intake.contracts import SEEDS
from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.release.published import keyed
from cartwright.warehouse.transaction import transaction
from tiny_hospital import Hospital, sound

LAB, CONTACT, LINK = "lis_lab_result", "ehr_contact", "ehr_patient_link"
FINDING = (
    "finding_code VARCHAR, record_id VARCHAR, table_name VARCHAR, column_name VARCHAR, detail_code VARCHAR, "
    "value_code VARCHAR, unit_text VARCHAR, remedy VARCHAR"
)


def a_night(hospital: Hospital, *findings: dict[str, str], as_of: datetime | None = None) -> None:
    """Feeds, identities, what the models found (record: key of its current version), desk."""
    con = hospital.con
    if as_of is None:
        for table in (LAB, CONTACT, LINK):
            hospital.night(table)
    settings = hospital.settings.model_copy(update={"as_of": as_of})
    subjects.refresh(con, settings)
    build_row.write_build_row(con, settings, date(2022, 8, 31))
    con.execute("CREATE SCHEMA IF NOT EXISTS facts; CREATE SCHEMA IF NOT EXISTS standards")
    con.execute(f"CREATE OR REPLACE TABLE standards.finding_kind AS FROM read_csv('{SEEDS / 'finding_kind.csv'}')")
    con.execute(f"CREATE OR REPLACE TABLE facts.finding ({FINDING})")
    for found in findings:
        (record_id,) = con.execute(
            f"SELECT max_by(record_id, version_no) FROM raw.{LAB} WHERE result_no = ? AND "
            "delivered_at <= (SELECT as_of_at FROM meta.build)",
            [found["record"]],
        ).fetchone()
        con.execute(
            "INSERT INTO facts.finding VALUES (?, ?, ?, 'value_text', ?, 'LDH', NULL, 'Correct the value.')",
            [found.get("finding", "value_implausible"), record_id, LAB, found.get("detail")],
        )
    with transaction(con):
        keep(con, as_of)


@pytest.fixture
def asking(hospital: Hospital) -> Hospital:
    """A hospital with one patient and two results."""
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.ehr(LINK, sound(LINK, system_code="lis", local_patient_no="LIS-000001"))
    hospital.deliver(LAB, sound(LAB), sound(LAB, result_no="R2"))
    return hospital


def desk(hospital: Hospital, columns: str = "query_kind, finding_code, query_state") -> list[tuple]:
    return hospital.rows(f"SELECT {columns} FROM quality.query ORDER BY ALL")


def days(hospital: Hospital) -> list[tuple]:
    """State, first and last day of each question."""
    shown = "query_state, strftime(first_seen_at, '%m-%d'), strftime(last_seen_at, '%m-%d')"
    return hospital.rows(f"SELECT {shown} FROM quality.query ORDER BY ALL")


def correct(hospital: Hospital, day: str, version: int = 2, **changes: object) -> None:
    hospital.deliver(LAB, sound(LAB, version_no=version, result_status="corrected", **changes), day=day)


def test_a_finding_is_a_question_about_its_record_and_person(asking: Hospital) -> None:
    a_night(asking, {"record": "R1"})
    ((usubjid,),) = asking.rows("SELECT usubjid FROM identity.patient_map")
    assert desk(asking, "query_kind, finding_code, feed_code, usubjid, column_name, file_name, source_line") == [
        ("implausible", "value_implausible", "lis", usubjid, "value_text", "2022-01-03/lab_result_20220103.csv", 2)
    ]
    ((text,),) = asking.rows("SELECT query_text FROM quality.query")
    expected = "Is this right as it stands? Value implausible in Laboratory results, column value_text."
    assert text == f"{expected} Correct the value."


def test_a_record_of_nobody_is_asked_about_without_a_subject(asking: Hospital) -> None:
    asking.deliver(LAB, sound(LAB, result_no="R3", lis_patient_no="LIS-9"), day="2022-01-04")
    a_night(asking, {"record": "R3", "finding": "unlinked_record", "detail": LAB})
    assert desk(asking, "query_kind, usubjid") == [("unlinked", None)]


def test_a_question_keeps_its_id_through_versions_of_its_record_and_its_first_night(asking: Hospital) -> None:
    a_night(asking, {"record": "R1"})
    before = desk(asking, "query_id")
    correct(asking, "2022-01-05", value_text="260")
    a_night(asking, {"record": "R1"})
    assert desk(asking, "query_id") == before
    assert days(asking) == [("open", "01-03", "01-05")]


def test_two_columns_records_or_rules_are_two_questions(asking: Hospital) -> None:
    a_night(asking, {"record": "R1"}, {"record": "R2"}, {"record": "R1", "finding": "value_out_of_range"})
    assert len(desk(asking)) == 3


def test_several_details_of_one_rule_and_record_are_one_question(asking: Hospital) -> None:
    a_night(asking, {"record": "R1", "detail": "T1"}, {"record": "R1", "detail": "T2"})
    assert len(desk(asking)) == 1


def test_what_the_last_night_did_not_ask_is_gone_since_the_night_before(asking: Hospital) -> None:
    a_night(asking, {"record": "R1"})
    correct(asking, "2022-01-05", value_text="26")
    a_night(asking)
    assert days(asking) == [("gone", "01-03", "01-03")]


def test_what_comes_back_is_the_same_question_from_its_first_night(asking: Hospital) -> None:
    a_night(asking, {"record": "R1"})
    correct(asking, "2022-01-05")
    a_night(asking)
    correct(asking, "2022-01-07", version=3)
    a_night(asking, {"record": "R1"})
    assert days(asking) == [("open", "01-03", "01-07")]


def test_a_night_without_news_changes_nothing(asking: Hospital) -> None:
    a_night(asking, {"record": "R1"})
    before, kept = desk(asking, "*"), asking.rows("FROM desk.query")
    a_night(asking, {"record": "R1"})
    assert (desk(asking, "*"), asking.rows("FROM desk.query")) == (before, kept)


def test_a_rejected_record_is_asked_for_until_a_sound_one_of_its_key_came_later(asking: Hospital) -> None:
    asking.deliver(LAB, sound(LAB, result_no="R3", collected_at="2022-02-30 08:00"), day="2022-01-04")
    a_night(asking)
    assert desk(asking) == [("rejected", "impossible_date", "open")]
    asking.deliver(LAB, sound(LAB, result_no="R3", collected_at="2022-02-30 09:00"), day="2022-01-05")
    a_night(asking)
    assert days(asking) == [("open", "01-03", "01-03")]  # sent again as wrong: nothing was loaded since that day
    asking.deliver(LAB, sound(LAB, result_no="R3"), day="2022-01-06")
    a_night(asking)
    assert desk(asking) == [("rejected", "impossible_date", "gone")]


def test_a_rejected_row_that_left_its_database_is_asked_for_no_more(asking: Hospital) -> None:
    wrong = sound(CONTACT, contact_id="C2", contact_date="2022-02-30")
    asking.ehr(CONTACT, sound(CONTACT), wrong)
    a_night(asking)
    ((then,),) = asking.rows("SELECT as_of_at FROM meta.build")
    assert desk(asking) == [("rejected", "impossible_date", "open")]
    asking.deliver(LAB, sound(LAB, result_no="R3"), day="2022-01-05")
    asking.ehr(CONTACT, sound(CONTACT))
    a_night(asking)
    assert days(asking) == [("gone", "01-03", "01-03")]
    a_night(asking, as_of=then)
    assert days(asking) == [("open", "01-03", "01-03")]
    asking.ehr(CONTACT, sound(CONTACT), wrong)
    a_night(asking)
    assert days(asking) == [("open", "01-03", "01-05")]


def test_a_correction_that_was_rejected_is_asked_for_though_its_first_version_is_held(asking: Hospital) -> None:
    correct(asking, "2022-01-04", collected_at="2022-02-30 08:00")
    a_night(asking)
    assert desk(asking) == [("rejected", "impossible_date", "open")]


def test_a_delivery_that_was_refused_is_asked_for(asking: Hospital) -> None:
    asking.deliver_text(LAB, b"\xff\xfe\x00", day="2022-01-04")
    a_night(asking)
    assert desk(asking, "query_kind, finding_code, record_id, table_name") == [
        ("rejected", "delivery_refused", None, LAB)
    ]


def answered(hospital: Hospital, file: Path, code: str, text: str = "seen by us", by: str = "A. Nyman") -> list:
    """Answer every question of the hospital alike, as a source fills in the exported file."""
    hospital.con.close()
    file.unlink(missing_ok=True)
    export(listed(hospital.settings), file)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row |= {"answer_code": code, "answer_text": text, "answered_by": by}
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    found = read_answers(hospital.settings, file)
    reopen(hospital)
    return found


def reopen(hospital: Hospital) -> None:
    hospital.con = open_build(hospital.settings)


def test_an_answer_holds_while_the_record_is_as_it_was(asking: Hospital, tmp_path: Path) -> None:
    a_night(asking, {"record": "R1"})
    assert answered(asking, tmp_path / "a.csv", "Confirmed as is") == (Taken(1), [])
    shown = "query_state, answer_code, answered_by"
    expected = [("answered", "confirmed_as_is", "A. Nyman")]
    assert desk(asking, shown) == expected  # at once, and of the next night
    asking.deliver(LAB, sound(LAB, result_no="R9"), day="2022-01-04")
    a_night(asking, {"record": "R1"})
    assert desk(asking, shown) == expected
    correct(asking, "2022-01-05", value_text="999")
    a_night(asking, {"record": "R1"})
    assert desk(asking, shown) == [("open", None, None)]


def test_an_answer_falls_when_what_it_was_asked_about_changes_elsewhere(asking: Hospital, tmp_path: Path) -> None:
    """The detail of a finding, such as a grade derived from other records, belongs to the question's content."""
    a_night(asking, {"record": "R1", "detail": "1_2"})
    answered(asking, tmp_path / "a.csv", "confirmed_as_is")
    a_night(asking, {"record": "R1", "detail": "3_2"})
    assert desk(asking, "query_state") == [("open",)]


def test_the_same_file_read_again_takes_nothing_and_a_second_answer_replaces_the_first(
    asking: Hospital, tmp_path: Path
) -> None:
    a_night(asking, {"record": "R1"})
    answered(asking, tmp_path / "a.csv", "corrected_at_source")
    assert answered(asking, tmp_path / "a.csv", "corrected_at_source") == (Taken(0, 1), [])
    answered(asking, tmp_path / "a.csv", "not_a_fault")
    assert desk(asking, "query_state, answer_code") == [("answered", "not_a_fault")]


def test_a_gone_question_keeps_its_answer(asking: Hospital, tmp_path: Path) -> None:
    a_night(asking, {"record": "R1"})
    answered(asking, tmp_path / "a.csv", "corrected_at_source")
    correct(asking, "2022-01-05", value_text="26")
    a_night(asking)
    assert desk(asking, "query_state, answer_code") == [("gone", "corrected_at_source")]


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("0000000000000000,confirmed_as_is,,A", "query_id", "no question has this id"),
        ("{id},yes of course,,A", "answer_code", "is no answer"),
        ("{id},,because,A", "answer_code", "is empty"),
        ("{id},confirmed_as_is,because,", "answered_by", "nobody is named"),
        ("{id},confirmed_as_is,,A\n{id},not_a_fault,,A", "query_id", "answered in line 2 already"),
    ],
)
def test_a_row_that_is_no_answer_is_named_and_nothing_is_read(
    asking: Hospital, tmp_path: Path, row: str, column: str, words: str
) -> None:
    a_night(asking, {"record": "R1"}, {"record": "R2"})
    asking.con.close()
    first, second = (query.query_id for query in listed(asking.settings))
    file = tmp_path / "answers.csv"
    sound_row = f"{second},confirmed_as_is,,A"
    file.write_text("\n".join(["query_id,answer_code,answer_text,answered_by", row.format(id=first), sound_row]))
    taken, (defect,) = read_answers(asking.settings, file)
    reopen(asking)
    assert taken == Taken()
    assert f"{column}: " in str(defect)
    assert words in str(defect)
    assert not [typed for typed in ("because", "of course") if typed in str(defect)]
    assert asking.rows("FROM desk.answer") == []


def test_a_row_that_nobody_filled_in_is_not_answered_yet(asking: Hospital, tmp_path: Path) -> None:
    a_night(asking, {"record": "R1"})
    assert answered(asking, tmp_path / "a.csv", "", "", "") == (Taken(0, 0, 1), [])


def test_the_desk_of_then(asking: Hospital, tmp_path: Path) -> None:
    """An earlier state built again shows what was open, gone and answered then, and enters nothing."""
    a_night(asking, {"record": "R1"}, {"record": "R2"})
    first = desk(asking, "*")
    ((then,),) = asking.rows("SELECT as_of_at FROM meta.build")
    answered(asking, tmp_path / "a.csv", "confirmed_as_is")
    correct(asking, "2022-01-05", value_text="26")
    a_night(asking, {"record": "R2"})
    second, kept = desk(asking, "*"), asking.rows("FROM desk.query ORDER BY ALL")
    assert [state for state, *_ in days(asking)] == ["answered", "gone"]
    a_night(asking, {"record": "R1"}, {"record": "R2"}, as_of=then)
    assert desk(asking, "*") == first
    assert asking.rows("FROM desk.query ORDER BY ALL") == kept
    a_night(asking, {"record": "R2"})
    assert desk(asking, "*") == second


def test_a_state_before_the_first_desk_shows_what_is_found_in_it(asking: Hospital) -> None:
    a_night(asking, {"record": "R1"}, as_of=datetime.fromisoformat("2022-01-04T00:00:00+00:00"))
    assert days(asking) == [("open", "01-04", "01-04")]
    assert asking.rows("FROM desk.query") == []


def test_the_list_is_of_a_state_a_kind_and_a_source(asking: Hospital) -> None:
    asking.deliver(LAB, sound(LAB, result_no="R3", collected_at="2022-02-30 08:00"), day="2022-01-04")
    a_night(asking, {"record": "R1"})
    ((query_id, record_id),) = asking.rows("SELECT query_id, record_id FROM quality.query WHERE finding_code LIKE 'v%'")
    asking.con.close()
    key, (found,) = read_key(asking.settings), listed(asking.settings, "open", "implausible", "lis")
    assert (found.query_id, found.record_id) == (keyed(key, query_id), keyed(key, record_id))
    assert found.record_no == "R1"
    assert [query.query_kind for query in listed(asking.settings)] == ["rejected", "implausible"]
    assert listed(asking.settings, source="ehr") == listed(asking.settings, state="gone") == []
    with pytest.raises(UnknownName, match="there are open, answered, gone"):
        listed(asking.settings, state="closed")
    reopen(asking)


def test_a_number_that_is_somebodys_is_not_kept_with_the_question(asking: Hospital) -> None:
    """The key of a table can be a patient's number."""
    a_night(asking)
    asking.con.execute("""
        INSERT INTO raw.ehr_patient BY NAME
        SELECT 'MRN-000001' AS mrn, 'p1' AS record_id, 'c' AS content_hash, TIMESTAMPTZ '2022-01-01' AS delivered_at""")
    asking.con.execute(
        "INSERT INTO facts.finding VALUES ('sex_conflict', 'p1', 'ehr_patient', 'sex_code', NULL, NULL, NULL, 'Look.')"
    )
    keep(asking.con, None)
    assert asking.rows("SELECT record_no FROM desk.query") == [(None,)]


def test_a_file_for_the_source_is_private_and_written_over_nothing(asking: Hospital, tmp_path: Path) -> None:
    a_night(asking, {"record": "R1"})
    asking.con.close()
    file, found = tmp_path / "lab.csv", listed(asking.settings)
    export(found, file)
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UnknownName, match="there already"):
        export(found, file)
    header, row = file.read_text(encoding="utf-8-sig").splitlines()
    assert header == ",".join(Query.__dataclass_fields__)
    assert row.startswith(f"Q{found[0].query_id},")  # no spreadsheet takes it for a number
    assert _heading(found[0]).startswith(f"Q{found[0].query_id} "), "the screen names it as the file does"
    reopen(asking)


def test_before_the_first_night_there_is_no_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(app, ["queries"])
    assert (done.exit_code, "run: cartwright refresh" in done.output) == (1, True)


def test_the_page_counts_what_the_release_of_a_study_shows(asking: Hospital) -> None:
    """Questions about the screened and about nobody; nights on which one came or went."""
    asking.deliver(LAB, sound(LAB, result_no="R3", lis_patient_no="LIS-9"), day="2022-01-03", suffix="b")
    unlinked = {"record": "R3", "finding": "unlinked_record", "detail": LAB}
    a_night(asking, {"record": "R1"}, {"record": "R2"}, unlinked)
    correct(asking, "2022-01-05", value_text="26")
    a_night(asking, {"record": "R2"}, unlinked)
    asking.deliver(LAB, sound(LAB, result_no="R9"), day="2022-01-06")
    a_night(asking, {"record": "R2"}, unlinked)
    asking.con.execute("CREATE SCHEMA eligibility")
    asking.con.execute("CREATE TABLE eligibility.screening AS SELECT usubjid FROM identity.patient_map")
    assert [tuple(row.values()) for row in counted.by_source(asking.con)] == [
        ("implausible", "lis", 1, 0, 1, "2022-01-03"),
        ("unlinked", "lis", 1, 0, 0, "2022-01-03"),
    ]
    assert [tuple(row.values()) for row in counted.by_night(asking.con)] == [
        ("2022-01-03 15:00", 3, 0, 3),
        ("2022-01-05 15:00", 0, 1, 2),
    ]
    asking.con.execute("DELETE FROM eligibility.screening")
    assert [row["query_kind"] for row in counted.by_source(asking.con)] == ["unlinked"]
