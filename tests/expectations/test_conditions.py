"""The conditions that contracts and studies give by their words alone, against the same promise in plain Python."""

from __future__ import annotations

import math
from collections import Counter

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from cartwright.expectations import conditions
from cartwright.expectations.check import Check, no_row, not_empty

ABOUT = {"severity": "fatal", "why": "w", "remedy": "r", "endangers": "e"}
CODES = st.one_of(st.none(), st.sampled_from(["a", "b", "it's", ""]))
NUMBERS = st.one_of(st.none(), st.sampled_from([-1.0, 0.0, 0.5, 10.0, 10.5, math.inf, math.nan]))
ROWS = st.lists(st.tuples(CODES, CODES, NUMBERS, st.booleans()), max_size=8)


def failing(check: Check, rows: list[tuple]) -> list[int]:
    """Numbers of the rows that the check selects of a table x.y with the columns a, b, number and is_deleted."""
    with duckdb.connect(":memory:") as con:
        con.execute("CREATE SCHEMA x")
        con.execute("CREATE TABLE x.y (n INTEGER, a VARCHAR, b VARCHAR, number DOUBLE, is_deleted BOOLEAN)")
        if rows:
            con.executemany("INSERT INTO x.y VALUES (?, ?, ?, ?, ?)", [(n, *row) for n, row in enumerate(rows)])
        return sorted(n for (n,) in con.execute(check.sql).fetchall())


def of(condition: str) -> Check:
    return no_row("x.y.rule", "x.y", ("n",), condition, **ABOUT)


@given(ROWS)
def test_a_key_is_repeated_where_another_row_has_the_same_values_known_or_not(rows: list[tuple]) -> None:
    seen = Counter((a, b) for a, b, *_ in rows)
    due = [n for n, (a, b, *_) in enumerate(rows) if seen[a, b] > 1]
    assert failing(of(conditions.repeated("x.y", ["a", "b"])), rows) == due


@given(ROWS)
def test_a_key_is_repeated_among_the_rows_that_are_asked(rows: list[tuple]) -> None:
    seen = Counter(a for a, _, _, is_deleted in rows if not is_deleted)
    due = [n for n, (a, _, _, is_deleted) in enumerate(rows) if not is_deleted and seen[a] > 1]
    condition = "not t.is_deleted and " + conditions.repeated("x.y", ["a"], among="not d.is_deleted")
    assert failing(of(condition), rows) == due


@given(ROWS)
def test_a_required_column_is_empty_in_one_of_them(rows: list[tuple]) -> None:
    due = [n for n, (a, b, *_) in enumerate(rows) if a is None or b is None]
    assert failing(of(conditions.empty(["a", "b"])), rows) == due


@given(ROWS)
def test_a_code_outside_its_list_fails_and_none_does_not(rows: list[tuple]) -> None:
    due = [n for n, (a, *_) in enumerate(rows) if a not in (None, "it's", "b")]
    assert failing(of(conditions.unlisted("a", {"it's", "b"})), rows) == due


@given(ROWS)
def test_limits_themselves_are_allowed_and_what_is_no_number_is_not(rows: list[tuple]) -> None:
    within = [row[2] is None or 0 <= row[2] <= 10 for row in rows]
    condition = conditions.outside("number", 0, 10)
    assert failing(of(condition), rows) == [n for n, holds in enumerate(within) if not holds]


def test_a_limit_that_is_not_there_is_open() -> None:
    rows = [("a", "b", -1.0, False), ("a", "b", 11.0, False)]
    assert failing(of(conditions.outside("number", None, 10)), rows) == [1]
    assert failing(of(conditions.outside("number", 0, None)), rows) == [0]


@given(ROWS)
def test_a_value_that_the_other_table_does_not_have_fails_and_so_does_none(rows: list[tuple]) -> None:
    targets = {b for _, b, *_ in rows} - {None}
    due = [n for n, (a, *_) in enumerate(rows) if a not in targets]
    assert failing(of(conditions.pointless("a", "x.y", "b")), rows) == due


def test_braces_of_a_condition_are_its_own() -> None:
    rows = [("aa", "", None, False), ("a", "", None, False)]
    assert failing(of("not regexp_full_match(t.a, '[a-z]{2}')"), rows) == [1]


def test_a_table_without_rows_is_named_where_rows_were_due() -> None:
    check = not_empty("x.y.rows_due", "x.y", **ABOUT)
    with duckdb.connect(":memory:") as con:
        con.execute("CREATE SCHEMA x; CREATE TABLE x.y (n INTEGER)")
        assert con.execute(check.sql).fetchall() == [("x.y",)]
        con.execute("INSERT INTO x.y VALUES (NULL)")
        assert con.execute(check.sql).fetchall() == []
