"""A group looks the same in every figure, and the groups of one figure differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cartwright.analysis.report.places import EVERYBODY, LOOKS, places

FIGURES = st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=LOOKS, unique=True), max_size=8)


def test_a_group_keeps_its_look_wherever_it_stands_in_a_figure() -> None:
    assert places([["cells", "none"], ["none", "other"], ["other", "cells"]]) == [(0, 1), (1, 2), (2, 0)]


def test_a_new_group_takes_no_look_that_another_has() -> None:
    assert places([["cells", "none"], ["cells", "other"], ["cells", "third", "none"]]) == [(0, 1), (0, 2), (0, 3, 1)]


def test_a_group_alone_has_its_look_or_that_of_everybody_and_takes_none_away() -> None:
    assert places([["all"], ["cells", "none"], ["none"]]) == [(EVERYBODY,), (0, 1), (1,)]


def test_where_no_look_is_left_a_figure_shares_with_groups_that_it_does_not_show() -> None:
    nine = list("abcdefghi")
    assert places([nine, ["j", "b"], ["j", "a"]]) == [tuple(range(9)), (0, 1), (1, 0)]


@given(FIGURES)
def test_groups_of_one_figure_differ(figures: list[list[str]]) -> None:
    for levels, looks in zip(figures, places(figures), strict=True):
        assert len(set(looks)) == len(levels)
        assert set(looks) <= {*range(LOOKS), EVERYBODY}
