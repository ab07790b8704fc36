"""A table of the EHR set back, once or again: what the source shows now counts, and what was known on an earlier night
stays what it was."""

from tiny_hospital import sound

CONTACT = "ehr_contact"


def row(code, day, contact_id="C1", **more):
    """A contact written on a day of March."""
    return sound(CONTACT, contact_id=contact_id, contact_code=code, updated_at=f"2022-03-0{day} 08:00:00", **more)


OLD, NEW, OTHER = row("visit", 1), row("telephone", 2), row("visit", 1, "KEEP")


def counting(hospital, known_at="9999-01-01"):
    """Contact -> code of the versions that count, of what was known then (as macro last_version chooses)."""
    rows = hospital.rows(f"""
        SELECT contact_id, contact_code, row_status = 'active' AND NOT is_deleted
        FROM raw.ehr_contact WHERE delivered_at <= '{known_at}'
        QUALIFY row_number() OVER (
            PARTITION BY contact_id
            ORDER BY delivered_at DESC, updated_at DESC, source_line DESC NULLS LAST, record_id) = 1""")
    return {contact: code for contact, code, is_in_force in rows if is_in_force}


def night(hospital, day, *rows):
    """What counts after a night on this day of March that found these rows."""
    hospital.ehr(CONTACT, *rows)
    hospital.night(CONTACT, f"2022-03-0{day}T15:00:00")
    return counting(hospital)


def test_a_row_set_back_twice_counts_as_it_stands_each_night(hospital):
    due = [("visit", OLD), ("telephone", NEW), ("visit", OLD), ("telephone", NEW), ("visit", OLD)]
    for day, (code, state) in enumerate(due, start=1):
        assert night(hospital, day, state, OTHER) == {"C1": code, "KEEP": "visit"}
    for day, (code, _) in enumerate(due, start=1):
        assert counting(hospital, f"2022-03-0{day} 16:00:00+00")["C1"] == code


def test_a_correction_after_a_restore_counts_though_its_time_is_older_than_what_was_lost(hospital):
    for day, state in enumerate((OLD, NEW, OLD), start=1):
        night(hospital, day, state)
    assert night(hospital, 4, row("discharge", 1, contact_date="2020-01-05")) == {"C1": "discharge"}
    assert counting(hospital, "2022-03-03 16:00:00+00") == {"C1": "visit"}


def test_a_whole_table_set_back_and_forth_follows_and_buries_what_the_backup_did_not_have(hospital):
    before = [row("visit", 1, f"C{number}") for number in range(1, 5)]
    after = [row("telephone", 2, f"C{number}") for number in range(1, 5)] + [row("visit", 2, "NEW")]
    visits = {f"C{number}": "visit" for number in range(1, 5)}
    calls = {f"C{number}": "telephone" for number in range(1, 5)} | {"NEW": "visit"}
    states = ((before, visits), (after, calls), (before, visits), (after, calls))
    for day, (rows, due) in enumerate(states, start=1):
        assert night(hospital, day, *rows) == due


def test_a_row_deleted_and_brought_back_by_a_backup_counts_until_it_is_deleted_again(hospital):
    states = ([OLD, OTHER], [OTHER], [OLD, OTHER], [OTHER], [row("discharge", 1), OTHER])
    found = [night(hospital, day, *rows).get("C1") for day, rows in enumerate(states, start=1)]
    assert found == ["visit", None, "visit", None, "discharge"]


def test_a_withdrawal_that_a_backup_undoes_is_undone(hospital):
    withdrawn = row("visit", 2, row_status="withdrawn")
    found = [night(hospital, day, state) for day, state in enumerate((OLD, withdrawn, OLD, withdrawn), start=1)]
    assert found == [{"C1": "visit"}, {}, {"C1": "visit"}, {}]


def test_a_row_set_back_after_its_key_stood_in_two_rows_counts_as_it_stands(hospital):
    states = ([OLD, OTHER], [OLD, NEW, OTHER], [OLD, OTHER], [NEW, OTHER], [OLD, OTHER])
    found = [night(hospital, day, *rows)["C1"] for day, rows in enumerate(states, start=1)]
    assert found == ["visit", "visit", "visit", "telephone", "visit"]


def test_a_night_by_a_clock_that_was_behind_is_made_good_by_the_next(hospital):
    for day, state in ((1, OLD), (5, NEW), (6, OLD), (4, NEW), (7, NEW)):
        found = night(hospital, day, state)
    assert found == {"C1": "telephone"}
