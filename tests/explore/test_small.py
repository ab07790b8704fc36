"""What can be worked out of groups that are shown, against every combination tried one by one."""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartwright.explore.small import Ledger

PEOPLE = "abcdefghij"


def shown(sets: list[str], least: int, spared: str = "") -> list[bool]:
    every = [frozenset(one) for one in sets]
    ledger = Ledger(every, least, frozenset(spared))
    return [ledger.admit([one]) for one in every]


@pytest.mark.parametrize(("size", "is_shown"), [(4, False), (5, True)])
def test_a_group_is_small_below_the_limit(size: int, is_shown: bool) -> None:
    assert shown([PEOPLE[:size]], least=5) == [is_shown]


@pytest.mark.parametrize(("least", "is_shown"), [(8, False), (7, True)])
def test_a_group_is_small_also_where_it_has_more_parts_than_are_tried(least: int, is_shown: bool) -> None:
    """Seven patients of whom each could be asked for alone."""
    seven = PEOPLE[:7]
    assert shown([seven, *seven], least)[0] == is_shown


@pytest.mark.parametrize(("left", "is_shown"), [(1, False), (2, False), (3, True)])
def test_a_group_is_not_shown_whose_difference_from_another_is_small(left: int, is_shown: bool) -> None:
    assert shown([PEOPLE, PEOPLE[:-left]], least=3) == [True, is_shown]


def test_the_rest_of_two_groups_and_their_whole_is_a_difference_too() -> None:
    assert shown(["abcdefghij", "abcd", "efgh"], least=3) == [True, True, False]


def test_groups_that_overlap_show_no_small_one_unless_what_they_share_is_shown() -> None:
    assert shown(["abcdef", "efghij", "abcdefghij"], least=3) == [True, True, False]


def test_a_group_that_follows_from_others_is_shown() -> None:
    assert shown(["abcdefghij", "abcde", "fghij"], least=3) == [True, True, True]


def test_whoever_comes_first_is_shown() -> None:
    assert shown(["abcdefghi", "abcdefghij"], least=3) == [True, False]


def test_an_empty_group_says_nothing() -> None:
    assert shown(["abcde", ""], least=3) == [True, True]


def test_a_group_of_spared_patients_is_shown_however_small_and_what_follows_of_others_is_not() -> None:
    assert shown(["abcdefghij", "abcdefghi", "abcdefg"], least=3, spared="j") == [True, True, False]


def test_sets_are_shown_together_or_not_at_all() -> None:
    ledger = Ledger([frozenset("abcdefghij"), frozenset("abcdefgh"), frozenset("ij"), frozenset("abcde")], 3)
    assert ledger.admit([frozenset("abcdefghij")])
    assert not ledger.admit([frozenset("abcde"), frozenset("abcdefgh")])
    assert ledger.admit([frozenset("abcde")])


@given(
    sets=st.lists(st.frozensets(st.sampled_from(PEOPLE)), max_size=8),
    least=st.integers(2, 5),
)
def test_the_ledger_refuses_exactly_what_would_single_out_a_small_group(sets: list[frozenset[str]], least: int) -> None:
    ledger, told = Ledger(sets, least), np.empty((0, len(PEOPLE)))
    small = [row_of(some) for size in range(1, least) for some in combinations(PEOPLE, size)]
    for one in sets:
        with_it = np.vstack([told, row_of(one)])
        is_safe = not one or not (0 < len(one) < least or any(follows(with_it, some) for some in small))
        assert ledger.admit([one]) == is_safe
        told = with_it if is_safe else told


def row_of(people: frozenset[str] | tuple[str, ...]) -> np.ndarray:
    return np.array([float(one in people) for one in PEOPLE])


def follows(told: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether a row is a combination of those that are told, by rank."""
    return np.linalg.matrix_rank(np.vstack([told, wanted])) == np.linalg.matrix_rank(told)


def crowd(people: int, traits: int) -> list[frozenset[str]]:
    """Groups as many choices make them of many patients: hundreds of parts of one or two."""
    drawn = np.random.default_rng(1).random((people, traits)) < 0.3
    having = [frozenset(f"P{i}" for i in np.flatnonzero(column)) for column in drawn.T]
    return [*having, *(one & other for one, other in combinations(having, 2))]


def test_what_was_admitted_together_is_told_a_finer_ledger_at_once() -> None:
    groups = crowd(300, 6)
    coarse = Ledger(groups, 5)
    admitted = [one for one in groups if coarse.admit([one])]
    finer = [one - set(sorted(one)[: number % 9]) for number, one in enumerate(groups)]
    asked, told = (Ledger([*groups, *finer], 5) for _ in range(2))
    assert all(asked.admit([one]) for one in admitted), "what follows from them is the same in finer parts"
    told.tell(admitted)
    answers = [asked.admit([one]) for one in finer]
    assert answers == [told.admit([one]) for one in finer]
    assert len(set(answers)) == 2


def test_a_house_of_thousands_is_decided_while_somebody_waits() -> None:
    """The first view of 5,000 patients did not come within minutes; this took 46 s of a processor, and takes 3."""
    groups = crowd(2500, 11)
    began = time.process_time()
    ledger = Ledger(groups, 5)
    assert [ledger.admit([one]) for one in groups].count(True) > 40
    assert time.process_time() - began < 20
