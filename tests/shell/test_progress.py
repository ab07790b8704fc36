"""A night says what it does from its first second, on a terminal and in a log."""

from __future__ import annotations

import io

from rich.console import Console

from cartwright.orchestration.commands import progress
from cartwright.orchestration.commands.progress import Display, Line


def heard(is_terminal: bool, *events: tuple[str, str], width: int = 200) -> str:
    display = Display()
    out = io.StringIO()
    display.console = Console(file=out, force_terminal=is_terminal, width=width, highlight=False)
    display.status = display.console.status(display.line)
    with display:
        for what, words in events:
            display(what, words)
    return out.getvalue()


def test_the_line_counts_the_seconds_when_it_is_drawn(monkeypatch) -> None:
    clock = iter([100.0, 100.4, 142.2])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    line = Line()
    line.words = "definitions ..."
    assert [line.__rich__(), line.__rich__()] == ["    0 s  definitions ...", "   42 s  definitions ..."]


def test_a_log_is_told_what_comes_before_the_night_when_it_begins() -> None:
    """It would else be silent for as long as the SQL compiles."""
    said = heard(False, ("start", "definitions")).splitlines()
    assert said == ["    0 s  SQL of hospital and studies, compiled anew where it changed ..."]


def test_a_log_is_told_of_a_step_when_it_ends() -> None:
    said = heard(False, ("start", "lis_feed"), ("note", "10 models built"), ("end", "lis_feed")).splitlines()
    assert said == ["    0 s  done  laboratory feed  0.0 s"]
    assert "failed  my_study: gate: what leaves" in heard(False, ("fail", "my_study__leaving_gate"))


def test_a_terminal_shows_what_is_being_done_before_anything_has_ended() -> None:
    assert "starting" in heard(True)


def test_a_step_is_one_line_of_a_log_however_long_its_name() -> None:
    """Its seconds stood alone on a second line."""
    name = "a_study_with_a_name_that_goes_on__models"
    said = heard(False, ("start", name), ("end", name), ("fail", name), width=40).splitlines()
    assert [line.split()[-1] for line in said] == ["s", "s"]
    assert all("a_study_with_a_name_that_goes_on: models and their tests (dbt)  " in line for line in said)
