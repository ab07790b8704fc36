"""The dbt manifest with compiled models and tests, made again when SQL changed; and how dbt is called."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from warehouse.study_sql import sql_digest, sql_folder

PROJECT_DIR = Path(__file__).resolve().parents[1] / "sql"
COMPILED_DIR = PROJECT_DIR / "target"
PARSED = COMPILED_DIR / "partial_parse.msgpack"  # the project as dbt read it, beside the manifest as others read it


def dbt_arguments(*arguments: str, target_path: Path, study_dir: Path) -> list[str]:
    """Arguments of dbt for our project with the models of a study, writing artefacts and logs to `target_path`."""
    folders = ["--project-dir", PROJECT_DIR, "--profiles-dir", PROJECT_DIR]
    folders += ["--target-path", target_path, "--log-path", target_path]
    variables = {"study_sql": os.path.relpath(sql_folder(study_dir), PROJECT_DIR)}  # dbt wants it relative
    return [*arguments, *map(str, folders), "--vars", json.dumps(variables)]


def dbt_environment(build_file: Path) -> dict[str, str]:
    """What dbt wants in its environment to read and write `build_file`."""
    return {"CARTWRIGHT_BUILD_DB": str(build_file), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


def manifest_path(build_file: Path, study_dir: Path) -> Path:
    """Path of a manifest that agrees with sql/ and the study's own models, and holds the SQL of models and data tests;
    made first if it does not.

    No data is read: dbt compiles against an empty file with the name of `build_file`, which is part of every relation.
    Raises RuntimeError with dbt's words.
    """
    path, stamp = COMPILED_DIR / "manifest.json", COMPILED_DIR / "manifest.fingerprint"
    COMPILED_DIR.mkdir(exist_ok=True)
    with (COMPILED_DIR / "compile.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the web server, the daemon and a refresh may start together
        sources = f"{project_fingerprint()} {sql_digest(study_dir)}"
        fingerprint = f"{PROJECT_DIR} {build_file.name} dbt {version('dbt-core')} {sources}"
        made = path.exists() and PARSED.exists() and stamp.exists()
        if not made or stamp.read_text() != fingerprint:
            program = str(Path(sys.executable).with_name("dbt"))
            compiling = ("compile", "--quiet", "--no-populate-cache")
            done = subprocess.run(
                [program, *dbt_arguments(*compiling, target_path=COMPILED_DIR, study_dir=study_dir)],
                env={**os.environ, **dbt_environment(COMPILED_DIR / build_file.name)},
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise RuntimeError(f"dbt cannot compile sql/:\n{done.stdout}{done.stderr}")
            stamp.write_text(fingerprint)
    return path


@cache
def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest as a dictionary."""
    return json.loads(path.read_text(encoding="utf-8"))


def project_fingerprint() -> str:
    """Hash of every source file of the dbt project."""
    digest = hashlib.sha256()
    for path in sorted(PROJECT_DIR.rglob("*")):
        if path.suffix in {".sql", ".yml", ".csv", ".md"} and COMPILED_DIR not in path.parents:
            digest.update(str(path.relative_to(PROJECT_DIR)).encode() + path.read_bytes())
    return digest.hexdigest()
