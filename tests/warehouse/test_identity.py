"""Pseudonyms: keyed, stable, private; conflicts and missing links are findings and never guesses."""

import pytest

from cartwright.warehouse.identity import key as identity_key
from cartwright.warehouse.identity import subjects as identity
from cartwright.warehouse.quality import findings
from tiny_hospital import sound

LINK, CONTACT = "ehr_patient_link", "ehr_contact"


def load(hospital, *links, now="2022-03-01T15:00:00"):
    hospital.ehr(LINK, *links)
    hospital.night(LINK, now)
    return identity.refresh(hospital.con, hospital.settings)


def patient_map(hospital):
    return hospital.rows("SELECT system_code, local_patient_no, usubjid FROM identity.patient_map ORDER BY ALL")


def finding(hospital, check_id):
    return next(r for r in findings.results(hospital.con, hospital.settings) if r.check_id == check_id)


def test_a_pseudonym_is_the_keyed_hash_of_the_person():
    # HMAC-SHA256, key "key", message of RFC-style test vectors: first 16 hex digits.
    assert identity.pseudonym(b"key", "The quick brown fox jumps over the lazy dog") == "CW-F7BC83F430538424"


def test_local_numbers_of_one_person_share_one_pseudonym(hospital):
    report = load(
        hospital,
        sound(LINK),
        sound(LINK, link_id="K2", system_code="lis", local_patient_no="LIS-000001"),
        sound(LINK, link_id="K3", local_patient_no="MRN-000002", enterprise_no="ENT-000002"),
    )
    assert (report.persons, report.links) == (2, 3)
    subjects = {number: usubjid for _, number, usubjid in patient_map(hospital)}
    assert subjects["MRN-000001"] == subjects["LIS-000001"] != subjects["MRN-000002"]


def test_pseudonyms_stay_the_same_and_only_new_persons_are_hashed(hospital, monkeypatch):
    load(hospital, sound(LINK))
    before, hashed = patient_map(hospital), []
    original = identity.pseudonym
    monkeypatch.setattr(identity, "pseudonym", lambda key, number: hashed.append(number) or original(key, number))
    load(hospital, sound(LINK), sound(LINK, link_id="K2", local_patient_no="MRN-000002", enterprise_no="ENT-000002"))
    assert hashed == ["ENT-000002"]
    assert before[0] in patient_map(hospital)


def test_another_key_gives_other_pseudonyms(hospital):
    load(hospital, sound(LINK))
    before = patient_map(hospital)
    identity_key.rotate(hospital.con, hospital.settings)
    identity.refresh(hospital.con, hospital.settings)
    assert patient_map(hospital) != before


def test_a_number_linked_to_two_persons_is_left_unlinked_and_found(hospital):
    report = load(hospital, sound(LINK), sound(LINK, link_id="K2", enterprise_no="ENT-000002"))
    assert (report.conflicts, report.links) == (1, 0)
    assert finding(hospital, "warehouse.one_person_per_local_number").outcome == "failed"


@pytest.mark.parametrize("change", [{"row_status": "withdrawn"}, None])
def test_a_link_withdrawn_or_deleted_links_no_more(hospital, change):
    load(hospital, sound(LINK))
    rows = [sound(LINK, updated_at="2022-01-05 10:00:00", **change)] if change else []
    assert load(hospital, *rows, now="2022-03-02T15:00:00").links == 0


def test_a_link_moved_to_another_person_is_a_finding(hospital):
    load(hospital, sound(LINK))
    moved = sound(LINK, enterprise_no="ENT-000002", updated_at="2022-01-05 10:00:00")
    assert load(hospital, moved, now="2022-03-02T15:00:00").merged == 1
    assert finding(hospital, "warehouse.no_person_merged").failing_count == 1


def test_links_written_after_as_of_do_not_count(hospital):
    from datetime import UTC, datetime

    hospital.settings.as_of = datetime(2022, 1, 1, tzinfo=UTC)
    assert load(hospital, sound(LINK)).links == 0


def test_a_record_without_link_is_kept_and_found(hospital):
    load(hospital, sound(LINK))
    hospital.ehr(CONTACT, sound(CONTACT), sound(CONTACT, contact_id="C2", mrn="MRN-000009"))
    hospital.night(CONTACT)
    assert identity.refresh(hospital.con, hospital.settings).unlinked == 1
    assert hospital.rows("SELECT count(*) FROM raw.ehr_contact") == [(2,)]
    unlinked = [r for r in findings.results(hospital.con, hospital.settings) if r.table_name == "raw.ehr_contact"]
    assert [(r.failing_count, r.checked_count) for r in unlinked if r.check_id.endswith("linked")] == [(1, 2)]
