"""The morning of a data manager, as docs/data_managers.md tells it, command by command, with a source that answers."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app
from cartwright.warehouse.connect import open_release
from cartwright.warehouse.desk.answers import ANSWERS
from cartwright.warehouse.settings import Settings
from houses import House

pytestmark = pytest.mark.slow
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "data_managers.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(cartwright .+)$", PAGE, flags=re.MULTILINE)
(QUERY,) = re.findall(r"```sql\n(.*?)```", PAGE, flags=re.DOTALL)


def run(command: str) -> str:
    done = CliRunner().invoke(app, shlex.split(command)[1:])
    assert done.exit_code == 0, f"{command}: {done.output}"
    return done.output


def fill_in(file: Path, code: str) -> int:
    """What the source does: answer its first two questions. Returns how many it was asked."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows[:2]:
        row |= {"answer_code": code, "answer_text": "looked at in the archive", "answered_by": "the laboratory"}
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def test_the_morning_of_the_page(copy_of_house: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked = 0
    for command in COMMANDS:
        if command.startswith("cartwright queries answer"):
            asked = fill_in(tmp_path / command.split()[-1], "confirmed_as_is")
            assert run(command) == f"2 answers taken, 0 held already, {asked - 2} questions not answered yet\n"
        else:
            assert run(command).strip()
    assert asked > 2
    assert run("cartwright queries --state answered").rstrip().endswith("2 questions")


def test_the_page_knows_every_answer_and_its_query_finds_rows(house: House) -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)) == set(ANSWERS)
    with open_release(house.place.current_db) as con:
        assert con.execute(QUERY).fetchall()


def test_every_finding_of_a_release_is_asked_about(house: House) -> None:
    """One catalogue of findings: none is left unasked, and every id that leaves is keyed."""
    with open_release(house.place.current_db) as con:
        unasked = con.execute("""
            SELECT finding_code, count(*) FROM facts.finding ANTI JOIN quality.query USING (finding_code, record_id)
            GROUP BY ALL""").fetchall()
        rows, ids = con.execute("""
            SELECT count(*), count(DISTINCT query_id) FILTER (regexp_full_match(query_id, '[0-9a-f]{16}'))
            FROM quality.query""").fetchone()
    assert unasked == []
    assert rows == ids > 0
