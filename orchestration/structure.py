"""What Dagster must know before a night: the hospital's zone, the plan's outputs and the models, as they were last read
without a mistake.

One slip in a file of the hospital or the study, in a setting or in a model must not keep the definitions from loading:
then no schedule would fire and no run could fail that somebody hears of. The night reads everything anew, and fails
with the words.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from orchestration.manifest import COMPILED_DIR, manifest_path
from warehouse.hospital import HospitalError, load_hospital
from warehouse.settings import PREFIX, Settings
from warehouse.study import StudyError, read_study
from warehouse.study_definition import Plan

_PLACES = ("HOME", "FEEDS", "HOSPITAL", "STUDY", "BUILD_DB")


def settings() -> Settings:
    """The settings; when one cannot be, the places alone, and the night says which it is."""
    try:
        return Settings()
    except ValidationError:
        others = {name: os.environ.pop(name) for name in [*os.environ] if _is_no_place(name)}
        try:
            return Settings()
        finally:
            os.environ.update(others)


def _is_no_place(name: str) -> bool:
    return name.startswith(PREFIX) and name.removeprefix(PREFIX) not in _PLACES


@cache
def plan() -> Plan:
    """The study's plan; while it cannot be read the one before, or one without outputs."""
    house = settings()
    kept = house.dagster_home / "plan.json"
    try:
        read = read_study(house.study).plan
    except (StudyError, OSError):
        return Plan.model_validate_json(kept.read_text(encoding="utf-8")) if kept.exists() else _nothing_planned()
    _keep(kept, read.model_dump_json())
    return read


@cache
def hospital_zone() -> str:
    """The hospital's time zone; while its folder cannot be read the one before, or UTC."""
    house = settings()
    kept = house.dagster_home / "hospital_zone"
    try:
        zone = load_hospital(house.hospital).zone
    except (HospitalError, OSError):
        return kept.read_text(encoding="utf-8") if kept.exists() else "UTC"
    _keep(kept, zone)
    return zone


def _nothing_planned() -> Plan:
    return Plan(**{name: [] for name in Plan.model_fields})


def _keep(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)


@cache
def models_manifest() -> Path:
    """Path of the dbt manifest; while sql/ does not compile that of its last state that did."""
    try:
        return manifest_path(settings().build_db, settings().study)
    except RuntimeError:
        kept = COMPILED_DIR / "manifest.json"
        if not kept.exists():
            raise
        return kept
