"""Rows of the EHR: what changed is taken, every version is kept, what vanished is buried. On SQLite."""

import sqlite3

import pytest

from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.quality import findings
from tiny_hospital import sound

CONTACT = "ehr_contact"
RATED = "ehr_rated_response"
LATER = {"updated_at": "2022-01-05 10:00:00"}
NOW_TEXT = "2022-03-01 15:00:00+00"


def versions(hospital):
    return hospital.rows(
        "SELECT contact_id, contact_code, is_deleted, delivered_at::VARCHAR FROM raw.ehr_contact "
        "ORDER BY delivered_at, contact_id, is_deleted"
    )


def test_a_row_is_known_from_its_updated_at(hospital):
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.night(CONTACT)
    assert versions(hospital) == [("C1", "visit", False, "2022-01-01 02:00:00+00")]


def test_a_night_without_changes_takes_nothing_and_leaves_no_entry(hospital):
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.night(CONTACT)
    before = hospital.rows("FROM raw.ehr_contact"), hospital.ledger()
    assert hospital.night(CONTACT, "2022-03-02T15:00:00").deliveries == 0
    assert (hospital.rows("FROM raw.ehr_contact"), hospital.ledger()) == before


def test_an_updated_row_is_a_new_version_and_the_old_one_stays(hospital):
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT, contact_code="telephone", **LATER))
    assert hospital.night(CONTACT, "2022-03-02T15:00:00").loaded == 1
    assert [row[1] for row in versions(hospital)] == ["visit", "telephone"]


def test_a_withdrawn_row_is_a_version_like_any_other(hospital):
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT, row_status="withdrawn", **LATER))
    hospital.night(CONTACT, "2022-03-02T15:00:00")
    assert hospital.rows("SELECT row_status FROM raw.ehr_contact ORDER BY updated_at") == [("active",), ("withdrawn",)]


def test_a_deleted_row_gets_a_tombstone_with_its_last_content(hospital):
    hospital.ehr(CONTACT, sound(CONTACT), sound(CONTACT, contact_id="C2"))
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT))
    report = hospital.night(CONTACT)
    assert report.deleted == 1
    assert versions(hospital)[-1] == ("C2", "visit", True, NOW_TEXT)
    assert hospital.night(CONTACT, "2022-03-02T15:00:00").deleted == 0, "it is buried once"


def test_a_row_that_came_back_unchanged_counts_again_from_the_night_that_noticed(hospital):
    hospital.ehr(CONTACT, sound(CONTACT), sound(CONTACT, contact_id="C2"))
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.night(CONTACT, "2022-03-02T15:00:00")
    hospital.ehr(CONTACT, sound(CONTACT), sound(CONTACT, contact_id="C2"))
    hospital.night(CONTACT, "2022-03-03T15:00:00")
    assert versions(hospital)[-1] == ("C2", "visit", False, "2022-03-03 15:00:00+00")
    assert hospital.night(CONTACT, "2022-03-04T15:00:00").deliveries == 0


def test_a_row_written_late_with_an_old_time_is_still_seen(hospital):
    hospital.ehr(CONTACT, sound(CONTACT, **LATER))
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT, **LATER), sound(CONTACT, contact_id="C0"))
    assert hospital.night(CONTACT, "2022-03-02T15:00:00").loaded == 1


def counted(hospital):
    """What the warehouse takes for the present state: of each key the state delivered last."""
    return hospital.rows(
        "SELECT contact_id, contact_code FROM raw.ehr_contact "
        "QUALIFY row_number() OVER (PARTITION BY contact_id ORDER BY delivered_at DESC, updated_at DESC) = 1 "
        "ORDER BY 1"
    )


def set_back(hospital):
    """Rows that the check names, by table."""
    found = findings.results(hospital.con, hospital.settings)
    ours = [result for result in found if result.check_id == "warehouse.rows_newly_written"]
    return {result.table_name: result.failing_count for result in ours if result.failing_count}


def test_a_row_set_back_by_a_restored_backup_counts_as_it_stands_again(hospital):
    """Forward, back to a content seen before, forward again and back once more: each is a version of its own."""
    old, new = sound(CONTACT), sound(CONTACT, contact_code="telephone", **LATER)
    for day, row in enumerate((old, new, old, new, old), start=1):
        hospital.ehr(CONTACT, row)
        assert hospital.night(CONTACT, f"2022-03-0{day}T15:00:00").loaded == 1
        assert counted(hospital) == [("C1", row["contact_code"])]
        assert set_back(hospital) == ({"raw.ehr_contact": 1} if day > 2 else {})
    assert hospital.night(CONTACT, "2022-03-09T15:00:00").deliveries == 0
    assert [row[3] for row in versions(hospital)] == [
        "2022-01-01 02:00:00+00",
        "2022-01-05 02:00:00+00",
        *(f"2022-03-0{day} 15:00:00+00" for day in (3, 4, 5)),
    ], "what an earlier night knew stays what it was"


def test_a_row_set_back_to_a_content_never_seen_counts_as_it_stands(hospital):
    hospital.ehr(CONTACT, sound(CONTACT, contact_code="telephone", **LATER))
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT, contact_code="admission"))
    hospital.night(CONTACT, "2022-03-02T15:00:00")
    assert counted(hospital) == [("C1", "admission")]
    assert set_back(hospital) == {"raw.ehr_contact": 1}


def test_a_change_without_a_new_time_is_seen_however_old_the_row_is(hospital):
    others = [sound(CONTACT, contact_id=f"C{i}", updated_at=f"2022-02-{i:02d} 10:00:00") for i in range(2, 20)]
    hospital.ehr(CONTACT, sound(CONTACT), *others)
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT, contact_code="telephone"), *others)
    assert hospital.night(CONTACT, "2022-03-02T15:00:00").loaded == 1
    assert counted(hospital)[0] == ("C1", "telephone")
    assert set_back(hospital) == {"raw.ehr_contact": 1}
    hospital.ehr(CONTACT, sound(CONTACT, contact_code="visit", updated_at="2022-03-03 10:00:00"), *others)
    hospital.night(CONTACT, "2022-03-03T15:00:00")
    assert set_back(hospital) == {}, "a proper change ends it"


def test_a_row_that_came_back_with_an_older_time_counts_as_it_stands(hospital):
    keep = sound(CONTACT, contact_id="C2", updated_at="2022-02-01 10:00:00")
    hospital.ehr(CONTACT, sound(CONTACT, contact_code="telephone", **LATER), keep)
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, keep)
    hospital.night(CONTACT, "2022-03-02T15:00:00")
    hospital.ehr(CONTACT, sound(CONTACT), keep)
    hospital.night(CONTACT, "2022-03-03T15:00:00")
    assert counted(hospital) == [("C1", "visit"), ("C2", "visit")]
    assert set_back(hospital) == {"raw.ehr_contact": 1}


def test_a_row_that_lost_its_time_is_rejected_and_its_last_state_stands(hospital):
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT, contact_code="telephone", updated_at=None))
    assert hospital.night(CONTACT, "2022-03-02T15:00:00").rejected == 1
    assert counted(hospital) == [("C1", "visit")]
    assert hospital.reasons() == [("updated_at", "required_empty")]
    assert hospital.night(CONTACT, "2022-03-03T15:00:00").deliveries == 0


def test_a_row_written_late_with_an_old_time_is_known_from_the_night_that_saw_it(hospital):
    """Otherwise a replay of the earlier night would know what that night did not."""
    hospital.ehr(CONTACT, sound(CONTACT, **LATER))
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT, **LATER), sound(CONTACT, contact_id="C0"))
    hospital.night(CONTACT, "2022-03-02T15:00:00")
    known = "SELECT contact_id FROM raw.ehr_contact WHERE delivered_at <= '2022-03-01 15:00:00+00'"
    assert hospital.rows(known) == [("C1",)]
    assert set_back(hospital) == {}


def test_a_second_row_of_a_key_beside_the_one_held_rejects_both(hospital):
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT), sound(CONTACT, contact_code="telephone", **LATER))
    assert hospital.night(CONTACT, "2022-03-02T15:00:00").rejected == 2
    assert counted(hospital) == [("C1", "visit")]
    assert hospital.night(CONTACT, "2022-03-03T15:00:00").deliveries == 0


def test_a_second_write_within_the_newest_second_is_seen(hospital):
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT, contact_code="telephone"))
    assert hospital.night(CONTACT).loaded == 1
    assert versions(hospital)[-1] == ("C1", "telephone", False, NOW_TEXT)


def test_a_faulty_row_is_rejected_once_and_loaded_when_repaired(hospital):
    hospital.ehr(CONTACT, sound(CONTACT), sound(CONTACT, contact_id="C2", row_status="seance"))
    assert hospital.night(CONTACT).rejected == 1
    assert hospital.night(CONTACT, "2022-03-02T15:00:00").rejected == 0
    assert hospital.reasons() == [("row_status", "unknown_code")]
    hospital.ehr(CONTACT, sound(CONTACT), sound(CONTACT, contact_id="C2", **LATER))
    assert hospital.night(CONTACT, "2022-03-03T15:00:00").loaded == 1


def test_one_key_in_two_rows_rejects_both(hospital):
    hospital.ehr(CONTACT, sound(CONTACT), sound(CONTACT, contact_code="telephone"))
    assert hospital.night(CONTACT).loaded == 0
    assert hospital.reasons() == [(None, "conflicting_duplicate")] * 2


@pytest.mark.parametrize(
    ("value", "reason"),
    [("yesterday", "wrong_type"), (None, "required_empty"), ("2022-03-05 10:00:00", "in_the_future")],
)
def test_a_time_of_writing_that_cannot_be_is_rejected(hospital, value, reason):
    hospital.ehr(CONTACT, sound(CONTACT, updated_at=value), sound(CONTACT, contact_id="C2"))
    report = hospital.night(CONTACT)
    assert (report.loaded, report.rejected) == (1, 1)
    assert hospital.reasons() == [("updated_at", reason)]
    assert hospital.night(CONTACT).rejected == 0


def test_values_of_the_databases_own_types_are_read(hospital):
    table = "ehr_vital_sign"
    row = {
        "vital_id": "V1",
        "mrn": "MRN-000001",
        "measured_at": "2022-01-01 09:00:00.000000",
        "temperature_cel": 38.25,
        "systolic_mmhg": 120,
        "is_hypotensive": 0,
        "has_other_fever_cause": True,
        "row_status": "active",
        "updated_at": "2022-01-01 10:00:00",
    }
    hospital.ehr(table, row, {**row, "vital_id": "V2", "temperature_cel": "38.25", "systolic_mmhg": None})
    assert hospital.night(table).loaded == 2
    assert hospital.rows(
        "SELECT temperature_cel, systolic_mmhg, is_hypotensive, has_other_fever_cause "
        "FROM raw.ehr_vital_sign ORDER BY vital_id"
    ) == [
        (38.25, 120.0, False, True),
        (38.25, None, False, True),
    ]


def test_a_missing_table_is_refused_with_its_remedy(hospital):
    hospital.ehr("ehr_death")
    hospital.night(CONTACT)
    assert hospital.ledger() == [("refused", 0, 0, 0, 0)]
    assert "the EHR has no table contact; create it" in hospital.message()


def test_a_table_that_may_be_missing_is_none_of_a_hospital_without_it(hospital):
    hospital.ehr("ehr_death")
    report = hospital.night(RATED)
    assert (report.deliveries, report.problems, hospital.ledger()) == (0, [], [])


def test_a_table_that_may_be_missing_is_due_once_it_was_there(hospital):
    hospital.ehr(RATED)
    hospital.night(RATED)
    with sqlite3.connect(hospital.settings.feeds / "ehr.sqlite") as db:
        db.execute("DROP TABLE rated_response")
    (problem,) = hospital.night(RATED).problems
    assert "the EHR has no table rated_response" in problem


def test_a_missing_column_is_refused_and_named(hospital):
    hospital.ehr(CONTACT, sound(CONTACT))
    with sqlite3.connect(hospital.settings.feeds / "ehr.sqlite") as db:
        db.execute("ALTER TABLE contact DROP COLUMN contact_code")
    hospital.night(CONTACT)
    assert "columns missing: contact_code" in hospital.message()


def test_a_missing_database_is_refused_and_not_created(hospital):
    hospital.night(CONTACT)
    assert "the EHR database is not there" in hospital.message()
    assert not (hospital.settings.feeds / "ehr.sqlite").exists()


def test_a_file_that_is_no_database_is_refused(hospital):
    hospital.settings.feeds.mkdir(parents=True)
    (hospital.settings.feeds / "ehr.sqlite").write_text("Jane Doe " * 100)
    hospital.night(CONTACT)
    assert "could not be read" in hospital.message()
    assert "Doe" not in hospital.message()


def test_an_empty_table_is_an_empty_delivery(hospital):
    hospital.ehr(CONTACT)
    hospital.night(CONTACT)
    assert hospital.ledger() == [("empty", 0, 0, 0, 0)]


def test_the_refusal_ends_when_the_table_is_back(hospital):
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.night(CONTACT)
    assert hospital.ledger() == [("loaded", 1, 1, 0, 0)]


def test_a_table_that_lost_most_of_its_rows_is_taken_for_broken(hospital):
    hospital.ehr(CONTACT, *(sound(CONTACT, contact_id=f"C{i}") for i in range(300)))
    hospital.night(CONTACT)
    hospital.ehr(CONTACT, sound(CONTACT))
    report = hospital.night(CONTACT)
    assert "299 of 300 rows are no longer in the table" in report.problems[0]
    assert hospital.rows("SELECT count(*) FROM raw.ehr_contact WHERE is_deleted") == [(0,)]


def test_night_by_night_ends_with_the_versions_of_one_big_load(hospital, tmp_path_factory):
    from tiny_hospital import Hospital

    other = Hospital(tmp_path_factory.mktemp("other"))
    first, second = sound(CONTACT), sound(CONTACT, contact_id="C2", **LATER)
    hospital.ehr(CONTACT, first)
    hospital.night(CONTACT, "2022-01-02T15:00:00")
    hospital.ehr(CONTACT, first, second)
    hospital.night(CONTACT, "2022-01-06T15:00:00")
    other.ehr(CONTACT, first, second)
    other.night(CONTACT)
    everything = "SELECT * EXCLUDE (delivery_id) FROM raw.ehr_contact ORDER BY ALL"
    assert hospital.rows(everything) == other.rows(everything)
    other.con.close()


def test_a_locked_database_is_refused_in_time_and_taken_the_next_night(hospital):
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.settings.ehr_lock_seconds = 1
    with sqlite3.connect(hospital.settings.feeds / "ehr.sqlite", isolation_level=None) as db:
        db.execute("BEGIN EXCLUSIVE")
        hospital.night(CONTACT)
        db.execute("ROLLBACK")
    assert "the EHR is locked (SQLITE_BUSY)" in hospital.message()
    assert hospital.night(CONTACT).loaded == 1


def test_a_query_that_never_ends_is_ended(hospital):
    hospital.ehr(CONTACT, sound(CONTACT))
    hospital.settings.ehr_statement_seconds = 1
    names = ", ".join(f"'x' AS {c.name}" for c in load_contracts()[CONTACT].columns)
    with sqlite3.connect(hospital.settings.feeds / "ehr.sqlite") as db:
        db.execute("DROP TABLE contact")
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0"
        db.execute(f"CREATE VIEW contact AS SELECT {names} FROM ({endless})")
    hospital.night(CONTACT)
    assert "took too long or was stopped (SQLITE_INTERRUPT)" in hospital.message()


@pytest.mark.parametrize(
    ("value", "due"),
    [
        (b"\xff\xfe", "unreadable_character"),
        (b"M1", "M1"),
        (100001.0, "100001"),
        (10**20, None),
        ("M\0", "unreadable_character"),
    ],
)
def test_one_odd_value_of_a_mixed_column_is_one_rows_fault(hospital, value, due):
    """SQLite keeps any type in any column; what is no text rejected the whole table, or came as b'...'."""
    hospital.ehr(CONTACT, sound(CONTACT, contact_id="C2"), sound(CONTACT, mrn=value if due else str(value)))
    report = hospital.night(CONTACT)
    assert report.deliveries == 1
    if due == "unreadable_character":
        assert hospital.reasons() == [("mrn", due)]
        assert report.loaded == 1
    else:
        assert hospital.rows("SELECT mrn FROM raw.ehr_contact WHERE contact_id = 'C1'") == [(due or str(value),)]


def test_text_that_is_not_utf8_rejects_its_row_only(hospital):
    hospital.ehr(CONTACT, sound(CONTACT), sound(CONTACT, contact_id="C2"))
    with sqlite3.connect(hospital.settings.feeds / "ehr.sqlite") as db:
        db.execute("UPDATE contact SET mrn = CAST(x'c3ff' AS TEXT) WHERE contact_id = 'C2'")
    report = hospital.night(CONTACT)
    assert (report.loaded, report.rejected) == (1, 1)
    assert hospital.reasons() == [("mrn", "unreadable_character")]
