"""The shell on a real terminal: Tab, history, Ctrl-C, its own commands; and what is kept of a session."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pyte
import pytest

from cartwright.orchestration.commands.shell.complete import names_of, offers
from cartwright.orchestration.commands.shell.history import own_history, place
from cartwright.warehouse.connect import open_release

ASKS_FOR_CURSOR, CURSOR = "\x1b[6n", "\x1b[1;1R"


class Terminal:
    """A session of `cartwright sql` and the screen that its user sees."""

    def __init__(self, width: int = 100, height: int = 40) -> None:
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self._screen)
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "cartwright.orchestration.commands.cli", "sql"],
            dimensions=(height, width),
            env={**os.environ, "TERM": "xterm-256color", "PAGER": "cat"},
            encoding="utf-8",
        )

    def until(self, words: str, seconds: int = 60) -> str:
        """The screen, once it shows `words`."""
        end = time.monotonic() + seconds
        while words not in self.shown():
            assert time.monotonic() < end, self.shown()
            try:
                sent = self.process.read_nonblocking(65536, 0.2)
            except pexpect.TIMEOUT:
                continue
            self._stream.feed(sent)
            if ASKS_FOR_CURSOR in sent:
                self.process.send(CURSOR)
        return self.shown()

    def shown(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def type(self, keys: str) -> None:
        self.process.send(keys)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def terminal(release: Path, state: Path) -> Iterator[Terminal]:
    started = Terminal()
    started.until("release>")
    yield started
    started.process.close(force=True)


def test_tab_completes_and_a_result_comes(terminal: Terminal) -> None:
    terminal.type("SELECT age_years FROM adam.ads\t")
    terminal.until("adam.adsl")
    terminal.type(";\r")
    assert "61\n     NULL" in terminal.until("(2 rows)")


def test_ctrl_c_ends_the_statement_and_not_the_shell(terminal: Terminal) -> None:
    terminal.type("SELECT sum(sin(a.range * b.range)) FROM range(1000000) AS a, range(1000000) AS b;\r")
    terminal.until("range(1000000) AS b;")
    time.sleep(2)
    terminal.type("\x03")
    terminal.until("ended by Ctrl-C")
    terminal.type("SELECT 40 + 2 AS answer;\r")
    assert "42" in terminal.until("(1 row)")


def test_an_error_and_ctrl_c_at_the_prompt_end_nothing(terminal: Terminal) -> None:
    terminal.type("SELECT y;\r")
    terminal.until("Binder Error")
    terminal.type("SELECT half\x03")
    terminal.type("SELECT 6 * 7 AS answer;\r")
    terminal.until("(1 row)")
    terminal.type("\x04")
    terminal.process.expect(pexpect.EOF, timeout=20)
    terminal.process.close()
    assert terminal.process.exitstatus == 0


def test_statements_are_back_in_the_next_session_but_for_pseudonyms(release: Path, state: Path) -> None:
    first = Terminal()
    first.until("release>")
    for statement in ("SELECT 1 AS one", "FROM adam.adsl WHERE usubjid = 'cw-0123456789ABCDEF'", " SELECT 2 AS two"):
        first.type(f"{statement};\r")
    first.until("  2\n(1 row)")
    first.type("\x04")
    first.process.expect(pexpect.EOF, timeout=20)
    kept = place().read_text()
    assert "SELECT 1 AS one;" in kept
    assert "adsl" not in kept
    assert "two" not in kept
    second = Terminal()
    second.until("release>")
    second.type("\x1b[A")
    second.until("release> SELECT 1 AS one;")
    second.process.close(force=True)


def test_its_own_commands(terminal: Terminal, tmp_path: Path) -> None:
    terminal.type("\\d adam.adsl\r")
    terminal.until("Age in completed years. At the failure.")
    terminal.type("FROM mart.wide;\r")
    terminal.until("columns do not fit: \\s goes sideways")
    terminal.type("\\x\r")
    terminal.until("measured_on_visit_59_days  59")
    terminal.type(f"\\w {tmp_path / 'wide.csv'}\r")
    terminal.until("1 row is in")
    assert len((tmp_path / "wide.csv").read_text().splitlines()[0].split(",")) == 61
    assert stat.S_IMODE((tmp_path / "wide.csv").stat().st_mode) == 0o600


def test_the_history_is_the_users_alone(state: Path) -> None:
    place().parent.mkdir(parents=True)
    place().write_text("")
    place().chmod(0o644)
    assert own_history() is not None
    assert stat.S_IMODE(place().stat().st_mode) == 0o600


def test_a_history_that_is_a_link_is_not_used(state: Path, tmp_path: Path) -> None:
    place().parent.mkdir(parents=True)
    place().symlink_to(tmp_path / "elsewhere")
    assert own_history() is None


@pytest.mark.parametrize(
    ("typed", "due"),
    [
        ("SELECT * FROM a", ["adam."]),
        ("SELECT * FROM adam.adt", ["adam.adtte"]),
        ("FROM adam.adsl AS s WHERE s.age", ["s.age_years"]),
        ("FROM adam.adsl WHERE age", ["age_years"]),
        ("FROM adam.adsl WHERE adam.adsl.age", ["adam.adsl.age_years"]),
        ("\\d ma", ["mart."]),
        ("SELECT * FROM adam.adsl WHER", ["WHERE"]),
        ("SELECT * FROM nowhere.x", []),
    ],
)
def test_what_tab_offers(release: Path, typed: str, due: list[str]) -> None:
    with open_release(release) as con:
        names = names_of(con)
    assert [name for name, _ in offers(names, typed, typed)] == due


def test_a_column_is_offered_with_its_meaning(release: Path) -> None:
    with open_release(release) as con:
        names = names_of(con)
    statement = "SELECT age FROM adam.adsl"
    assert list(offers(names, "SELECT age", statement)) == [("age_years", "Age in completed years. At the failure.")]
