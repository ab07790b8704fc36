"""Statements in, results out: fitted to a terminal, whole to a pipe, or in a form for programs."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cartwright.orchestration.commands.shell import grid
from cartwright.orchestration.commands.shell.record import expanded
from cartwright.warehouse import connect
from cartwright.warehouse.counted import counted
from cartwright.warehouse.export.rows import NotWritable, Row, names_of, portions
from cartwright.warehouse.not_found import UnknownName

if TYPE_CHECKING:
    import duckdb

    from cartwright.warehouse.export.forms import Form

SHOWN_ROWS = 200
_LEAST_WIDTH = 20  # a terminal that is narrower folds by itself
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Result:
    """Rows of a statement; `is_whole`: there are no more than these."""

    names: list[str]
    rows: list[Row]
    is_whole: bool


def run(path: Path, text: str, seconds: int, form: Form | None, is_expanded: bool) -> None:
    """Run the statements of `text` on a release and write what they give to standard output.

    In a form the last one is written, those before only prepare it. Raises duckdb.InterruptException after `seconds`
    of one statement, KeyboardInterrupt where Ctrl-C ended it, NotWritable for what the form cannot hold, UnknownName
    for a command of the shell.
    """
    if text.lstrip().startswith("\\"):
        raise UnknownName(
            "a command that begins with \\ works in the shell only (`cartwright sql` alone); here FROM duckdb_tables() "
            "and FROM duckdb_columns() list tables and columns with what they mean"
        )
    if form and form.is_binary and sys.stdout.isatty():
        raise NotWritable(f"{form} is no text: send it to a file, as in > result.{form}")
    with connect.open_release(path) as con:
        statements = con.extract_statements(text)
        for number, statement in enumerate(statements, 1):
            if form is None:
                work = partial(_print, con, statement, is_expanded)
            elif number < len(statements):
                work = partial(_prepare, con, statement)
            else:
                work = partial(_write, con, path, statement.query, form)
            until_stopped(con, seconds, work)


def until_stopped(con: duckdb.DuckDBPyConnection, seconds: int, work: Callable[[], _Answer]) -> _Answer:
    """What `work` gives. It runs in a thread, so that Ctrl-C is heard at once, and ends the statement alone."""
    is_stopped = False
    with connect.time_limit(con, seconds), ThreadPoolExecutor(1) as worker:
        answer = worker.submit(work)
        while True:
            try:
                return answer.result()
            except KeyboardInterrupt:
                if is_stopped:  # raised by the work itself
                    raise
                is_stopped = True
                con.interrupt()
            except Exception:
                if is_stopped:
                    raise KeyboardInterrupt from None
                raise


def read(con: duckdb.DuckDBPyConnection, statement: duckdb.Statement | str, most: int) -> Result:
    """The first `most` rows of a statement; 0: all of them."""
    cursor = con.execute(statement)
    if not cursor.description:
        return Result([], [], True)
    rows = cursor.fetchmany(most + 1) if most else cursor.fetchall()
    return Result(names_of(cursor), rows[:most] if most else rows, not most or len(rows) <= most)


def laid_out(result: Result, is_expanded: bool, in_shell: bool) -> list[str]:
    """The lines for a terminal, and below them what is not shown and how to see it."""
    if not result.names:
        return []
    width = max(shutil.get_terminal_size().columns, _LEAST_WIDTH)
    lines, notes = list[str](), list[str]()
    if is_expanded:
        lines += expanded(result.names, result.rows, width)
    else:
        found = grid.fitted(result.names, result.rows, width, has_colours())
        lines, notes = found.lines, list(_notes(found, len(result.names), in_shell))
    rows = counted(len(result.rows), "row")
    if not result.is_whole:
        rows = f"only the first {rows}; " + ("\\rows 0 shows all" if in_shell else "piped, or with --csv, you get all")
    return lines + [line for note in (rows, *notes) for line in textwrap.wrap(f"({note})", width)]


def _notes(found: grid.Fitted, columns: int, in_shell: bool) -> Iterator[str]:
    hidden = columns - found.columns
    records, sideways = ("\\x", "\\s") if in_shell else ("--expanded", "| less -S")
    if hidden:
        yield f"{hidden} of {columns} columns do not fit: {sideways} goes sideways, {records} shows record by record"
    if found.elided:
        yield f"{counted(found.elided, 'text ends', 'texts end')} with {grid.ELIDED}: {records} shows all in full"


def has_colours() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _print(con: duckdb.DuckDBPyConnection, statement: duckdb.Statement, is_expanded: bool) -> None:
    if sys.stdout.isatty():
        lines: Iterator[str] | Sequence[str] = laid_out(read(con, statement, SHOWN_ROWS), is_expanded, in_shell=False)
    elif is_expanded:
        result = read(con, statement, 0)
        lines = expanded(result.names, result.rows, width=sys.maxsize)
    else:
        cursor = con.execute(statement)
        lines = grid.whole(names_of(cursor), portions(cursor)) if cursor.description else []
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()  # what a statement gave is seen before the next one begins


def _prepare(con: duckdb.DuckDBPyConnection, statement: duckdb.Statement) -> None:
    con.execute(statement).fetchall()


def _write(con: duckdb.DuckDBPyConnection, path: Path, query: str, form: Form) -> None:
    from cartwright.warehouse.export.forms import about_release, write

    sys.stdout.flush()
    write(con, query, form, sys.stdout.buffer, None, about_release(path, query.strip()))
    sys.stdout.buffer.flush()
