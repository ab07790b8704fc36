"""Lists of commands keep ids, file names and numbers whole at any width: somebody goes on with them.

`cartwright trace` broke a pseudonym in two at 100 columns, `cartwright rejected` the names of its columns at 80, the
audit left out half of a ratio, and the summary of a night the end of the report's path.
"""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from cartwright.orchestration.commands import audit_view, printing, summary
from cartwright.orchestration.commands.shell.wrapped import wrapped

NAMES = ["usubjid", "file_name", "line", "remedy"]
ROWS = [
    [
        "CW-039F99E3219EBEEA",
        "2022-08-16/lab_result_20220816.csv",
        "6247",
        "correct the date; no such day",
    ],
    ["CW-0CD6F0738ED76020", "2022-08-16/imaging.jsonl", "", "send a code of the list"],
]


@pytest.mark.parametrize("width", [60, 80, 90, 120, 200])
def test_no_line_is_wider_and_no_word_is_broken(width: int) -> None:
    lines = list(wrapped(NAMES, ROWS, width))
    assert max(map(cell_len, lines)) <= width
    said = " ".join(lines).split()
    assert all(word in said for row in ROWS for cell in row for word in cell.split())


def test_a_row_is_one_line_where_there_is_room() -> None:
    assert len(list(wrapped(NAMES, ROWS, 200))) == 1 + len(ROWS)


def test_a_sentence_stands_below_itself() -> None:
    first, second = list(wrapped(["id", "remedy"], [["A1", "correct the date"]], 18))[1:]
    assert (first, second) == ("A1  correct the", "    date")


def test_where_ids_do_not_fit_side_by_side_each_record_stands_alone() -> None:
    lines = list(wrapped(NAMES, ROWS, 60))
    assert lines[0] == "── record 1 of 2 ──"
    assert "line       -" in lines, "an empty cell is seen to be empty"


def printed(monkeypatch: pytest.MonkeyPatch, width: int) -> io.StringIO:
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False)
    monkeypatch.setattr(printing, "console", console)
    monkeypatch.setattr(audit_view, "_console", lambda: console)
    monkeypatch.setattr(summary, "_console", lambda: console)
    return out


def test_a_terminal_is_spared_columns_in_which_nothing_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("A1", None, "used"), ("A2", "", "used")]
    monkeypatch.setenv("COLUMNS", "80")
    out = printed(monkeypatch, 80)
    printing.print_rows(["id", "variable", "reason"], rows)
    assert out.getvalue().split() == ["id", "reason", "A1", "used", "A2", "used"]
    monkeypatch.delenv("COLUMNS")
    out = printed(monkeypatch, 1000)
    printing.print_rows(["id", "variable", "reason"], rows)
    assert out.getvalue().split()[:3] == ["id", "variable", "reason"], "a pipe gets all"


def test_the_summary_of_a_night_never_cuts_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    out = printed(monkeypatch, 60)
    path = "/srv/house/studies/cd20_salvage/releases/d8e4d723f302e3f8/report.html"
    words = "990 passed, 13 not applicable, 6 failed, of them none that holds back"
    summary._table([("report", path), ("checks", words)])
    first, *others = out.getvalue().splitlines()
    assert first == f"report  {path}"
    assert " ".join(line[8:] for line in others) == words
    assert max(map(len, others)) <= 60
