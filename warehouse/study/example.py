"""A small study folder to begin with: a protocol and a plan that work, with comments."""

from __future__ import annotations

import os
import re
from pathlib import Path

import yaml

from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.study.place import NO_NAMES
from cartwright.warehouse.study.schema import FOLDER as SCHEMAS

TEMPLATE = Path(__file__).parent / "template"


def write_example(folder: Path) -> None:
    """Write the folder; the study is called as it. Raises UnknownName when it exists: nothing is written over."""
    if folder.exists():
        raise UnknownName(f"{folder} exists; give a folder that does not")
    study_id = re.sub(r"[^a-z0-9_]", "_", folder.resolve().name.lower())
    is_free = study_id[0].isalpha() and study_id not in NO_NAMES and yaml.safe_load(study_id) == study_id
    study_id = study_id if is_free else f"study_{study_id}"
    schemas = os.path.relpath(SCHEMAS, folder.resolve())
    folder.mkdir(parents=True)
    for path in sorted(TEMPLATE.glob("*.yml")):
        text = path.read_text(encoding="utf-8").replace("{schema}", schemas).replace("{study_id}", study_id)
        (folder / path.name).write_text(text, encoding="utf-8")
