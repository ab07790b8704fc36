"""The interactive shell: statements over several lines, Tab, history, a pager, and a few commands of its own."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
from prompt_toolkit import PromptSession
from prompt_toolkit.filters import Condition
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from cartwright.orchestration.commands.shell import grid, history, pager
from cartwright.orchestration.commands.shell.complete import ReleaseCompleter
from cartwright.orchestration.commands.shell.record import described
from cartwright.orchestration.commands.shell.results import (
    SHOWN_ROWS,
    Result,
    laid_out,
    read,
    until_stopped,
)
from cartwright.warehouse import connect
from cartwright.warehouse.counted import counted
from cartwright.warehouse.export.forms import Form, about_release, write
from cartwright.warehouse.export.rows import NotWritable
from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.one_row import one_value

HELP = """\
A statement ends with ; and may take several lines. Tab completes, the arrow
keys bring back, Ctrl-C ends a statement, Ctrl-D leaves.
\\d            schemas; \\d adam: tables of one; \\d adam.adsl: its columns
\\x            record by record, on or off
\\s            the last result sideways, with all its columns
\\rows N       show at most N rows (0: all)
\\w FILE       the last statement's whole result into a new FILE, whose ending
              says the form: .csv, .json, .parquet or .xlsx
\\q            leave
Scratch tables: CREATE TABLE memory.main.mine AS ..."""
_LEAVING = ("\\q", ".quit", ".exit", "quit", "exit")
_TABLES = (
    "SELECT schema_name || '.' || table_name AS table, estimated_size AS rows, comment AS meaning "
    "FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = $1 ORDER BY ALL"
)
_SCHEMAS = (
    "SELECT schema_name AS schema, count(*) AS tables, string_agg(table_name, ' ' ORDER BY table_name) AS names "
    "FROM duckdb_tables() WHERE database_name = current_database() GROUP BY ALL ORDER BY ALL"
)
_COLUMNS = (
    "SELECT column_name AS column, data_type AS type, comment AS meaning FROM duckdb_columns() "
    "WHERE database_name = current_database() AND schema_name || '.' || table_name = $1 ORDER BY column_index"
)


def open_shell(path: Path, seconds: int) -> None:
    """Read statements and run them on a release until the user leaves. An error ends a statement, never the shell."""
    with connect.open_release(path) as con:
        kept = history.own_history()
        session: PromptSession[str] = PromptSession(
            history=kept,
            completer=ReleaseCompleter(con),
            complete_while_typing=False,
            lexer=PygmentsLexer(SqlLexer),
            multiline=Condition(lambda: not _is_complete(session.default_buffer.text)),
            prompt_continuation="   ...> ",
        )
        print(_greeting(con, path, kept is not None))
        shell = Shell(con, path, seconds)
        while True:
            try:
                line = session.prompt("release> ")
            except KeyboardInterrupt:  # at the prompt: the line is thrown away
                continue
            except EOFError:
                return
            if line.strip().rstrip(";") in _LEAVING:
                return
            shell.answer(line)


def _is_complete(text: str) -> bool:
    text = text.strip()
    return not text or text.endswith(";") or text.startswith("\\") or text in _LEAVING


def _greeting(con: duckdb.DuckDBPyConnection, path: Path, is_kept: bool) -> str:
    simulated = "Simulated data. " if one_value(con.execute("SELECT is_simulated FROM meta.build")) else ""
    kept = (
        f"kept in {history.place()} (not those that name a pseudonym, or begin with a blank)" if is_kept else "not kept"
    )
    return f"{path.resolve()}\n{simulated}Read-only. \\? helps, \\d lists tables, \\q leaves.\nStatements are {kept}."


@dataclass
class Shell:
    """One session: what it was told to show, and the last result."""

    con: duckdb.DuckDBPyConnection
    path: Path
    seconds: int
    most: int = SHOWN_ROWS
    is_expanded: bool = False
    last: Result | None = None
    last_query: str | None = None

    def answer(self, text: str) -> None:
        """Do what one entry says, and print what came of it."""
        try:
            if text.strip().startswith("\\"):
                self._do(*text.strip().rstrip(";").split(maxsplit=1))
            else:
                self._run(text)
        except KeyboardInterrupt:
            _complain("ended by Ctrl-C")
        except duckdb.InterruptException:
            _complain(f"ended after {self.seconds} s (CARTWRIGHT_QUERY_SECONDS)")
        except (duckdb.Error, NotWritable, UnknownName, OSError) as error:
            _complain(str(error))

    def _run(self, text: str) -> None:
        for statement in self.con.extract_statements(text):
            self.last = until_stopped(self.con, self.seconds, partial(read, self.con, statement, self.most))
            self.last_query = statement.query
            self._show(self.last)

    def _show(self, result: Result) -> None:
        pager.show(laid_out(result, self.is_expanded, in_shell=True))

    def _do(self, command: str, argument: str = "") -> None:
        if command == "\\d":
            self._describe(argument)
        elif command == "\\rows" and argument.isdigit():
            self.most = int(argument)
        elif command == "\\x":
            self.is_expanded = not self.is_expanded
            print(f"record by record: {'on' if self.is_expanded else 'off'}")
            if self.last:
                self._show(self.last)
        elif command == "\\s" and self.last:
            pager.show(list(grid.whole(self.last.names, [self.last.rows])), always=True)
        elif command == "\\w" and argument and self.last_query:
            self._write(Path(argument).expanduser(), self.last_query)
        else:
            print(HELP)

    def _describe(self, name: str) -> None:
        query = _COLUMNS if "." in name else _TABLES if name else _SCHEMAS
        rows = self.con.execute(query, [name] if name else []).fetchall()
        if not rows:
            raise UnknownName(f"no table or schema {name}; \\d lists them")
        pager.show(list(described(rows, max(shutil.get_terminal_size().columns, 20))))

    def _write(self, file: Path, query: str) -> None:
        """Run the statement again, whole, into a new file that is open to its owner alone."""
        form = Form(file.suffix[1:]) if file.suffix[1:] in list(Form) else None
        if form is None:
            raise NotWritable(f"{file}: the ending says the form, one of {', '.join(Form)}")
        about = about_release(self.path, query.strip())
        with open(file, "xb", opener=_privately) as out:
            rows = until_stopped(self.con, self.seconds, partial(write, self.con, query, form, out, None, about))
        print(f"{counted(rows, 'row is', 'rows are')} in {file}")


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _complain(words: str) -> None:
    print(words, file=sys.stderr)
