"""A house that a fresh process restores into an empty folder is the old one: table by table, and by its next night."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from cartwright.orchestration.commands.cli import app
from cartwright.orchestration.commands.refresh import run_night
from cartwright.warehouse.settings import Settings
from houses import House, silent

pytestmark = pytest.mark.slow


def tables(path: Path) -> dict[str, tuple]:
    """Rows and an order-free hash of every table of a file."""
    with duckdb.connect(path, read_only=True) as con:
        names = con.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
        return {
            f"{schema}.{name}": con.execute(
                f'SELECT count(*), bit_xor(hash(t)), sum(hash(t)) FROM {schema}."{name}" AS t'
            ).fetchone()
            for schema, name in names
        }


@pytest.fixture
def restored(copy_of_house: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, Settings]:
    """(the house, a new one that was restored from its backup by programs with nothing but their own settings)."""
    old = copy_of_house
    bare = {name: value for name, value in os.environ.items() if not name.startswith("CARTWRIGHT_")}
    program = str(Path(sys.executable).with_name("cartwright"))

    def call(home: Path, *arguments: str) -> None:
        environment = {**bare, "CARTWRIGHT_HOME": str(home)}
        subprocess.run([program, *arguments], env=environment, check=True, capture_output=True, cwd=tmp_path)

    kept, key, home = tmp_path / "kept", tmp_path / "key", tmp_path / "new"
    call(old.home, "key", "save", str(key))
    call(old.home, "backup", str(kept))
    monkeypatch.setenv("CARTWRIGHT_HOME", str(home))
    call(home, "restore", str(kept), "--key", str(key))
    return old, Settings()


def test_a_restored_house_is_equal_table_by_table(restored: tuple[Settings, Settings]) -> None:
    old, new = restored
    assert tables(new.build_db) == tables(old.build_db)
    before, after = (settings.places()[0].current_db for settings in restored)
    found = tables(after)
    assert found == tables(before)
    assert len(found) > 50


def test_the_next_night_of_a_restored_house_gives_the_release_that_it_has(restored: tuple[Settings, Settings]) -> None:
    old, new = restored
    shutil.copytree(old.feeds, new.feeds)
    report = run_night(new, silent)
    assert report.succeeded, report.problems
    assert report.tonight["loaded"] == 0
    assert len(list(new.places()[0].releases.iterdir())) == 1, "the same inputs give the same id"


def test_compacting_changes_no_table_but_those_of_forgotten_runs(copy_of_house: Settings, house: House) -> None:
    before = tables(copy_of_house.build_db)
    result = CliRunner().invoke(app, ["compact"])
    assert result.exit_code == 0, result.output
    assert tables(copy_of_house.build_db) == before
    assert tables(copy_of_house.places()[0].build_db) == tables(house.place.build_db)
