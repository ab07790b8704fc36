"""The dbt manifests with compiled models and tests, made again when SQL changed; and how dbt is called.

The project is parsed once for the hospital and once for each study, as a study decides columns and brings models.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cartwright.orchestration.dbt import compile as compiler
from cartwright.warehouse.hospital.definition import HospitalError, load_hospital
from cartwright.warehouse.schemas import HOSPITAL_LAYERS
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.study.dbt_vars import dbt_vars
from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.own_sql import sql_digest, sql_folder
from cartwright.warehouse.study.place import StudyPlace

PROJECT_DIR = Path(__file__).resolve().parents[2] / "sql"
COMPILED_DIR = PROJECT_DIR / "target"
_OF_HOSPITAL = ("path:seeds", "path:models/staging", "path:models/sdtm", "path:models/facts")
_ready: list[subprocess.Popen[str]] = []  # started ahead, and waiting for what to compile
KEPT_PARSES = 12  # of studies that were edited, moved or tried; each is some megabytes


@dataclass(frozen=True)
class Project:
    """The dbt project as one side needs it. `variables`: JSON; `content`: what else decides the parse."""

    build_file: Path
    variables: str
    content: str
    hospital: Path | None = None

    @property
    def without_others(self) -> tuple[str, ...]:
        """Arguments by which dbt takes the nodes of this side; nothing where every node is.

        Two dozen times cheaper than their names, each of which dbt compares with every node.
        """
        return ("--exclude", *_OF_HOSPITAL) if self.hospital else ()

    @property
    def folder(self) -> Path:
        """Where dbt's artefacts of this parse lie; one place a file and set of variables."""
        return COMPILED_DIR / f"{self.build_file.stem}-{hashlib.sha256(self.variables.encode()).hexdigest()[:8]}"

    @property
    def manifest(self) -> Path:
        """The project as others read it."""
        return self.folder / "manifest.json"


def hospital_project(settings: Settings) -> Project:
    """Seeds, staging, sdtm and facts, without any study."""
    try:
        mark = load_hospital(settings.hospital).value_mark
    except (HospitalError, OSError):  # told by the night's first step
        mark = "."
    own = {"decimal_mark": mark} if mark != "." else {}
    return Project(settings.build_db, json.dumps({"side": "hospital", **own}), "")


def study_project(settings: Settings, place: StudyPlace, study: Study) -> Project:
    """What is built of one study on the hospital's tables, its own models among it."""
    variables = {"side": "study", "study_sql": own_models(place.folder), **dbt_vars(study)}
    return Project(place.build_db, json.dumps(variables), sql_digest(place.folder), settings.build_db)


def own_models(study_dir: Path) -> str:
    """Path within the dbt project, a link, under which dbt reads a study's own models.

    dbt writes what it compiles under the path it read, below its target folder: a path that leaves the project, to a
    study that lies elsewhere, would make it write wherever that leads.
    """
    folder = sql_folder(study_dir).resolve()
    link = COMPILED_DIR / "own" / f"{study_dir.name}-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"
    link.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        link.symlink_to(folder)
    return link.relative_to(PROJECT_DIR).as_posix()


def is_of_hospital(node: dict[str, Any]) -> bool:
    """Whether a node is the same for every study: feeds, seeds and what is derived before a study is known."""
    if node["resource_type"] == "source":
        return node["schema"] not in ("study", "meta")
    return node["schema"] in HOSPITAL_LAYERS


def dbt_arguments(*arguments: str, project: Project, target_path: Path) -> list[str]:
    """Arguments of dbt for our project, writing artefacts and logs to `target_path`."""
    folders = ["--project-dir", PROJECT_DIR, "--profiles-dir", PROJECT_DIR]
    folders += ["--target-path", target_path, "--log-path", target_path]
    return [*arguments, *map(str, folders), "--vars", project.variables]


def dbt_environment(build_file: Path, hospital: Path | None = None) -> dict[str, str]:
    """What dbt wants in its environment to write `build_file` and to read the hospital's beside it."""
    beside = [{"path": str(hospital), "alias": "hospital_file", "read_only": True}] if hospital else []
    return {
        "CARTWRIGHT_BUILD_DB": str(build_file),
        "CARTWRIGHT_ATTACHED": json.dumps(beside),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def manifest_path(project: Project) -> Path:
    """Path of a manifest that agrees with the project and holds the SQL of models and data tests; made if need be.

    Raises RuntimeError with dbt's words.
    """
    (made,) = manifest_paths([project])
    if isinstance(made, RuntimeError):
        raise made
    return made


def manifest_paths(projects: Sequence[Project]) -> list[Path | RuntimeError]:
    """Of each project, in this order, what `manifest_path` tells: a path, or the error of one that does not compile.

    No data is read: dbt compiles against an empty file with the name of the build file, which is part of every
    relation.
    """
    content = project_fingerprint()
    with ExitStack() as locks:
        for folder in sorted({project.folder for project in projects}):
            folder.mkdir(parents=True, exist_ok=True)
            lock = locks.enter_context((folder / "compile.lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)  # the web server, the daemon and a refresh may start together
        fingerprints = {
            project: f"{PROJECT_DIR} {project.build_file.name} dbt {version('dbt-core')} "
            f"{content} {project.content} {project.variables}"
            for project in projects
        }
        stale = [project for project, fingerprint in fingerprints.items() if not _agrees(project, fingerprint)]
        for project in stale:
            _stamp(project).unlink(missing_ok=True)  # else it may be forgotten as an old one while dbt writes it
        failed = {project: words for project, words in zip(stale, _compile(stale), strict=True) if words is not None}
        for project, fingerprint in fingerprints.items():
            if project not in failed:
                _stamp(project).write_text(fingerprint)  # it was used tonight
        if stale:
            _forget_old()
    return [
        RuntimeError(f"dbt cannot compile sql/:\n{failed[project]}") if project in failed else project.manifest
        for project in projects
    ]


def _stamp(project: Project) -> Path:
    return project.folder / "manifest.fingerprint"


def _agrees(project: Project, fingerprint: str) -> bool:
    stamp = _stamp(project)
    return project.manifest.exists() and stamp.exists() and stamp.read_text() == fingerprint


def is_anything_compiled() -> bool:
    """False in a checkout in which dbt never ran."""
    return COMPILED_DIR.exists()


def start_compiler() -> None:
    """Have the process that will compile load dbt, ahead of it."""
    _ready.append(_compiler())


def _compiler() -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-m", compiler.__name__], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def _compile(projects: Sequence[Project]) -> list[str | None]:
    """dbt's words of each project that it could not compile."""
    if not projects:
        return []
    process = _ready.pop() if _ready else _compiler()
    told, said = process.communicate(json.dumps([_task(project) for project in projects]))
    return [said] * len(projects) if process.returncode else json.loads(told)


def _task(project: Project) -> dict[str, Any]:
    quiet = ("--quiet", "--log-level-file", "none")
    tests = ("--indirect-selection", "empty") if project.hospital else ()  # those of this side's nodes alone
    options = {
        "parse": ("--no-write-json",),
        "compile": ("--no-populate-cache", *project.without_others, *tests),
    }
    arguments = {
        command: dbt_arguments(command, *quiet, *own, project=project, target_path=project.folder)
        for command, own in options.items()
    }
    return {**arguments, "environment": dbt_environment(project.folder / project.build_file.name)}


def _forget_old() -> None:
    """Remove the parses that were used longest ago."""
    made = sorted(COMPILED_DIR.glob("*/manifest.fingerprint"), key=lambda stamp: stamp.stat().st_mtime)
    for stamp in made[:-KEPT_PARSES]:
        shutil.rmtree(stamp.parent, ignore_errors=True)


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest as a dictionary: as it is now, not as this process once read it."""
    return _read_manifest(path, path.stat().st_mtime_ns)


@cache
def _read_manifest(path: Path, written_ns: int) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def project_fingerprint() -> str:
    """Hash of every source file of the dbt project."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(str(path.relative_to(PROJECT_DIR)).encode() + path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    """Not what dbt made of them, which are thousands of files: a night asks a dozen times."""
    for folder, below, names in os.walk(PROJECT_DIR):
        below[:] = [name for name in below if Path(folder, name) != COMPILED_DIR]
        yield from (Path(folder, name) for name in names if name.endswith((".sql", ".yml", ".csv", ".md")))
