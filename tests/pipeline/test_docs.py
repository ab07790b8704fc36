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
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ANALYSTS = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
WORKED = re.findall(r"### (\d+\..*?)\n```sql\n(.*?)```", ANALYSTS, flags=re.DOTALL)
# What changes a house, takes minutes or serves pages: command -> test that runs it. All else is run here.
ELSEWHERE = {
    "refresh": "pipeline/test_wheel.py",
    "simulate": "pipeline/test_wheel.py",
    "export --cdisc": "pipeline/test_cdisc_export.py",
    "ui": "pipeline/test_wheel.py",
    "explore": "pipeline/test_explorer.py",
    "notebook": "pipeline/test_notebook.py",
    "releases rollback": "pipeline/test_docs.py",
    "feeds check": "pipeline/test_docs.py",
    "key rotate": "pipeline/test_docs.py",
    "key save": "pipeline/test_restore.py",
    "queries answer": "pipeline/test_data_managers.py",
    "hospital new": "warehouse/test_hospital.py",
    "hospital check hospitals/mine": "warehouse/test_hospital.py",
    "study new": "check/test_study_new.py",
    "study check studies/mine": "check/test_study_new.py",
    "doctor": "pipeline/test_doctor_of_dagster.py",
    "alert test": "pipeline/test_alerts.py",
    "releases name": "pipeline/test_tidy.py",
    "releases prune": "pipeline/test_tidy.py",
    "compact": "pipeline/test_restore.py",
    "backup": "pipeline/test_restore.py",
    "restore": "pipeline/test_restore.py",
    "spark": "pipeline/test_spark.py",
}
NAMED = {"cartwright trace", "cartwright export"}  # in a sentence, without what they need


def queries() -> dict[str, str]:
    """Every statement that a page shows: a block of SQL, or one in backquotes; feeds.md has the tables of the EHR."""
    found = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        shown = re.findall(r"`((?:SELECT|FROM) [^`]*)`", text)
        if page.name != "feeds.md":
            shown += re.findall(r"^```sql\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
        found |= {f"{page.name} {number}": query for number, query in enumerate(shown, start=1)}
    return found


def test_there_are_ten_worked_queries() -> None:
    assert len(WORKED) == 10
    assert {query for _, query in WORKED} < set(queries().values())


@pytest.mark.parametrize("name", queries())
def test_a_query_of_a_page_runs_and_finds_rows(house: House, name: str) -> None:
    query = queries()[name]
    with open_release(house.place.current_db) as con:
        rows = con.execute(query).fetchall()
    may_be_none = {query for title, query in WORKED if "did not pass" in title}
    assert rows or query in may_be_none


@pytest.fixture(scope="module")
def examples(house: House) -> dict[str, str]:
    """Real names for the placeholders of the documents."""
    with open_release(house.place.current_db) as con:
        subject = con.execute("SELECT min(usubjid) FROM adam.adtte WHERE paramcd = 'OS'").fetchone()[0]
    release = house.place.current.resolve().name
    return {"CW-0123456789ABCDEF": subject, "<usubjid>": subject, "OLD": release, "NEW": release, "ID": release}


def commands() -> list[str]:
    """Every `cartwright ...` in backquotes or code blocks of README and docs that only reads."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    found = {match.strip() for match in re.findall(r"(?:`|^)(cartwright [^`\n#]+)", text, flags=re.MULTILINE)}
    found = {command for command in found if "..." not in command} - NAMED
    found = {command for command in found if "--study first_line" not in command}  # test_example_studies.py
    return sorted(command for command in found if not elsewhere(command))


def elsewhere(command: str) -> list[str]:
    """Those of the commands run elsewhere that this is one of."""
    return [known for known in ELSEWHERE if f"{command} ".startswith(f"cartwright {known} ")]


@pytest.mark.parametrize("command", ELSEWHERE)
def test_a_command_left_out_here_is_run_by_the_test_named(command: str) -> None:
    text = (ROOT / "tests" / ELSEWHERE[command]).read_text(encoding="utf-8")
    words = [word for word in command.split() if "/" not in word]
    assert re.search(r",\s*".join(f'"{word}"' for word in words), text) or f"cartwright {' '.join(words)}" in text


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_documents_works(
    house: House, examples: dict[str, str], command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # an export is written where one is
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
