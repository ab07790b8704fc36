"""A mistake at the command line ends in one sentence that says what to do, never in a traceback."""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from cartwright.orchestration.commands import printing as shell
from cartwright.orchestration.commands.cli import app
from cartwright.orchestration.commands.mistakes import in_plain_words
from cartwright.orchestration.commands.refresh import NightReport
from cartwright.orchestration.commands.summary import show_night
from cartwright.warehouse.settings import Settings

NO_RELEASE = "run a refresh first"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path))
    return tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(app, words)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["sql"], NO_RELEASE),
        (["sql", "SELECT 1"], NO_RELEASE),
        (["sql", "--release", "none", "SELECT 1"], "no release none"),
        (["rejected"], NO_RELEASE),
        (["rejected", "lis_nonsense"], "no feed table lis_nonsense"),
        (["audit"], NO_RELEASE),
        (["trace", "os_by_group"], NO_RELEASE),
        (["trace", "adam.adtte", "CW-1", "OS"], NO_RELEASE),
        (["releases", "rollback", "none"], "no release none"),
        (["releases", "diff", "none", "none"], "no release none"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_house_without_releases_says_so(home: Path, words: list[str], says: str) -> None:
    result = call(*words)
    assert result.exit_code == 1
    assert says in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "words", [["simulate", "--patients", "0"], ["simulate", "--sites", "0"], ["ui", "--port", "0"]]
)
def test_numbers_that_cannot_be_are_refused(home: Path, words: list[str]) -> None:
    assert call(*words).exit_code == 2
    assert not any(home.iterdir())


def test_a_port_in_use_is_named(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = call("ui", "--port", port)
    assert result.exit_code == 2
    assert f"{port} is in use" in result.output


def test_a_setting_that_cannot_be_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWRIGHT_AS_OF", "yesterday")
    result = call("sql", "SELECT 1")
    assert result.exit_code == 1
    assert result.output.startswith("CARTWRIGHT_AS_OF: ")


def test_a_statement_that_cannot_run_shows_the_words_of_the_database(home: Path) -> None:
    current = Settings().places()[0].current_db
    current.parent.mkdir(parents=True)
    with duckdb.connect(str(current)) as con:
        con.execute("CREATE TABLE t AS SELECT 1 AS x")
    result = call("sql", "SELECT y FROM t")
    assert result.exit_code == 1
    assert '"y" not found' in result.output
    assert "Traceback" not in result.output


def test_what_a_caller_without_a_umask_makes_is_closed_to_others(home: Path) -> None:
    before = os.umask(0)
    try:
        assert call("study", "new", str(home / "mine")).exit_code == 0
        written = [home / "mine", *(home / "mine").rglob("*")]
        assert [path for path in written if path.stat().st_mode & 0o022] == []
        assert len(written) > 2
    finally:
        os.umask(before)


def test_our_own_faults_keep_their_traceback() -> None:
    assert in_plain_words(KeyError("x")) is None
    assert in_plain_words(FileNotFoundError("x")) is None


def test_a_disk_that_is_full_is_told_with_its_folder(home: Path) -> None:
    books = sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("attempt to write a readonly database"))
    assert "the file system is read-only" in in_plain_words(books)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(home / "backup.json"))
    assert in_plain_words(full).startswith(f"no space is left in {home}. Nothing that was there before is lost; ")


def test_a_night_that_ended_on_a_full_disk_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = f"lis_feed: OSError: [Errno 28] No space left on device: '{home}/restricted'"
    show_night(NightReport("run", problems=[problem]), Settings())
    assert f"  no space is left in {home}. " in capsys.readouterr().err


def test_feeds_check_names_line_and_column_of_what_a_night_would_reject(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell.console, "width", 300)  # whole lines, whatever the terminal
    folder = home / "feeds" / "lis" / "2022-01-03"
    folder.mkdir(parents=True)
    header = "probe_no,version_no,result_status,lis_patient_no,report_no,gene_code,fish_result,collected_at,resulted_at"
    record = "P1,1,final,L1,R1,MYC,rearranged,2022-02-30 08:00,"
    (folder / "fish_20220103.csv").write_text(f"{header}\n{record}\n{record.replace('P1', 'P2')}\n")
    (folder / "fisch_20220103.csv").write_text(f"{header}\n{record}\n")
    result = call("feeds", "check")
    assert result.exit_code == 1
    (rejected,) = (line.split() for line in result.output.splitlines() if "impossible_date" in line)
    assert rejected[:3] == ["lis_fish", "2022-01-03/fish_20220103.csv", "collected_at"]
    assert rejected[5:7] == ["2", "2"], "how many records, and the line of the first"
    assert "lis/2022-01-03/fisch_20220103.csv: not read, its name belongs to no feed table" in result.output
