"""Nights that build only the touched subjects end in the tables of one full build, whatever came or failed."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.built import scope
from cartwright.warehouse.intake.contracts import load_contracts
from case_hospital import load_cases
from nights import Nights

pytestmark = pytest.mark.slow
PATIENTS, NIGHTS = 24, 3
OFTEN = ("news", "correction", "withdrawal", "deletion", "merge", "unmerge", "newcomer", "conflict", "stranger", "text")
SELDOM = ("product", "mapping", "cut")


def sequence(home: Path, seed: int) -> tuple[dict[str, int], Nights, list[str]]:
    """One life of a house. Returns the rows that differ in the end, by table, the house, and what happened."""
    chance, happened = random.Random(seed), []
    nights = Nights(home, chance.sample(load_cases(), PATIENTS), seed)
    nights.night()
    for number in range(NIGHTS):
        deeds = chance.choices(OFTEN, k=chance.randint(0, 5)) + [deed for deed in SELDOM if chance.random() < 0.08]
        for deed in deeds:
            getattr(nights, deed)()
        is_last = number == NIGHTS - 1
        killed = chance.choice([None, None, None, 0, chance.randint(1, 240)]) if not is_last else None
        alone = chance.random() < 0.2 and not is_last
        happened.append(f"{'+'.join(deeds) or 'no news'}{f' killed after {killed}' if killed is not None else ''}")
        nights.night(killed, alone)
    return nights.rows_that_differ_from_a_full_build(), nights, happened


def test_random_nights_end_in_the_tables_of_one_full_build(tmp_path: Path, monkeypatch, size, tell) -> None:
    few, wrong = 0, []
    count = size(2, 200)
    for seed in range(count):
        differ, nights, happened = sequence(tmp_path / str(seed), seed)
        few += sum(" of " in words for words in nights.told)
        if differ:
            wrong.append(f"seed {seed}: {happened}: {differ}")
    tell(f"{count} sequences of {NIGHTS} nights, {few} builds of touched subjects alone, {len(wrong)} with other rows")
    assert wrong == []
    assert few


def only_todays(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The touched subjects without those who have lost their last number."""
    now = {subject for (subject,) in con.execute("SELECT usubjid FROM identity.patient_map").fetchall()}
    return TOUCHED(con) & now


def only_yesterdays(con: duckdb.DuckDBPyConnection) -> set[str]:
    """... without those who are new."""
    then = {subject for (subject,) in con.execute("SELECT usubjid FROM built.link").fetchall()}
    return TOUCHED(con) & then


TOUCHED = scope.touched_subjects


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """A house of six patients after its first night."""
    nights = Nights(tmp_path_factory.mktemp("begun"), load_cases("T01", "T04", "T06", "R18", "R23", "L64"), seed=2)
    nights.night()
    return nights


@pytest.mark.parametrize(
    ("broken", "differs"), [(TOUCHED, False), (only_todays, True), (only_yesterdays, True)], ids=["whole", "old", "new"]
)
def test_a_rule_that_forgets_who_a_record_was_of_is_seen(
    begun: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: Callable, differs: bool
) -> None:
    nights = begun.copied(tmp_path / "own")
    monkeypatch.setattr(scope, "touched_subjects", broken)
    links = nights.rows["ehr_patient_link"]
    one, *_, other = sorted({row["enterprise_no"] for row in links.values()})
    for row in list(links.values()):
        if row["enterprise_no"] == one:
            nights.send(load_contracts()["ehr_patient_link"], {**row, "enterprise_no": other})
    nights.newcomer()
    nights.night()
    assert bool(nights.rows_that_differ_from_a_full_build()) == differs
    assert " of " in nights.told[2]
