"""`cartwright sql` to a pipe: complete, without colours, in each form, with its exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from cartwright.orchestration.commands.cli import app

CALL = [sys.executable, "-m", "cartwright.orchestration.commands.cli"]
LONG = "SELECT sum(sin(a.range * b.range)) FROM range(1000000) AS a, range(1000000) AS b"


def sql(*words: str, **more: str) -> Result:
    return CliRunner().invoke(app, ["sql", *words], **more)


def test_a_pipe_gets_all_columns_whatever_the_terminal(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    head, row = sql("FROM mart.wide").output.splitlines()
    assert head.split() == ["usubjid", *(f"measured_on_visit_{i}_days" for i in range(60))]
    assert row.split() == ["CW-0123456789ABCDEF", *map(str, range(60))]


def test_a_pipe_gets_all_rows(release: Path) -> None:
    assert len(sql("FROM range(25000)").output.splitlines()) == 25_001


def test_unknown_is_told_from_empty(release: Path) -> None:
    assert sql("SELECT NULL AS a, '' AS b, 'NULL' AS c").output.splitlines()[1] == 'NULL  ""  "NULL"'


def test_statements_come_as_an_argument_with_c_and_by_standard_input(release: Path) -> None:
    due = "a\n1\nb\n2\n"
    assert sql("SELECT 1 AS a; SELECT 2 AS b").output == due
    assert sql("-c", "SELECT 1 AS a; SELECT 2 AS b").output == due
    assert sql(input="SELECT 1 AS a;\nSELECT 2 AS b;\n").output == due


def test_csv_tells_null_from_empty_and_is_quoted(release: Path) -> None:
    text = sql("--csv", "FROM adam.adsl").output
    assert text == (
        "usubjid,age_years,first_date,remark\n"
        'CW-0123456789ABCDEF,61,2022-01-02,"seen, ""well"""\n'
        'CW-FEDCBA9876543210,,,""\n'
    )
    assert len(list(csv.reader(io.StringIO(text)))) == 3


def test_json_is_one_array(release: Path) -> None:
    found = json.loads(sql("--json", "SELECT *, 'nan'::DOUBLE AS x, [1, NULL] AS l FROM adam.adsl").output)
    assert found[0] == {
        "usubjid": "CW-0123456789ABCDEF",
        "age_years": 61,
        "first_date": "2022-01-02",
        "remark": 'seen, "well"',
        "x": "nan",
        "l": [1, None],
    }
    assert found[1]["age_years"] is None
    assert json.loads(sql("--json", "SELECT 1 AS a WHERE false").output) == []


def test_parquet_carries_the_meaning_of_columns(release: Path) -> None:
    table = pq.read_table(io.BytesIO(sql("--parquet", "FROM adam.adsl").stdout_bytes))
    assert table.column("age_years").to_pylist() == [61, None]
    assert table.schema.field("age_years").metadata == {b"description": b"Age in completed years. At the failure."}
    assert table.schema.metadata[b"cartwright.release"] == b"r1"


def test_a_form_writes_the_last_statement_and_those_before_prepare_it(release: Path) -> None:
    assert sql("--csv", "CREATE TABLE memory.main.t AS SELECT 7 AS n; FROM memory.main.t").output == "n\n7\n"


def test_a_command_of_the_shell_is_no_statement_and_says_what_is(release: Path) -> None:
    for result in (sql(r"\d adam"), sql(input="\\d\n")):
        assert result.exit_code == 1
        assert "works in the shell only" in result.output
        assert "FROM duckdb_columns()" in result.output


def test_equal_names_are_refused_where_a_reader_would_lose_one(release: Path) -> None:
    for form in ("--json", "--parquet"):
        result = sql(form, "SELECT 1 AS a, 2 AS a")
        assert result.exit_code == 1
        assert "more than one column is called a" in result.output


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["SELECT 1"], 0),
        (["SELECT y FROM nowhere"], 1),
        (["SELECT 1; SELECT y"], 1),
        (["--csv", "--json", "SELECT 1"], 2),
        (["--csv", "--expanded", "SELECT 1"], 2),
        (["-c", "SELECT 1", "SELECT 2"], 2),
        (["--release", "none", "SELECT 1"], 1),
    ],
)
def test_exit_codes(release: Path, words: list[str], code: int) -> None:
    assert sql(*words).exit_code == code


def test_the_release_is_still_locked_down(release: Path, tmp_path: Path) -> None:
    for statement in (
        f"COPY adam.adsl TO '{tmp_path / 'out.csv'}'",
        f"FROM read_csv('{__file__}')",
        "DELETE FROM adam.adsl",
        "SET enable_external_access = true",
    ):
        assert sql(statement).exit_code == 1, statement
    assert not (tmp_path / "out.csv").exists()


def test_a_reader_that_has_enough_is_no_error(release: Path) -> None:
    for words in (["FROM range(1000000)"], ["--csv", "FROM range(1000000)"]):
        with subprocess.Popen([*CALL, "sql", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"range\n"
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 141


def test_ctrl_c_ends_a_statement_at_once(release: Path) -> None:
    words = [*CALL, "sql", f"SELECT 1 AS begun; {LONG}"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, preexec_fn=_hear_interrupts) as process:
        assert process.stdout.readline() == b"begun\n"
        time.sleep(1)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
    assert process.returncode == 130


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_a_workbook_opens_elsewhere_with_its_dictionary(release: Path) -> None:
    book = load_workbook(io.BytesIO(sql("--xlsx", "FROM adam.adsl").stdout_bytes))
    assert book.sheetnames == ["data", "dictionary", "about"]
    assert [cell.value for cell in book["dictionary"][3]] == [
        None,
        "age_years",
        "Age in completed years",
        "INTEGER",
        "years",
        "Age in completed years. At the failure.",
    ]
    assert ["release", "r1"] in [[cell.value for cell in row] for row in book["about"].rows]


def test_a_statement_at_a_pipe_imports_no_terminal(release: Path) -> None:
    code = (
        "import sys; from cartwright.orchestration.commands.cli import app\n"
        "try: app(['sql', '--csv', 'SELECT 1 AS a'])\n"
        "except SystemExit: print([m for m in ('prompt_toolkit', 'pygments', 'xlsxwriter', 'pyarrow', 'rich.console')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout == "a\n1\n[]\n"
