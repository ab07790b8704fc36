"""A night that brings nothing changes nothing."""

from __future__ import annotations

import pytest

from cartwright.orchestration.commands.refresh import run_night
from cartwright.warehouse.settings import Settings
from houses import fingerprint, silent

pytestmark = pytest.mark.slow


def test_a_second_refresh_without_new_deliveries_changes_no_exported_row(copy_of_house: Settings) -> None:
    place = copy_of_house.places()[0]
    before, release = fingerprint(place.build_db), place.current.resolve()
    report = run_night(copy_of_house, silent)
    assert report.succeeded, report.problems
    assert report.tonight["loaded"] == 0
    assert place.current.resolve() == release, "the same inputs have the same release id"
    assert fingerprint(place.build_db) == before
    assert report.built == dict.fromkeys(("", place.study_id), "nothing: no input changed")


def test_a_night_that_is_asked_for_in_full_builds_everything_and_changes_nothing(copy_of_house: Settings) -> None:
    place = copy_of_house.places()[0]
    before, release = fingerprint(place.build_db), place.current.resolve()
    report = run_night(copy_of_house, silent, is_full=True)
    assert report.built == dict.fromkeys(("", place.study_id), "everything: it was asked for")
    assert place.current.resolve() == release
    assert fingerprint(place.build_db) == before
