"""The SQL that dbt compiled, run: what was built, what broke, what was skipped, and what a table says of itself."""

import copy
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cartwright.orchestration.dbt import build as dbt_build
from cartwright.orchestration.dbt.build import run_build
from cartwright.orchestration.dbt.manifest import Project, hospital_project, manifest_path
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.hospital.definition import load_hospital, write_hospital
from cartwright.warehouse.settings import Settings

SEED, PARENT, CHILD = "seed.cartwright.ctcae_limit", "model.cartwright.lb", "model.cartwright.lab_value"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return hospital_project(Settings(home=tmp_path))


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file of a hospital in which nothing was built."""
    with open_build(Settings(home=tmp_path)) as con:
        yield con


def test_tells_what_was_built(con: duckdb.DuckDBPyConnection, project: Project, tmp_path: Path) -> None:
    heard: list[int] = []
    for _ in range(2):  # a second night replaces what the first has built
        build = run_build(con, project, ["ctcae_limit"], tmp_path / "broken.log", heard.append)
        assert (build.built, build.broken, build.skipped) == ([SEED], [], [])
    assert heard == [1, 1]
    assert con.execute("SELECT count(*) > 0 FROM standards.ctcae_limit").fetchone() == (True,)
    assert not (tmp_path / "broken.log").exists()


def test_names_the_model_that_broke_and_what_was_skipped(
    con: duckdb.DuckDBPyConnection, project: Project, tmp_path: Path
) -> None:
    """The store's words of it stay in the file; its table of last night stays, and others are built."""
    con.execute("CREATE SCHEMA sdtm; CREATE TABLE sdtm.lb AS SELECT 1 AS of_last_night")
    build = run_build(con, project, ["lb", "lab_value", "ctcae_limit"], tmp_path / "broken.log")
    # The parents of the first do not exist in an empty file.
    assert (build.built, build.broken, build.skipped) == ([SEED], [PARENT], [CHILD])
    assert (tmp_path / "broken.log").read_text(encoding="utf-8").startswith(f"{PARENT}\nCatalog Error")
    assert con.execute("SELECT of_last_night FROM sdtm.lb").fetchone() == (1,)


def test_a_model_that_does_not_end_is_ended_and_has_broken(
    con: duckdb.DuckDBPyConnection, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = copy.deepcopy(dbt_build.read_manifest(manifest_path(project)))
    manifest["nodes"][PARENT]["compiled_code"] = "SELECT count(*) AS n FROM range(1000000000) AS a, range(1000) AS b"
    monkeypatch.setattr(dbt_build, "read_manifest", lambda path: manifest)
    build = run_build(con, project, ["lb", "ctcae_limit"], tmp_path / "broken.log", seconds=1)
    assert (build.built, build.broken) == ([SEED], [PARENT])
    assert "INTERRUPT" in (tmp_path / "broken.log").read_text(encoding="utf-8")


def test_a_seed_of_other_columns_than_the_table_of_last_night_replaces_it(
    con: duckdb.DuckDBPyConnection, project: Project, tmp_path: Path
) -> None:
    """A house made before a seed gained or lost a column goes on."""
    con.execute("CREATE SCHEMA standards; CREATE TABLE standards.ctcae_limit (once INTEGER)")
    build = run_build(con, project, ["ctcae_limit"], tmp_path / "broken.log")
    assert (build.built, build.broken) == ([SEED], [])
    assert con.execute("SELECT count(grade) > 0 FROM standards.ctcae_limit").fetchone() == (True,)


def test_columns_of_a_seed_have_the_declared_types_and_an_empty_cell_is_no_value(
    con: duckdb.DuckDBPyConnection, project: Project, tmp_path: Path
) -> None:
    run_build(con, project, ["icans_finding"], tmp_path / "broken.log")
    kinds = con.execute(
        "SELECT typeof(finding_code), typeof(is_consciousness), typeof(grade) FROM standards.icans_finding LIMIT 1"
    )
    assert kinds.fetchone() == ("VARCHAR", "BOOLEAN", "INTEGER")


def test_rows_of_the_hospital_take_their_place_in_a_seed(
    con: duckdb.DuckDBPyConnection, project: Project, tmp_path: Path
) -> None:
    write_hospital(con, load_hospital(Settings().hospital))
    con.execute("DELETE FROM hospital.drug_class")
    run_build(con, project, ["drug_class"], tmp_path / "broken.log")
    ((code, is_of_standard, rows),) = con.execute(
        "SELECT max(drug_code), bool_or(NOT is_antineoplastic), count(*) FROM standards.drug_class "
        "WHERE drug_code = (SELECT max(drug_code) FROM standards.drug_class)"
    ).fetchall()
    con.execute(
        "INSERT INTO hospital.drug_class BY NAME SELECT * REPLACE (NOT is_antineoplastic AS is_antineoplastic) "
        "FROM standards.drug_class WHERE drug_code = ?",
        [code],
    )
    run_build(con, project, ["drug_class"], tmp_path / "broken.log")
    now = con.execute(
        "SELECT bool_or(NOT is_antineoplastic), count(*) FROM standards.drug_class WHERE drug_code = ?", [code]
    )
    assert (rows, now.fetchone()) == (1, (not is_of_standard, 1))


def test_a_table_and_its_columns_carry_what_the_project_says_of_them(
    con: duckdb.DuckDBPyConnection, project: Project, tmp_path: Path
) -> None:
    run_build(con, project, ["merged_number"], tmp_path / "broken.log")
    comment, silent = con.execute("""
        SELECT any_value(tables.comment), count(*) FILTER (columns.comment IS NULL)
        FROM duckdb_tables() AS tables INNER JOIN duckdb_columns() AS columns USING (schema_name, table_name)
        WHERE table_name = 'merged_number'""").fetchone()
    assert comment
    assert silent == 0


@pytest.mark.parametrize(
    "configured",
    [{"grants": {"select": ["analyst"]}}, {"pre-hook": ["x"]}, {"post-hook": ["x"]}, {"materialized": "view"}],
)
def test_what_dbt_would_do_and_this_program_does_not_is_refused(
    con: duckdb.DuckDBPyConnection,
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    configured: dict[str, object],
) -> None:
    manifest = copy.deepcopy(dbt_build.read_manifest(manifest_path(project)))
    manifest["nodes"][PARENT]["config"] |= configured
    monkeypatch.setattr(dbt_build, "read_manifest", lambda path: manifest)
    with pytest.raises(RuntimeError, match=r"lb: .* is not run by orchestration/dbt/build.py; take it out"):
        run_build(con, project, ["lb"], tmp_path / "broken.log")
