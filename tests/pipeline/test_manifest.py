"""A study may lie anywhere: what dbt makes of it stays in the target folder of its parse."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
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


@pytest.mark.parametrize("name", ["dbt_project.yml", "models/facts/death.sql", "models/columns.md", "seeds/unit.csv"])
def test_every_source_of_the_project_counts_and_nothing_that_dbt_made(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "PROJECT_DIR", tmp_path)
    monkeypatch.setattr(manifest, "COMPILED_DIR", tmp_path / "target")
    source, compiled = tmp_path / name, tmp_path / "target" / name
    for path in (source, compiled, tmp_path / "models" / "target" / "named_like_it.sql"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("as it was")
    before = manifest.project_fingerprint()
    compiled.write_text("otherwise")
    assert manifest.project_fingerprint() == before
    for path in (source, tmp_path / "models" / "target" / "named_like_it.sql"):
        path.write_text("otherwise")
        assert manifest.project_fingerprint() != before, path.name
        path.write_text("as it was")
    source.rename(source.with_stem("another"))
    assert manifest.project_fingerprint() != before


def test_a_compiler_that_was_started_ahead_and_asked_nothing_ends_by_itself() -> None:
    """As where the night failed before, or was killed: nobody is left who could end it."""
    compiler = manifest._compiler()
    assert compiler.stdin is not None
    compiler.stdin.close()
    assert compiler.wait(60) == 0
    assert compiler.stdout is not None
    assert compiler.stdout.read() == "[]"


_WAITS = """
import subprocess, sys, time
from cartwright.orchestration.dbt import manifest
compiler = manifest._compiler()
print(compiler.pid, flush=True)
compiler.communicate(sys.stdin.read())
"""


def test_a_compiler_and_its_children_end_with_a_night_that_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They write what the next night reads; the lock that the killed one held keeps nobody away any more."""
    monkeypatch.setattr(manifest, "COMPILED_DIR", tmp_path)
    tasks = [manifest._task(manifest.Project(tmp_path / f"{name}.duckdb", "{}", "")) for name in ("one", "other")]
    pipe = subprocess.PIPE
    night = subprocess.Popen([sys.executable, "-c", _WAITS], stdin=pipe, stdout=pipe, text=True)
    assert night.stdin is not None
    assert night.stdout is not None
    night.stdin.write(json.dumps(tasks))
    night.stdin.close()
    compiler = int(night.stdout.readline())
    started = [compiler]
    try:
        while len(started) < 3:
            assert night.poll() is None
            time.sleep(0.02)
            started = [compiler, *_children(compiler)]
        night.kill()
        night.wait()
        until = time.monotonic() + 20
        while any(map(_lives, started)) and time.monotonic() < until:
            time.sleep(0.1)
        assert [pid for pid in started if _lives(pid)] == []
    finally:
        for pid in started:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_was_started_ahead_is_what_compiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    project = manifest.Project(tmp_path / "build.duckdb", "{}", "")
    manifest.start_compiler()
    monkeypatch.setattr(manifest, "_compiler", lambda: pytest.fail("another one was started"))
    monkeypatch.setattr(manifest, "_task", lambda _: {"parse": ["no-such-command"], "compile": [], "environment": {}})
    (words,) = manifest._compile([project])
    assert "no-such-command" in words
