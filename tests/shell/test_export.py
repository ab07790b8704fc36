"""`cartwright export`: the chosen tables whole, what they mean beside them, nothing computed, nothing half-written."""

from __future__ import annotations

import csv
import io
import json
import stat
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from cartwright.orchestration.commands.cli import app
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.export import workbook
from cartwright.warehouse.export.dictionary import unit_of
from cartwright.warehouse.export.forms import Form, write
from cartwright.warehouse.export.rows import NotWritable


def export(*words: str) -> Result:
    return CliRunner().invoke(app, ["export", *words])


def test_a_schema_and_a_table_in_every_form(release: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    result = export("adam", "mart.wide", "--csv", "--parquet", "--xlsx", "--to", str(to))
    assert result.exit_code == 0, result.output
    tables = ["adam.adsl", "adam.adtte", "mart.wide"]
    files = {f"{table}.{form}" for table in tables for form in ("csv", "parquet", "xlsx")}
    assert {path.name for path in to.iterdir()} == files | {"about.json", "dictionary.csv"}
    assert json.loads((to / "about.json").read_text())["release"] == "r1"
    assert "adam.adsl.csv: 2 rows" in result.output
    read = "SELECT * EXCLUDE (remark) FROM"
    due = duckdb.connect(str(release), read_only=True).sql(f"{read} adam.adsl").fetchall()
    for form in ("csv", "parquet"):
        assert duckdb.sql(f"{read} '{to}/adam.adsl.{form}'").fetchall() == due


def test_the_dictionary_says_label_type_unit_and_meaning(release: Path, tmp_path: Path) -> None:
    export("adam", "--csv", "--to", str(tmp_path / "out"))
    with (tmp_path / "out" / "dictionary.csv").open() as file:
        rows = {(row["table"], row["column"]): row for row in csv.DictReader(file)}
    assert rows["adam.adsl", "age_years"] == {
        "table": "adam.adsl",
        "column": "age_years",
        "label": "Age in completed years",
        "type": "INTEGER",
        "unit": "years",
        "meaning": "Age in completed years. At the failure.",
    }
    assert rows["adam.adtte", "aval"]["unit"] == "in avalu"


def test_nobody_else_may_read_what_was_exported(release: Path, tmp_path: Path) -> None:
    export("adam.adsl", "--csv", "--to", str(tmp_path / "out"))
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()} == {0o600}


def test_a_query_is_exported_as_one_file(release: Path, tmp_path: Path) -> None:
    result = export("--query", "SELECT count(*) AS n FROM adam.adsl", "--csv", "--to", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "query.csv").read_text() == "n\n2\n"


def test_a_count_of_ones_own_is_not_described_as_a_column_of_that_name(release: Path) -> None:
    """`count(*) AS n` was said to be the subjects behind a statistic."""
    due = {
        "SELECT age_years FROM adam.adsl": "Age in completed years. At the failure.",
        "SELECT 2.5 AS age_years": None,
    }
    for query, meaning in due.items():
        assert sheet(release, query)["dictionary"]["F2"].value == meaning


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["adam.adls", "--csv"], 1, "did you mean adam.adsl?"),
        (["adam"], 2, "in which form"),
        (["adam", "--csv", "--query", "SELECT 1"], 2, "not both"),
        (["--csv", "--query", "SELECT y"], 1, "y"),
    ],
)
def test_a_mistake_is_told_and_leaves_nothing(
    release: Path, tmp_path: Path, words: list[str], code: int, says: str
) -> None:
    result = export(*words, "--to", str(tmp_path / "to" / "out"))
    assert (result.exit_code, says in result.output) == (code, True), result.output
    assert not list(tmp_path.glob("to/*"))


def test_a_folder_that_exists_is_left_alone(release: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert export("adam", "--csv", "--to", str(tmp_path / "out")).exit_code == 1
    assert not list((tmp_path / "out").iterdir())


def sheet(release: Path, query: str):
    out = io.BytesIO()
    with open_release(release) as con:
        write(con, query, Form.xlsx, out, None, [])
    return load_workbook(out)


def test_nothing_in_a_workbook_is_computed(release: Path) -> None:
    texts = ["=1+1", "+2", "-x", "@sum(1)", "http://x.example", "plain"]
    book = sheet(release, f"SELECT unnest({texts}) AS a")
    cells = [row[0] for row in book["data"].iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == texts
    assert [(cell.data_type in "sn" and cell.data_type != "f", cell.quotePrefix) for cell in cells] == [
        *[(True, True)] * 4,
        *[(True, False)] * 2,
    ]
    about = dict(row for row in book["about"].iter_rows(values_only=True))
    assert about["texts that begin like a formula"].startswith("4:")


def test_a_column_is_as_wide_as_what_stands_in_it(release: Path) -> None:
    """The next cell hid the end of each pseudonym, and of what the sheet says about itself."""
    book = sheet(release, f"SELECT 'CW-039F99E3219EBEEA' AS usubjid, 'F' AS sex, '{'x' * 900}' AS note")
    widths = [book["data"].column_dimensions[letter].width for letter in "ABC"]
    assert widths[0] > len("CW-039F99E3219EBEEA")
    assert widths[1] < 15
    assert widths[2] < 70
    longest = max(len(row[0]) for row in book["about"].iter_rows(values_only=True))
    assert book["about"].column_dimensions["A"].width > longest


def test_values_keep_their_kind_in_a_workbook(release: Path) -> None:
    query = (
        "SELECT 1.5::DECIMAL(9,2) AS d, true AS b, DATE '2022-01-02' AS day, TIMESTAMP '2022-01-02 03:04:05' AS t, "
        "TIMESTAMPTZ '2022-01-02 03:04:05+08' AS z, DATE '1899-12-31' AS old, 1234567890123456::BIGINT AS long, "
        "'nan'::DOUBLE AS x, NULL AS n, 123456789012345 AS most"
    )
    row = next(sheet(release, query)["data"].iter_rows(min_row=2, values_only=True))
    assert row[:3] == (1.5, True, datetime(2022, 1, 2))
    assert row[3:5] == (datetime(2022, 1, 2, 3, 4, 5), datetime(2022, 1, 1, 19, 4, 5))
    assert row[5:] == (str(date(1899, 12, 31)), "1234567890123456", "nan", None, 123456789012345)


def test_what_no_sheet_holds_is_refused_and_not_cut(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = "x" * workbook.MOST_LETTERS
    assert sheet(release, f"SELECT '{most}' AS a")["data"]["A2"].value == most
    with pytest.raises(NotWritable, match="column a has more"):
        sheet(release, f"SELECT '{most}x' AS a")
    monkeypatch.setattr(workbook, "MOST_ROWS", 10)
    assert sheet(release, "FROM range(10)")["data"].max_row == 11
    with pytest.raises(NotWritable, match="take CSV or Parquet"):
        sheet(release, "FROM range(11)")


@pytest.mark.parametrize(
    ("column", "beside", "due"),
    [
        ("pfs_months", [], "months"),
        ("peak_10e6_per_l_least", [], "10^6/L"),
        ("lbstresn", ["lbstresu"], "in lbstresu"),
        ("lbstresn", [], ""),
        ("aval", ["avalu"], "in avalu"),
        ("paramcd", ["avalu"], ""),
    ],
)
def test_a_unit_is_told_by_the_name_or_the_column_beside(column: str, beside: list[str], due: str) -> None:
    assert unit_of(column, beside) == due
