"""A CSV file that people write: each row with its first line, each fault of its form with line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartwright.warehouse.csv_file import CsvFile


def read(tmp_path: Path, content: bytes) -> CsvFile:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    return CsvFile(path, ["id", "note"])


def test_a_row_is_named_by_its_first_line(tmp_path: Path) -> None:
    found = read(tmp_path, b'id,note\n1,"two\nlines"\n\n2,one\n')
    assert found.rows == [(2, {"id": "1", "note": "two\nlines"}), (5, {"id": "2", "note": "one"})]


def test_the_mark_of_excel_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert read(tmp_path, "id,note\n1,ä\n".encode("utf-8-sig")).rows == [(2, {"id": "1", "note": "ä"})]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,note\n1,a\n2,ä\n".encode("latin-1"), "table.csv:3: a letter that is not UTF-8"),
        (b"id;note\n1;a\n", "table.csv:1: the columns are separated by semicolons"),
        (b"id,note,id\n1,a,2\n", "table.csv:1: id: the column is there twice"),
        (b"id\n1\n", "table.csv:1: note: the column is missing"),
        (b"", "table.csv:1: id: the column is missing"),
        (b"id,note\n1,a,b\n", "table.csv:2: 3 fields below a header of 2"),
        (b'id,note\n1,"' + b"a" * 200_000 + b'"\n', "table.csv:2: this is no CSV"),
    ],
)
def test_a_fault_of_its_form_is_told_with_its_line(tmp_path: Path, content: bytes, said: str) -> None:
    assert str(read(tmp_path, content).defects[0]).startswith(said)


def test_rows_without_a_header_are_told_which_to_write(tmp_path: Path) -> None:
    """It said of each code of the first row that it is no column."""
    (tmp_path / "table.csv").write_bytes(b"17,a remark\n18,another\n")
    found = CsvFile(tmp_path / "table.csv", ["id"], ["id", "note"])
    assert [(each.line, each.remedy) for each in found.defects] == [(1, "write the header id,note")]


def test_a_folder_in_its_place_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "table.csv").mkdir()
    assert "cannot be read" in str(CsvFile(tmp_path / "table.csv", []).defects[0])


def test_a_file_that_is_not_there_has_no_rows(tmp_path: Path) -> None:
    found = CsvFile(tmp_path / "none.csv", ["id"])
    assert (found.rows, found.defects) == ([], [])
