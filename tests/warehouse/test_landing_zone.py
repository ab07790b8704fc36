"""Whatever lies in the landing zone: it is taken, or named and left alone, and the night goes on."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from cartwright.warehouse.intake import landing
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.intake.landing import shown_name, strange_entries
from cartwright.warehouse.quality import findings
from tiny_hospital import csv_text, sound

LAB = "lis_lab_result"


def strange(hospital) -> list[tuple[str, str]]:
    return [(entry.path, entry.why) for entry in strange_entries(hospital.settings.feeds, load_contracts().values())]


@pytest.fixture
def path(hospital) -> Path:
    """A sound delivery, with another on the next day that must be taken whatever becomes of it."""
    hospital.deliver(LAB, sound(LAB, result_no="R9"), day="2022-01-04")
    return hospital.deliver(LAB, sound(LAB))


def test_files_and_folders_that_no_contract_claims_are_named(hospital, path):
    path.rename(path.with_name("labresult.csv"))
    (path.parent.parent / "januar").mkdir()
    assert hospital.night(LAB).loaded == 1
    assert strange(hospital) == [
        ("lis/2022-01-03/labresult.csv", "its name belongs to no feed table"),
        ("lis/januar", "it is no folder named by a day"),
    ]


@pytest.mark.parametrize("folder", ["2022-13-01", "20220103", "2022-W01-1"])
def test_a_folder_that_names_no_day_is_not_read_but_named(hospital, path, folder):
    path.parent.rename(path.parent.with_name(folder))
    assert hospital.night(LAB).loaded == 1
    assert strange(hospital) == [(f"lis/{folder}", "it is no folder named by a day")]


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (make_pipe, "it is no file"),
        (make_socket, "it is no file"),
        (Path.mkdir, "it is no file"),
        (lambda path: path.symlink_to("/dev/zero"), "it is no file"),
        (make_loop, "it is a link that leads nowhere, or may not be looked at"),
        (lambda path: path.symlink_to("/nowhere"), "it is a link that leads nowhere, or may not be looked at"),
    ],
    ids=["pipe", "socket", "folder", "device", "loop", "dead link"],
)
def test_what_is_no_file_is_not_read_but_named(hospital, path, make, why):
    path.unlink()
    make(path)
    assert hospital.night(LAB).loaded == 1
    assert strange(hospital) == [("lis/2022-01-03/lab_result_20220103.csv", why)]


@pytest.mark.parametrize("name", ["2022-01-05", "lis"])
def test_a_folder_that_may_not_be_read_is_named(hospital, path, monkeypatch, name):
    folder = path.parent.parent if name == "lis" else path.parent.with_name(name)
    folder.mkdir(exist_ok=True)
    listdir = os.listdir

    def closed(where):
        if Path(where) == folder:
            raise PermissionError
        return listdir(where)

    monkeypatch.setattr(landing.os, "listdir", closed)
    assert hospital.night(LAB).loaded == (0 if name == "lis" else 2)
    assert strange(hospital) == [("lis" if name == "lis" else f"lis/{name}", "the folder cannot be read")]


def test_a_file_that_may_not_be_read_is_refused(hospital, path, monkeypatch):
    opened = os.open

    def closed(where, *more, **how):
        if Path(where) == path:
            raise PermissionError
        return opened(where, *more, **how)

    monkeypatch.setattr(landing.os, "open", closed)
    report = hospital.night(LAB)
    assert report.loaded == 1
    assert report.problems == [
        "2022-01-03/lab_result_20220103.csv: the file may not be read; let the account of the night read it"
    ]


def test_a_file_that_cannot_be_looked_at_any_more_once_it_is_listed_is_refused(hospital, path, monkeypatch):
    """As on a network drive whose server restarts: the list of the folder still stands, the file answers no more."""
    stat, is_listed = os.stat, []

    def stale(where, *more, **how):
        if where == path and is_listed:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        is_listed.extend([True] if where == path else [])
        return stat(where, *more, **how)

    monkeypatch.setattr(landing.os, "stat", stale)
    report = hospital.night(LAB)
    assert report.loaded == 1
    assert [problem.split(": ")[0] for problem in report.problems] == ["2022-01-03/lab_result_20220103.csv"]
    monkeypatch.undo()
    assert hospital.night(LAB).loaded == 1


@pytest.mark.parametrize("what", ["grows", "vanishes", "becomes a pipe"])
def test_a_file_that_changes_between_looking_and_reading_is_refused_tonight(hospital, path, monkeypatch, what):
    look = landing._look

    def then(where, known):
        found = look(where, known)
        if where == path and what == "grows":
            with path.open("a") as stream:
                stream.write(csv_text(LAB, [sound(LAB, result_no="R2")]).splitlines()[1][:40])
        elif where == path:
            path.unlink()
            if what == "becomes a pipe":
                os.mkfifo(path)
        return found

    monkeypatch.setattr(landing, "_look", then)
    report = hospital.night(LAB)
    assert report.loaded == 1
    assert "changed while it was read" in report.problems[0]
    monkeypatch.undo()
    if what == "grows":
        path.write_text(csv_text(LAB, [sound(LAB), sound(LAB, result_no="R2")]))
        assert hospital.night(LAB).loaded == 2


def test_a_file_that_vanishes_while_it_is_looked_at_is_not_there(hospital, path, monkeypatch):
    sha256 = landing._sha256

    def gone(where):
        if where == path:
            path.unlink()
        return sha256(where)

    monkeypatch.setattr(landing, "_sha256", gone)
    assert hospital.night(LAB).loaded == 1


@pytest.mark.parametrize(
    "name",
    [
        "lab_result_20220103_张三.csv".encode("gbk"),
        b"lab_result_20220103_*.csv",
        b"lab_result_20220103_[a-z]?.csv",
        b"lab_result_20220103_'; DROP TABLE raw.lis_lab_result; --.csv",
        b"lab_result_20220103_new\nline\x1b[31m.csv",
        b"lab_result_20220103_Doe Jane.csv",
        b"lab_result_20220103_" + b"x" * 200 + b".csv",
    ],
)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_any_name_is_read_and_no_name_of_a_patient_is_published(hospital, path, name, ending):
    path.unlink()
    path = hospital.deliver(LAB, sound(LAB)) if ending == "csv" else hospital.deliver_parquet(LAB, sound(LAB))
    os.rename(path, os.path.join(os.fsencode(path.parent), name.replace(b".csv", b"." + ending.encode())))
    report = hospital.night(LAB)
    assert report.loaded == 2
    assert hospital.night(LAB).deliveries == 0, "it is known by its name and content"
    shown = hospital.rows("SELECT file_name FROM quality.delivery_ledger ORDER BY 1")[0][0]
    assert (
        shown
        == f"2022-01-03/{shown_name(landing.printable(os.fsdecode(name.replace(b'.csv', b'.' + ending.encode()))))}"
    )
    assert shown.startswith("2022-01-03/~")
    assert len(shown) == 20


@pytest.mark.parametrize(
    ("name", "is_shown"),
    [
        ("lab_result_20220103.csv", True),
        ("lab_result_20220103_2.csv.gz", True),
        ("lab_result_20220103_late.parquet", True),
        ("lab_result_20220103_100234.csv", False),
        ("lab_result_20220103_zhangsan.csv", False),
        ("lab_result_10002345.csv", False),
        ("Doe Jane.csv", False),
    ],
)
def test_a_name_that_says_more_than_source_and_day_is_shown_as_its_hash(name, is_shown):
    assert (shown_name(name) == name) == is_shown


def test_findings_do_not_show_the_names_of_strange_files(hospital, path):
    path.rename(path.with_name("Doe Jane.csv"))
    found = findings.results(hospital.con, hospital.settings)
    told = next(result for result in found if result.check_id == "warehouse.files_recognised")
    assert told.failing_count == 1
    assert told.failing_keys == [f"lis/2022-01-03/{shown_name('Doe Jane.csv')}"]
    assert "Doe" not in str(found)


@pytest.mark.parametrize("day", ["2062-01-01", "9999-12-31", "0001-01-01", "2022-03-04"])
def test_a_folder_dated_after_the_night_is_refused_and_moves_no_time(hospital, path, day):
    path.unlink()
    hospital.deliver(LAB, sound(LAB, result_no="R2"), day=day)
    report = hospital.night(LAB, now="2022-03-01T15:00:00")
    assert report.loaded == 1
    assert any("dated after tonight" in problem for problem in report.problems)
    assert hospital.rows("SELECT max(delivered_at)::VARCHAR FROM raw.lis_lab_result") == [("2022-01-04 15:00:00+00",)]


def test_a_folder_is_taken_when_its_day_has_come_with_a_day_for_clocks_that_differ(hospital, path):
    hospital.deliver(LAB, sound(LAB, result_no="R2"), day="2022-03-03")
    # 15:59 UTC is 23:59 of the same day in the hospital, 16:00 is the next.
    assert hospital.night(LAB, now="2022-03-01T15:59:00").loaded == 2
    assert hospital.night(LAB, now="2022-03-01T16:00:00").loaded == 1
    assert [status for status, *_ in hospital.ledger()] == ["loaded"] * 3


def test_a_state_as_of_an_earlier_moment_does_not_refuse_what_came_since(hospital, path):
    from datetime import UTC, datetime

    hospital.settings.as_of = datetime(2021, 1, 1, tzinfo=UTC)
    assert hospital.night(LAB).loaded == 2
