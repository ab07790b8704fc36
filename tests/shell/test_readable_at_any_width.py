"""Results as lines: within the width, nothing folded, nothing lost without a mark, NULL told from empty."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cartwright.orchestration.commands.shell.cells import text_of
from cartwright.orchestration.commands.shell.grid import fitted, whole
from cartwright.orchestration.commands.shell.record import described, expanded, folded
from cartwright.orchestration.commands.shell.results import Result, laid_out

VALUES = st.one_of(st.none(), st.text(max_size=60), st.integers(-9999, 9999), st.booleans(), st.dates())


@pytest.mark.parametrize(
    ("value", "due"),
    [
        (None, "NULL"),
        ("NULL", '"NULL"'),
        ("", '""'),
        ('"', '"""'),
        ("plain", "plain"),
        (True, "true"),
        (Decimal("1.50"), "1.50"),
        (date(2022, 1, 2), "2022-01-02"),
        (datetime(2022, 1, 2, 3, 4, tzinfo=UTC), "2022-01-02 03:04:00+00:00"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202eabc", "\\u202eabc"),
    ],
)
def test_a_value_reads_on_one_line_and_moves_no_cursor(value: object, due: str) -> None:
    assert text_of(value) == due


def test_a_text_is_elided_with_a_mark_and_counted() -> None:
    found = fitted(["id", "words"], [(1, "a" * 50), (2, "short")], 40)
    assert found.lines[2:] == [" 1  " + "a" * 35 + "…", " 2  short"]
    assert (found.columns, found.elided) == (2, 1)


def test_numbers_and_days_are_never_elided() -> None:
    found = fitted(["a", "b", "c"], [(123456789012, date(2022, 1, 2), 1.2345678901)], 40)
    assert found.lines[-1] == "123456789012  2022-01-02  1.2345678901"
    assert fitted(["a", "b", "c"], [(123456789012, date(2022, 1, 2), 1.2345678901)], 37).columns == 2


def test_names_are_broken_after_underscores_alone_and_only_for_want_of_room() -> None:
    row = [(1, 2)]
    assert fitted(["time_to_failure_days", "n"], row, 80).lines[0] == "time_to_failure_days  n"
    narrow = fitted(["time_to_failure_days", "n"], row, 12).lines
    assert narrow[:3] == [" time_to_", " failure_", "     days  n"]


def test_what_has_no_room_is_counted_and_a_key_stays_whole() -> None:
    names = ["usubjid", *(f"visit_{i}" for i in range(30))]
    result = Result(names, [("CW-0123456789ABCDEF", *range(30))], True)
    found = fitted(names, result.rows, 40)
    assert found.lines[-1].startswith("CW-0123456789ABCDEF  ")
    assert found.columns < len(names)


def test_a_terminal_is_told_what_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    result = Result([f"a{i}" for i in range(40)], [("x" * 30,) * 40], is_whole=False)
    lines = " ".join(laid_out(result, is_expanded=False, in_shell=True))
    assert "only the first 1 row; \\rows 0 shows all" in lines
    assert "38 of 40 columns do not fit: \\s goes sideways, \\x shows record by record" in lines
    assert "1 text ends with …" in lines
    outside = " ".join(laid_out(result, is_expanded=False, in_shell=False))
    assert "| less -S" in outside
    assert "--expanded" in outside
    assert "\\x" not in outside


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=5), st.integers(20, 120))
def test_no_line_is_wider_than_the_terminal_and_a_row_is_a_line(rows: list[tuple[object, ...]], width: int) -> None:
    names = ["first_column", "second_one", "c"]
    found = fitted(names, rows, width)
    assert all(cell_len(line) <= width for line in found.lines)
    head = next(i for i, line in enumerate(found.lines) if line.startswith("─"))
    assert len(found.lines) - head - 1 == len(rows)
    assert all(cell_len(line) <= width for line in expanded(names, rows, width))


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=5))
def test_a_pipe_gets_every_value_in_its_order(rows: list[tuple[object, ...]]) -> None:
    lines = list(whole(["a", "b"], [rows[:2], rows[2:]]))
    assert len(lines) == len(rows) + 1
    for line, (first, second) in zip(lines[1:], rows, strict=True):
        rest = line.lstrip(" ").removeprefix(text_of(first).lstrip(" "))
        assert rest.strip(" ") == text_of(second).strip(" ")


def test_a_record_is_complete_and_folded_between_words() -> None:
    lines = list(expanded(["id", "words"], [(None, "one two three four five six seven")], 30))
    assert lines == ["── record 1 of 1 ──", "id     NULL", "words  one two three four five", "       six seven"]


def test_only_a_word_longer_than_a_line_is_broken() -> None:
    assert folded("ab abcdefgh cd", 4) == ["ab", "abcd", "efgh", "cd"]


def test_a_meaning_is_folded_below_itself() -> None:
    assert list(described([("a_name", "DATE", "Day of the first dose of all")], 36)) == [
        "a_name  DATE  Day of the first dose",
        "              of all",
    ]
