"""What the pipeline tests share: a finished house, what a night must repeat of it, a listener that hears nothing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from cartwright.orchestration.commands.refresh import NightReport
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.place import StudyPlace

REPEATED = ("adam", "eligibility", "mart", "results")


@dataclass(frozen=True)
class House:
    """A CARTWRIGHT_HOME after its first night."""

    settings: Settings
    report: NightReport

    @property
    def place(self) -> StudyPlace:
        """Where its study lives."""
        return self.settings.places()[0]


def copy_house(house: House, folder: Path, environment: pytest.MonkeyPatch) -> Settings:
    """A private copy of the house below `folder`, with the environment pointing at it."""
    home = folder / "house"
    shutil.copytree(house.settings.home, home, symlinks=True)
    environment.setenv("CARTWRIGHT_HOME", str(home))
    return Settings()


def one_file(settings: Settings, folder: Path) -> Path:
    """Hospital and study of a house in one file, whose name is that in the SQL of `whole_project`."""
    path = folder / "warehouse.duckdb"
    shutil.copy(settings.build_db, path)
    with duckdb.connect(str(path)) as con:
        con.execute(f"ATTACH '{settings.places()[0].build_db}' AS own_file (READ_ONLY)")
        for schema, table in con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'own_file'"
        ).fetchall():
            con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            con.execute(f"CREATE OR REPLACE TABLE {schema}.{table} AS FROM own_file.{schema}.{table}")
    return path


def silent(what: str, words: str) -> None:
    """A listener that hears nothing."""


def fingerprint(path: Path) -> dict[str, tuple[int, str]]:
    """Rows and an order-free hash of every table of a DuckDB file that equal inputs must give again."""
    digest = "bit_xor(hash(t))::VARCHAR || sum(hash(t))"
    with duckdb.connect(str(path), read_only=True) as con:
        tables = con.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE list_contains(?, schema_name)",
            [list(REPEATED)],
        ).fetchall()
        return {
            table: con.execute(f"SELECT count(*), {digest} FROM {table} AS t").fetchone() for (table,) in sorted(tables)
        }
