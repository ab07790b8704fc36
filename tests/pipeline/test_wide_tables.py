"""The ten widest tables of a release: readable at 80, 120 and 200 columns, and complete when piped and exported."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import duckdb
import pexpect
import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app
from cartwright.orchestration.commands.shell.cells import text_of
from cartwright.orchestration.commands.shell.results import SHOWN_ROWS
from cartwright.warehouse.connect import open_release
from houses import House

pytestmark = pytest.mark.slow
_WIDEST = (
    "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = current_database() "
    "ORDER BY column_count DESC, schema_name, table_name LIMIT 10"
)


@pytest.fixture(scope="module")
def release(house: House) -> duckdb.DuckDBPyConnection:
    with open_release(house.place.current_db) as con:
        yield con


@pytest.fixture(scope="module")
def widest(release: duckdb.DuckDBPyConnection) -> list[str]:
    return [table for (table,) in release.execute(_WIDEST).fetchall()]


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_terminal_gets_whole_lines_and_is_told_of_the_rest(
    release: duckdb.DuckDBPyConnection, widest: list[str], width: int
) -> None:
    statements = "; ".join(f"SELECT * FROM {table}" for table in widest)
    shown = on_a_terminal(width, statements).split("\n")
    assert max(map(cell_len, shown)) <= width
    assert not [line for line in shown if not line.strip()], "a blank line"
    blocks = iter(shown)
    for table in widest:
        rows = release.execute(f"FROM {table}").fetchmany(SHOWN_ROWS)
        names = [name for name, *_ in release.description]
        rule = next(line for line in blocks if line.startswith("─"))
        columns = rule.split("  ")
        for row in rows:
            line, start = next(blocks), 0
            for width_of, value in zip(map(len, columns), row, strict=False):
                cell = cut(line, start, width_of).strip()
                start += width_of + 2
                assert cell == text_of(value).strip() or (isinstance(value, str) and cell.endswith("…")), table
        told = " ".join(next(blocks, "") for _ in range(3))
        if hidden := len(names) - len(columns):
            assert f"{hidden} of {len(names)} columns do not fit" in told, table


def cut(line: str, start: int, width: int) -> str:
    """The cells of a screen from `start` on."""
    cells = [letter for letter in line for _ in range(cell_len(letter) or 1)]
    assert len(cells) == cell_len(line)
    return "".join(cells[start : start + width])


@pytest.mark.parametrize("position", range(10))
def test_a_pipe_gets_every_value_a_row_a_line(
    release: duckdb.DuckDBPyConnection, widest: list[str], position: int
) -> None:
    table = widest[position]
    head, *lines = CliRunner().invoke(app, ["sql", f"FROM {table}"]).output.splitlines()
    rows = release.execute(f"FROM {table}").fetchall()
    assert head.split() == [name for name, *_ in release.description]
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        rest = line
        for value in row:
            rest = rest.lstrip(" ")
            assert rest.startswith(text_of(value).strip(" ")), table
            rest = rest[len(text_of(value).strip(" ")) :]
        assert not rest.strip(" ")


@pytest.mark.parametrize("position", range(10))
def test_an_export_is_the_table(
    release: duckdb.DuckDBPyConnection, widest: list[str], position: int, tmp_path: Path
) -> None:
    table = widest[position]
    done = CliRunner().invoke(app, ["export", table, "--csv", "--parquet", "--to", str(tmp_path / "to")])
    assert done.exit_code == 0, done.output
    due = release.execute(f"FROM {table}").fetchall()
    types = {name: str(kind) for name, kind, *_ in release.description}
    assert pq.read_table(tmp_path / "to" / f"{table}.parquet").num_rows == len(due)
    with duckdb.connect() as other:
        other.execute("SET TimeZone = 'UTC'")
        assert other.execute(f"FROM '{tmp_path}/to/{table}.parquet'").fetchall() == due
        read = f"read_csv('{tmp_path}/to/{table}.csv', columns = $1, header = true, allow_quoted_nulls = false)"
        assert other.execute(f"FROM {read}", [types]).fetchall() == due


def on_a_terminal(width: int, statements: str) -> str:
    words = ["-m", "cartwright.orchestration.commands.cli", "sql", statements]
    environment = {**os.environ, "NO_COLOR": "1"}
    log = io.StringIO()
    process = pexpect.spawn(
        sys.executable, words, dimensions=(50, width), env=environment, encoding="utf-8", timeout=120
    )
    process.logfile_read = log
    process.expect(pexpect.EOF)
    process.close()
    assert process.exitstatus == 0
    return log.getvalue().replace("\r\n", "\n").rstrip("\n")
