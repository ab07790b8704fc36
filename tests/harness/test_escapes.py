"""The analyst's connection leads nowhere but to its release: by `cartwright sql`, by the SQLAlchemy URL, by the file.

An escape is what it does, not what it says: a secret among the rows, a file made or changed, a call to a server. In the
analyst's own process the connection is a guard rail; the boundary is the rights of files.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import sqlalchemy as sa

from cartwright.orchestration.commands.shell.results import run
from cartwright.warehouse.connect import open_release, release_url
from escapes import SECRET, attempts, plant
from test_releases import publish

NOBODY = 65534


@pytest.fixture
def calls() -> Iterator[tuple[str, list[str]]]:
    """A web server on loopback: its address, and what was asked of it."""
    asked: list[str] = []

    class Web(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_PUT = do_POST = do_GET

        def log_message(self, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def snapshot(folder: Path) -> dict[str, str]:
    """Every file below a folder with its content."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def through_the_shell(release: Path, url: str) -> Callable[[str], str]:
    """As `cartwright sql` runs it: a connection a statement."""

    def ask(statement: str) -> str:
        own_frame = pd.DataFrame({"a": [SECRET]})  # noqa: F841  a Python variable is no table
        with open_release(release) as con:
            return str(con.execute(statement).fetchall())

    return ask


def through_one_connection(release: Path, url: str) -> Callable[[str], str]:
    """The shell that stays open: one statement may prepare the next."""
    con = open_release(release)
    return lambda statement: str(con.execute(statement).fetchall())


def through_sqlalchemy(release: Path, url: str) -> Callable[[str], str]:
    """An engine that lives on."""
    engine = sa.create_engine(url)

    def ask(statement: str) -> str:
        own_frame = pd.DataFrame({"a": [SECRET]})  # noqa: F841
        with engine.connect() as con:
            return str(con.exec_driver_sql(statement).fetchall())

    return ask


def _answers(door: Callable, release: Path, url: str, pipe: Connection) -> None:
    ask = door(release, url)
    while statement := pipe.recv():
        try:
            said = ask(statement)
        except Exception as error:
            said = f"refused: {error}".replace(statement, "")
        pipe.send(said)


def ask_all(door: Callable, release: Path, url: str, statements: list[str]) -> list[str]:
    """What each statement gives, in a process of its own: one that ends its process ends nothing else."""
    context, said, child = multiprocessing.get_context("spawn"), [], None
    for statement in statements:
        if child is None:
            ours, theirs = context.Pipe()
            child = context.Process(target=_answers, args=(door, release, url, theirs), daemon=True)
            child.start()
            theirs.close()
        try:
            ours.send(statement)
            said.append(ours.recv())
        except (EOFError, OSError):
            said.append("ended its own process")
            child.join()
            child = None
    if child is not None:
        child.kill()
    return said


OUTSIDE = Path("/tmp/of-an-escape")
DOORS = (through_the_shell, through_one_connection, through_sqlalchemy)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_no_statement_leaves_the_release(house, calls, tell, door):
    url, asked = calls
    release, their_url = publish(house).path / "release.duckdb", release_url(house.place)
    house.con.close()
    decoys = plant(house.settings.home, url)
    OUTSIDE.unlink(missing_ok=True)  # of an earlier run
    statements = list(attempts(decoys, release))
    before = snapshot(house.settings.home)
    answers = ask_all(door, release, their_url, statements)
    found = [statement for statement, said in zip(statements, answers, strict=True) if SECRET in said]
    after = snapshot(house.settings.home)
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    refused = sum(said.startswith("refused") for said in answers)
    tell(
        f"{len(statements)} attempts, {refused} refused; {len(found)} read something, {len(changed)} files changed, "
        f"{len(asked)} calls to a server, {answers.count('ended its own process')} ended their own process"
    )
    assert (found, changed, asked) == ([], [], [])
    assert not OUTSIDE.exists()
    assert len(statements) >= 400


def test_the_decoys_are_found_where_nothing_is_locked(house, tmp_path, calls):
    release = publish(house).path / "release.duckdb"
    decoys = plant(house.settings.home, calls[0])
    found = 0
    with duckdb.connect() as con:
        for statement in attempts(decoys, release):
            with suppress(duckdb.Error):
                found += SECRET in str(con.execute(statement).fetchall())
    OUTSIDE.unlink(missing_ok=True)
    assert found > 50, "attempts that find nothing anywhere would prove nothing"


def _as_nobody(release: Path, restricted: Path, said: multiprocessing.Queue) -> None:
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    deeds = {
        "changed the database": lambda: duckdb.connect(str(release)).execute("DROP TABLE adam.adsl"),
        "changed a table": lambda: next(release.parent.rglob("*.parquet")).write_bytes(b""),
        "added a file": lambda: (release.parent / "more").write_text(""),
        "took a file away": lambda: (release.parent / "manifest.json").unlink(),
        "moved current": lambda: (release.parents[2] / "current").unlink(),
        "saw the restricted zone": lambda: list(restricted.iterdir()),
    }
    done = []
    for name, deed in deeds.items():
        with suppress(OSError, duckdb.Error):
            deed()
            done.append(name)
    with duckdb.connect(str(release), read_only=True) as con:
        con.execute("FROM adam.adsl")
    said.put(done)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can play another user")
def test_whoever_reads_a_release_as_another_user_cannot_change_it(house, tmp_path):
    release = publish(house).path / "release.duckdb"
    for folder in [*tmp_path.parents[:3], tmp_path]:
        folder.chmod(0o755)
    context = multiprocessing.get_context("fork")
    said = context.Queue()
    child = context.Process(target=_as_nobody, args=(release, house.settings.restricted, said))
    child.start()
    assert said.get(timeout=60) == []
    child.join(10)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM range(1000000) AS a, range(1000000) AS b WHERE hash(a.range + b.range) = 1",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
        "SELECT sum(x * y) FROM range(10000000) AS a(x) JOIN range(10000000) AS b(y) ON x <> y",
    ],
)
def test_a_statement_of_the_shell_that_would_run_for_ever_ends(house, statement):
    release = publish(house).path / "release.duckdb"
    began = time.monotonic()
    with pytest.raises(duckdb.InterruptException):
        run(release, statement, 1, None, False)
    assert time.monotonic() - began < 60
