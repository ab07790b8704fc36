"""What each later step of a study was made of: where that has not changed, what it made stands and is not made again.

The record of a step goes before the step begins and is entered when all it makes is there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from uuid import uuid4

import duckdb

from cartwright.warehouse.release.fingerprint import code_digest, table_digest

MODELS, STATISTICS, AUDIT, FIGURES, TABLES, RELEASE = "models", "statistics", "audit", "figures", "tables", "release"
TESTS, DATA_SETS = "tests", "data sets"  # which judge what the models made
UNCHANGED = "as it was: no input changed"


def content(con: duckdb.DuckDBPyConnection, tables: Collection[str], *also: str) -> str:
    """Hash of the program, of the content of these tables, whatever the order of their rows, and of what `also` says.

    con: the file of a study.
    """
    parts = [code_digest(), {table: table_digest(con, table) for table in sorted(tables)}, also]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def made_of(con: duckdb.DuckDBPyConnection, step: str) -> str:
    """What a step was made of; nothing while it was not made."""
    found = con.execute("SELECT inputs FROM built.made WHERE step = ?", [step]).fetchone()
    return found[0] if found else ""


def forget(con: duckdb.DuckDBPyConnection, step: str) -> None:
    """The step begins."""
    con.execute("DELETE FROM built.made WHERE step = ?", [step])


def enter(con: duckdb.DuckDBPyConnection, step: str, inputs: str = "") -> None:
    """All that a step makes is there. Without inputs: and it is not what stood there before."""
    forget(con, step)
    con.execute("INSERT INTO built.made VALUES (?, ?)", [step, inputs or uuid4().hex])


def judged_by(con: duckdb.DuckDBPyConnection, step: str, questions: str) -> str:
    """The run that asked the same questions of the models' tables as they are; nothing where none did."""
    asked, _, run_id = made_of(con, step).partition(" ")
    return run_id if asked == _asked(con, questions) else ""


def enter_judged(con: duckdb.DuckDBPyConnection, step: str, questions: str, run_id: str) -> None:
    """This run has the answers."""
    enter(con, step, f"{_asked(con, questions)} {run_id}")


def _asked(con: duckdb.DuckDBPyConnection, questions: str) -> str:
    return content(con, [], made_of(con, MODELS), questions)
