"""A study may lie anywhere: what dbt makes of it stays in the target folder of its parse."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

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
