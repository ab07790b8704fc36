"""Where one study of a house lives. Known without reading its definition, so that a slip there hides nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cartwright.warehouse.schemas import ALL

_SAID = re.compile(r"(?:^|[{,])\s*study_id:\s*['\"]?([a-z][a-z0-9_]{0,39})", re.MULTILINE)
MAX_ID = 40  # letters: files are called by it

HOSPITAL = "hospital_file"  # under which a study's file has the hospital's beside it
# What a study cannot be called: its file is attached under its id, and its assets stand below it.
NO_NAMES = ALL | {HOSPITAL, "main", "temp", "touched", "system", "release", "build", "information_schema", "pg_catalog"}


@dataclass(frozen=True)
class StudyPlace:
    """A study by its id. `folder`: its definition; `home`: what may be read; `build_db`: its restricted file."""

    study_id: str
    folder: Path
    home: Path
    build_db: Path

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def current(self) -> Path:
        """Symbolic link to the folder of the current release."""
        return self.home / "current"

    @property
    def current_db(self) -> Path:
        """Symbolic link to the database of the current release."""
        return self.home / "current.duckdb"

    @property
    def workshop(self) -> Path:
        """Folder for what one step of a night leaves for the next. Restricted."""
        return self.build_db.with_suffix("")


def study_id_of(folder: Path) -> str:
    """The id that a study gives itself; of one whose protocol cannot be read the name of its folder."""
    try:
        said = _SAID.search((folder / "protocol.yml").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        said = None
    return said[1] if said else re.sub(r"[^a-z0-9_]", "_", folder.name.lower())[:MAX_ID]
