"""The identity key: whole or not there, made once, known again; whatever would change every pseudonym is refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cartwright.warehouse.identity import key as identity_key
from cartwright.warehouse.identity import subjects as identity
from cartwright.warehouse.identity.key import KeyTrouble
from tiny_hospital import Hospital, sound

LINK = "ehr_patient_link"
OTHER = b"0123456789abcdef" * 4


@pytest.fixture
def used(hospital: Hospital) -> Hospital:
    """A house that has named a patient."""
    hospital.ehr(LINK, sound(LINK))
    hospital.night(LINK)
    identity.refresh(hospital.con, hospital.settings)
    return hospital


def put(path: Path, content: bytes, mode: int = 0o600) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def refused(hospital: Hospital) -> str:
    with pytest.raises(KeyTrouble) as trouble:
        identity.refresh(hospital.con, hospital.settings)
    return str(trouble.value)


def test_the_key_is_made_once_and_only_its_owner_may_read_it(used: Hospital) -> None:
    key = identity_key.read_key(used.settings)
    identity.refresh(used.con, used.settings)
    assert identity_key.read_key(used.settings) == key
    assert stat.S_IMODE(used.settings.identity_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(used.settings.restricted.stat().st_mode) == 0o700


@pytest.mark.parametrize("step", ["open", "fsync", "link"])
def test_a_kill_while_the_key_is_made_leaves_none_or_a_whole_one(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    original = getattr(os, step)

    def killed(*arguments: object, **options: object) -> object:
        if step != "open" or "identity.key" in str(arguments[0]):
            raise KeyboardInterrupt
        return original(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, step, killed)
        with pytest.raises(KeyboardInterrupt):
            identity.refresh(hospital.con, hospital.settings)
    assert not hospital.settings.identity_key.exists()
    identity.refresh(hospital.con, hospital.settings)
    assert len(identity_key.read_key(hospital.settings)) == 64


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"x", b"0" * 64, OTHER[:40], OTHER + b"00", b"\xff" * 64, b"passwordpassword" * 4]
)
def test_a_weak_key_is_refused(used: Hospital, content: bytes) -> None:
    put(used.settings.identity_key, content)
    assert "openssl rand -hex 32" in refused(used)


@pytest.mark.parametrize("mode", [0o666, 0o640, 0o604, 0o620])
def test_a_key_that_others_may_touch_is_refused(used: Hospital, mode: int) -> None:
    used.settings.identity_key.chmod(mode)
    assert "chmod 600" in refused(used)


def test_a_key_behind_a_link_is_refused(used: Hospital) -> None:
    target = used.settings.home / "elsewhere"
    os.rename(used.settings.identity_key, target)
    used.settings.identity_key.symlink_to(target)
    assert "not a plain file" in refused(used)


def test_a_deleted_key_is_not_made_anew(used: Hospital) -> None:
    used.settings.identity_key.unlink()
    assert "backup" in refused(used)
    assert not used.settings.identity_key.exists()


def test_an_exchanged_key_is_refused_and_never_quoted(used: Hospital) -> None:
    before = used.rows("FROM identity.person ORDER BY ALL")
    put(used.settings.identity_key, OTHER)
    words = refused(used)
    assert "not the key that this house has used" in words
    assert OTHER.decode() not in words
    assert used.rows("FROM identity.person ORDER BY ALL") == before


def test_without_its_build_file_the_house_knows_its_key_from_the_current_release(used: Hospital) -> None:
    used.con.execute("DELETE FROM identity.known_key; DELETE FROM identity.person")
    current = used.settings.places()[0].current
    current.mkdir(parents=True)
    (current / "manifest.json").write_text('{"ingredients": {"key_id": "00000000"}}')
    assert "not the key" in refused(used)


def test_a_house_from_before_the_list_of_keys_knows_its_key_from_its_pseudonyms(used: Hospital) -> None:
    used.con.execute("DELETE FROM identity.known_key")
    identity.refresh(used.con, used.settings)
    put(used.settings.identity_key, OTHER)
    assert "not the key" in refused(used)


def test_rotation_changes_every_pseudonym_and_keeps_the_old_key(used: Hospital) -> None:
    before, old_key = used.rows("FROM identity.patient_map"), identity_key.read_key(used.settings)
    old, new = identity_key.rotate(used.con, used.settings)
    identity.refresh(used.con, used.settings)
    assert old != new == identity_key.key_id(used.settings)
    assert used.rows("FROM identity.patient_map") != before
    kept = used.settings.restricted / f"identity.key.{old}"
    assert kept.read_bytes().strip() == old_key
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize("place", ["_enter", "_finish_rotation"])
def test_a_rotation_killed_between_leaves_the_old_key_or_the_new_one(
    used: Hospital, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    old, original, calls = identity_key.key_id(used.settings), getattr(identity_key, place), []

    def killed(*arguments: object) -> object:
        calls.append(place)
        if len(calls) > 1:  # the first call belongs to the look at the present key
            raise KeyboardInterrupt
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(identity_key, place, killed)
        with pytest.raises(KeyboardInterrupt):
            identity_key.rotate(used.con, used.settings)
    identity.refresh(used.con, used.settings)
    assert (identity_key.key_id(used.settings) == old) == (place == "_enter")
    assert identity_key.rotate(used.con, used.settings)[1] == identity_key.key_id(used.settings)
