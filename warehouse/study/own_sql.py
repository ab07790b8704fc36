"""A study's own SQL: models that it alone needs, in its folder `sql`, built as part of the dbt project.

Below it the folders `adam` and `mart` go into these schemas, `evidence` into adam, everything else into `eligibility`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

_SUFFIXES = {".sql", ".yml", ".md"}


def sql_folder(study_dir: Path) -> Path:
    """Where a study keeps its own models; a study that needs none has no such folder."""
    return study_dir / "sql"


def sql_digest(study_dir: Path) -> str:
    """Hash of the study's own models, their descriptions and tests; it does not depend on where the study lies."""
    folder, digest = sql_folder(study_dir), hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES):
        content = hashlib.sha256(path.read_bytes()).digest()
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode() + content)
    return digest.hexdigest()
