"""dbt in this process: what it built, what broke, what it skipped; and afterwards the build file is free."""

import os
from pathlib import Path

import duckdb
import pytest
from cartwright.orchestration.dbt.build import run_build
from cartwright.orchestration.dbt.manifest import Project, hospital_project, manifest_path
from cartwright.warehouse.settings import Settings

SEED, PARENT, CHILD = "seed.cartwright.ctcae_limit", "model.cartwright.lb", "model.cartwright.lab_value"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The hospital's, with an empty file to build."""
    made = hospital_project(Settings(home=tmp_path, build_db=tmp_path / "warehouse.duckdb"))
    manifest_path(made)
    return made


def test_tells_what_was_built_and_lets_the_file_go(project: Project) -> None:
    heard: list[int] = []
    environment = dict(os.environ)
    for _ in range(2):  # a second build in one process starts from nothing
        build = run_build(project, project.build_file.parent / "dbt", ["ctcae_limit"], heard.append)
        assert (build.built, build.broken, build.skipped) == ([SEED], [], [])
        with duckdb.connect(project.build_file, read_only=True) as con:  # refused while dbt holds it open for writing
            assert con.execute("SELECT count(*) > 0 FROM standards.ctcae_limit").fetchone() == (True,)
    assert heard == [1, 1]
    assert dict(os.environ) == environment, "what dbt is told by the environment would redirect our own settings"


def test_names_the_model_that_broke_and_what_was_skipped(project: Project) -> None:
    build = run_build(project, project.build_file.parent / "dbt", ["lb", "lab_value"], lambda done: None)
    # The parents of the first do not exist in an empty file.
    assert (build.built, build.broken, build.skipped) == ([], [PARENT], [CHILD])


def test_a_build_that_does_not_start_is_an_error(project: Project) -> None:
    project.build_file.write_text("not a database")
    with pytest.raises(RuntimeError, match="before it built anything"):
        run_build(project, project.build_file.parent / "dbt", ["ctcae_limit"], lambda done: None)


def test_a_seed_of_other_columns_than_the_table_of_last_night_replaces_it(project: Project) -> None:
    """A house made before a seed gained or lost a column goes on."""
    with duckdb.connect(project.build_file) as con:
        con.execute("CREATE SCHEMA standards; CREATE TABLE standards.ctcae_limit (once INTEGER)")
    build = run_build(project, project.build_file.parent / "dbt", ["ctcae_limit"], lambda done: None)
    assert (build.built, build.broken) == ([SEED], [])
    with duckdb.connect(project.build_file, read_only=True) as con:
        assert con.execute("SELECT count(grade) > 0 FROM standards.ctcae_limit").fetchone() == (True,)
