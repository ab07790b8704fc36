"""A reason why a mutant of the statistics may stay unseen is worth something while its line is there."""

from __future__ import annotations

import csv
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LISTED = list(csv.DictReader((Path(__file__).parent / "equivalent_mutants.csv").open(encoding="utf-8")))


def lines_like(words: str, text: str) -> list[str]:
    """Lines that a row can mean; `*` stands for anything, a bracket for itself."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return [line for line in lines if fnmatchcase(line.replace("[", "("), words.replace("[", "("))]


@pytest.mark.parametrize("row", LISTED, ids=lambda row: f"{row['path']}: {row['mutant']}")
def test_a_listed_line_is_there_and_has_a_reason(row: dict[str, str]) -> None:
    assert lines_like(row["line"], (ROOT / row["path"]).read_text(encoding="utf-8")), (
        "the line is gone: take the row out"
    )
    assert row["why"]
    assert row["mutant"] != row["line"]


def test_nothing_is_listed_twice() -> None:
    said = [(row["path"], row["line"], row["mutant"]) for row in LISTED]
    assert sorted(said) == sorted(set(said))


def test_a_line_that_changed_is_noticed() -> None:
    assert lines_like("if table[0] > *:", "    if table[0]  > 1:\n")
    assert not lines_like("if table[0] > *:", "    if table[0] >= 1:\n")
