"""What the documents tell a reader to type works as written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app
from cartwright.warehouse.connect import open_release
from houses import House

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
ANALYSTS = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"### (\d+\..*?)\n```sql\n(.*?)```", ANALYSTS, flags=re.DOTALL)
CHANGES_THE_HOUSE = (
    "refresh",
    "simulate",
    "export",  # test_recipes.py
    "ui",
    "serve",
    "releases rollback",
    "feeds check",
    "key rotate",
    "queries --csv",  # test_data_managers.py
    "queries answer",
    "hospital new",
    "hospital check hospitals",
    "doctor",
    "alert",
    "releases prune",
    "releases name",
    "compact",
    "backup",
    "restore",
    "key save",
    "study new",
    "study check studies/mine",
    "spark",  # minutes: test_spark.py runs a part of it
)


def test_there_are_ten_worked_queries() -> None:
    assert len(QUERIES) == 10


@pytest.mark.parametrize(("title", "query"), QUERIES, ids=[title for title, _ in QUERIES])
def test_a_worked_query_runs_and_finds_rows(house: House, title: str, query: str) -> None:
    with open_release(house.place.current_db) as con:
        rows = con.execute(query).fetchall()
    assert rows or "did not pass" in title


@pytest.fixture(scope="module")
def examples(house: House) -> dict[str, str]:
    """Real names for the placeholders of the documents."""
    with open_release(house.place.current_db) as con:
        subject = con.execute("SELECT min(usubjid) FROM adam.adtte WHERE paramcd = 'OS'").fetchone()[0]
    release = house.place.current.resolve().name
    return {"CW-0123456789ABCDEF": subject, "<usubjid>": subject, "OLD": release, "NEW": release, "ID": release}


def commands() -> list[str]:
    """Every `cartwright ...` in backquotes or code blocks of README and docs that only reads."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    found = {match.strip() for match in re.findall(r"(?:`|^)(cartwright [^`\n#]+)", text, flags=re.MULTILINE)}
    found = {command for command in found if "..." not in command} - {"cartwright trace"}  # named, not called
    found = {command for command in found if "--study first_line" not in command}  # run where it is
    return sorted(c for c in found if not c.removeprefix("cartwright ").startswith(CHANGES_THE_HOUSE) and c.strip())


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_documents_works(house: House, examples: dict[str, str], command: str) -> None:
    words = [examples.get(word, word) for word in shlex.split(command)[1:]]
    if words == ["sql"]:
        pytest.skip("opens an interactive shell")
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert result.output.strip()


def test_every_command_teaches_with_an_example() -> None:
    for name in ("simulate", "refresh", "sql", "export", "trace", "rejected"):
        assert "Example" in CliRunner().invoke(app, [name, "--help"]).output


def test_help_answers_at_once() -> None:
    """Nothing heavy is imported before a command runs."""
    import subprocess
    import sys

    code = "import sys, cartwright.orchestration.commands.cli; " + (
        "print([m for m in ('dagster', 'pandas', 'duckdb', 'dbt') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_a_trace_computes_nothing_and_imports_nothing_that_computes() -> None:
    import subprocess
    import sys

    code = "import sys, cartwright.orchestration.commands.trace_view, cartwright.warehouse.release.trace; " + (
        "print([m for m in ('numpy', 'pandas', 'pyarrow', 'dagster', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_feeds_can_be_checked_without_loading(copy_of_house: object) -> None:
    before = copy_of_house.build_db.stat().st_mtime_ns
    result = CliRunner().invoke(app, ["feeds", "check"])
    assert "lis_lab_result" in result.output
    assert copy_of_house.build_db.stat().st_mtime_ns == before


def test_rollback_moves_current_only(copy_of_house: object) -> None:
    place = copy_of_house.places()[0]
    release = place.current.resolve().name
    place.current.unlink()
    result = CliRunner().invoke(app, ["releases", "rollback", release])
    assert result.exit_code == 0, result.output
    assert place.current.resolve().name == release


def test_the_key_can_be_rotated(copy_of_house: object) -> None:
    from cartwright.warehouse.identity.key import key_id

    before = key_id(copy_of_house)
    result = CliRunner().invoke(app, ["key", "rotate"])
    assert result.exit_code == 0, result.output
    assert before in result.output
    assert key_id(copy_of_house) != before
