"""A study's own SQL: models that it alone needs, in its folder `sql`, built as part of the dbt project.

Below it the folders `adam` and `mart` go into these schemas, `evidence` into adam, everything else into `eligibility`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from cartwright.warehouse.yaml_file import Defect

_SUFFIXES = {".sql", ".yml", ".md"}


def sql_folder(study_dir: Path) -> Path:
    """Where a study keeps its own models; a study that needs none has no such folder."""
    return study_dir / "sql"


def unreadable(study_dir: Path) -> Iterator[Defect]:
    """Own models and tables of the study that are no text: whoever reads them later would stop at the first."""
    tables = study_dir.glob("*.csv")
    for path in sorted([*tables, *(path for path in sql_folder(study_dir).rglob("*") if path.suffix in _SUFFIXES)]):
        name = path.relative_to(study_dir).as_posix()
        try:
            path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            yield Defect(name, line, "", "a letter that is not UTF-8", "save the file as UTF-8")
        except OSError as error:
            yield Defect(name, 0, "", f"cannot be read ({error.strerror})", "give it back, or remove it")


def sql_digest(study_dir: Path) -> str:
    """Hash of the study's own models, their descriptions and tests; it does not depend on where the study lies."""
    folder, digest = sql_folder(study_dir), hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES):
        content = hashlib.sha256(path.read_bytes()).digest()
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode() + content)
    return digest.hexdigest()
