"""A reason why a changed comparison may stay unseen is worth something while that comparison is there."""

from __future__ import annotations

import csv
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LISTED = list(csv.DictReader((Path(__file__).parent / "equivalent_mutants.csv").open(encoding="utf-8")))


def places(row: dict[str, str], text: str) -> list[str]:
    """The lines of the source that a row can mean: its words, and on them what it says was changed."""
    old, nth = re.fullmatch(r"(.+?) to .+?(?: \((\d)\)|\*)?|\*", row["change"]).groups()
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return [line for line in lines if fnmatchcase(line, row["words"]) and (not old or line.count(old) >= int(nth or 1))]


@pytest.mark.parametrize("row", LISTED, ids=lambda row: f"{row['path']}: {row['change']} in {row['words']}")
def test_a_listed_comparison_is_there_and_has_a_reason(row: dict[str, str]) -> None:
    assert places(row, (ROOT / row["path"]).read_text(encoding="utf-8")), "the line is gone: take the row out"
    assert row["why"]


def test_nothing_is_listed_twice() -> None:
    said = [(row["path"], row["words"], row["change"]) for row in LISTED]
    assert sorted(said) == sorted(set(said))


def test_a_line_that_changed_is_noticed() -> None:
    row = {"path": "", "words": "*then 0 else 1 end*", "change": "1 to 2 (2)", "why": ""}
    assert places(row, "case when a = 1 then 0 else 1 end")
    assert not places(row, "case when a = 2 then 0 else 1 end")
    assert not places(row, "case when a = 1 then 0 else 2 end")
