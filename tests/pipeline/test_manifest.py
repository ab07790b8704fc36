"""A study may lie anywhere: what dbt makes of it stays in the target folder of its parse."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cartwright.orchestration.dbt import manifest
from cartwright.orchestration.dbt.manifest import PROJECT_DIR, manifest_path, own_models, read_manifest, study_project
from cartwright.warehouse.settings import CHECKOUT, Settings
from cartwright.warehouse.study.loader import read_study

pytestmark = pytest.mark.slow


def test_a_study_that_lies_elsewhere_is_compiled_inside_the_target_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "elsewhere"
    shutil.copytree(CHECKOUT / "studies" / "cd20_salvage", folder)
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path / "house"))
    monkeypatch.setenv("CARTWRIGHT_STUDIES", str(folder))
    settings = Settings()
    project = study_project(settings, settings.places()[0], read_study(folder))
    own = own_models(folder)
    nodes = [
        node
        for node in read_manifest(manifest_path(project))["nodes"].values()
        if node["original_file_path"].startswith(own) and node.get("compiled_path")
    ]
    assert nodes
    for node in nodes:
        path = (PROJECT_DIR / node["compiled_path"]).resolve()
        assert path.is_relative_to(project.folder.resolve()), path
        assert path.exists(), path


def test_a_compiler_that_was_started_ahead_and_asked_nothing_ends_by_itself() -> None:
    """As where the night failed before, or was killed: nobody is left who could end it."""
    compiler = manifest._compiler()
    assert compiler.stdin is not None
    compiler.stdin.close()
    assert compiler.wait(60) == 0
    assert compiler.stdout is not None
    assert compiler.stdout.read() == "[]"


def test_what_was_started_ahead_is_what_compiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    project = manifest.Project(tmp_path / "build.duckdb", "{}", "")
    manifest.start_compiler()
    monkeypatch.setattr(manifest, "_compiler", lambda: pytest.fail("another one was started"))
    monkeypatch.setattr(manifest, "_task", lambda _: {"parse": ["no-such-command"], "compile": [], "environment": {}})
    (words,) = manifest._compile([project])
    assert "no-such-command" in words
