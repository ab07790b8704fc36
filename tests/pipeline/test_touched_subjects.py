"""A model's rows of a subject follow from that subject's input alone, or it says that they do not."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartwright.orchestration.dbt import build as dbt_build
from cartwright.orchestration.dbt.build import nodes_of, run_build
from cartwright.orchestration.dbt.manifest import Project, hospital_project, manifest_path, read_manifest, study_project
from cartwright.orchestration.dbt.touched import says_whole, tables_with_subject
from cartwright.warehouse.built.scope import Scope
from cartwright.warehouse.connect import open_build
from cartwright.warehouse.study.loader import read_study
from case_hospital import CaseHospital, load_cases

pytestmark = pytest.mark.slow
PATIENTS = 80


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseHospital]:
    hospital = CaseHospital(tmp_path_factory.mktemp("hospital"), random.Random(17).sample(load_cases(), PATIENTS))
    yield hospital
    hospital.con.close()


@pytest.fixture(scope="module", params=["hospital", "study"])
def side(request: pytest.FixtureRequest, hospital: CaseHospital) -> Iterator[tuple[Project, duckdb.DuckDBPyConnection]]:
    """The models of one side, and its file."""
    if request.param == "study":
        study = read_study(hospital.place.folder)
        yield study_project(hospital.settings, hospital.place, study), hospital.con
        return
    hospital.con.execute("DETACH hospital_file")
    with closing(open_build(hospital.settings)) as con:
        yield hospital_project(hospital.settings), con
    hospital.con.execute(f"ATTACH '{hospital.settings.build_db}' AS hospital_file (READ_ONLY)")


def models(project: Project) -> dict[str, dict[str, Any]]:
    nodes = nodes_of(read_manifest(manifest_path(project)), project)
    return {name: node for name, node in nodes.items() if node["resource_type"] == "model"}


def sums(con: duckdb.DuckDBPyConnection, project: Project) -> dict[str, Any]:
    """Of every table of the models: rows, and a hash that does not mind their order."""
    return {
        node["name"]: con.execute(
            f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)) FROM {node['relation_name']} AS t"
        ).fetchone()
        for node in models(project).values()
    }


def test_every_model_says_whose_its_rows_are_or_why_it_is_made_whole(side) -> None:
    project, con = side
    with_subject = tables_with_subject(con)
    silent = [
        node["name"]
        for node in models(project).values()
        if f"{node['schema']}.{node['alias']}" not in with_subject
        and not says_whole(node)
        and "looked_up_by" not in node["config"]["meta"]
    ]
    assert silent == []


def test_a_model_gives_a_subject_the_same_rows_without_the_others(side, tmp_path: Path) -> None:
    """Of half of the subjects, of the others, and of some alone."""
    project, con = side
    subjects = sorted(subject for (subject,) in con.execute("SELECT DISTINCT usubjid FROM sdtm.dm").fetchall())
    before = sums(con, project)
    for some in [subjects[::2], subjects[1::2], *([subject] for subject in subjects[:: len(subjects) // 3])]:
        build = run_build(con, project, [], tmp_path / "broken.log", scope=Scope("some", frozenset(some)))
        assert build.broken == []
        assert build.touched == set(some), "made whole, a table differs for others"
        after = sums(con, project)
        assert [name for name in before if before[name] != after[name]] == []


def test_a_model_that_numbers_all_subjects_is_found(hospital: CaseHospital, tmp_path: Path, monkeypatch) -> None:
    """What the test above would say of it."""
    project = study_project(hospital.settings, hospital.place, read_study(hospital.place.folder))
    manifest = copy.deepcopy(read_manifest(manifest_path(project)))
    node = next(node for node in manifest["nodes"].values() if node["name"] == "screening")
    numbered = f"SELECT made.*, row_number() OVER (ORDER BY usubjid) AS number FROM ({node['compiled_code']}\n) AS made"
    node["compiled_code"] = numbered
    monkeypatch.setattr(dbt_build, "read_manifest", lambda path: manifest)
    run_build(hospital.con, project, ["screening"], tmp_path / "broken.log")
    before = sums(hospital.con, project)["screening"]
    ((last,),) = hospital.con.execute("SELECT max(usubjid) FROM eligibility.screening").fetchall()
    run_build(hospital.con, project, ["screening"], tmp_path / "broken.log", scope=Scope("one", frozenset({last})))
    assert sums(hospital.con, project)["screening"] != before


def test_a_night_that_builds_nothing_names_every_model_after_its_parents(side, tmp_path: Path) -> None:
    """Dagster takes them in no other order."""
    project, con = side
    before = sums(con, project)
    build = run_build(con, project, [], tmp_path / "broken.log", scope=Scope("nothing", frozenset(), is_nothing=True))
    nodes = nodes_of(read_manifest(manifest_path(project)), project)
    assert sorted(build.built) == sorted(nodes)
    place = {name: number for number, name in enumerate(build.built)}
    parents = [(child, parent) for child in nodes for parent in nodes[child]["depends_on"].get("nodes", [])]
    assert [pair for pair in parents if pair[1] in place and place[pair[0]] < place[pair[1]]] == []
    assert sums(con, project) == before
