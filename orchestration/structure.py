"""What Dagster must know before a night: the hospital's zone, of each study its plan and models, as last read.

One slip in a file of a study, in a setting or in a model must not keep the definitions from loading: then no schedule
would fire and no run could fail that somebody hears of. The night reads everything anew, and fails with the words.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import dagster as dg
from pydantic import ValidationError

from cartwright.orchestration import study_reading
from cartwright.orchestration.dbt.manifest import (
    Project,
    hospital_project,
    is_of_hospital,
    manifest_paths,
    read_manifest,
    study_project,
)
from cartwright.warehouse.hospital.definition import HospitalError, load_hospital
from cartwright.warehouse.settings import PREFIX, Settings
from cartwright.warehouse.study.definition import Plan, Study
from cartwright.warehouse.study.place import StudyPlace

_KEPT = ("HOME", "FEEDS", "HOSPITAL", "STUDIES", "BUILD_DB", "ALERT", "PING")


@dataclass(frozen=True)
class Wing:
    """One side of a house as Dagster shows it: the hospital (no study_id), or one study as it was last read."""

    study_id: str | None
    manifest: dict[str, Any]
    study: Study | None = None

    @property
    def named_study(self) -> str:
        """The id of the study that this side is. Raises TypeError for the hospital."""
        if self.study_id is None:
            raise TypeError("the hospital is no study")
        return self.study_id

    @property
    def plan(self) -> Plan:
        """The study's plan; without outputs while it was never read."""
        return self.study.plan if self.study else Plan(**{name: [] for name in Plan.model_fields})

    def key(self, *path: str) -> dg.AssetKey:
        """The key of a table of this side: those of a study stand below its id."""
        return dg.AssetKey([*([self.study_id] if self.study_id else []), *path])

    def key_of(self, node: dict[str, Any]) -> dg.AssetKey:
        """The key of a node of dbt, which may be one of the hospital that a study reads."""
        path = (node["schema"], node["name"])
        return self.key(*path) if self.is_own(node) else dg.AssetKey(path)

    def is_own(self, node: dict[str, Any]) -> bool:
        """Whether this side builds the node, or writes it before dbt reads it."""
        return self.study_id is None or not is_of_hospital(node)

    def step(self, name: str) -> str:
        """The name of a step: `study__step` for one of a study."""
        return f"{self.study_id}__{name}" if self.study_id else name

    def group(self, layer: str) -> str:
        """The group that a table of this layer is shown in: a study is one group."""
        return self.study_id or layer


def settings() -> Settings:
    """The settings; when one cannot be, the places and who is told, and the night says which it is."""
    try:
        return Settings()
    except ValidationError:
        others = {name: os.environ.pop(name) for name in [*os.environ] if _is_left_out(name)}
        try:
            return Settings()
        finally:
            os.environ.update(others)


def _is_left_out(name: str) -> bool:
    return name.startswith(PREFIX) and name.removeprefix(PREFIX) not in _KEPT


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


def wings(house: Settings) -> tuple[Wing, list[Wing]]:
    """The hospital and the listed studies. Raises RuntimeError when the hospital's models never compiled."""
    hospital = hospital_project(house)
    studies = [(place, _study(house, place)) for place in house.places()]
    of_study = {place: project for place, study in studies if study and (project := _project(house, place, study))}
    of_hospital, *made = manifest_paths([hospital, *of_study.values()])
    path = _or_kept(of_hospital, house.dagster_home / "hospital.json")
    if path is None:
        raise cast(RuntimeError, of_hospital)
    of_place = dict(zip(of_study, made, strict=True))
    return Wing(None, read_manifest(path)), [
        _wing(house, place, study, of_place.get(place)) for place, study in studies
    ]


def _wing(house: Settings, place: StudyPlace, study: Study | None, made: Path | RuntimeError | None) -> Wing:
    """A study; of one that never could be read or compiled what its definition step needs to say so."""
    path = _or_kept(made, _kept(house, place) / "manifest.json") if study else None
    manifest = read_manifest(path) if path else {"nodes": {}, "sources": {}}
    return Wing(place.study_id, manifest, study)


def _project(house: Settings, place: StudyPlace, study: Study) -> Project | None:
    try:
        return study_project(house, place, study)
    except OSError:  # its folder went while it was read
        return None


def _or_kept(made: Path | RuntimeError | None, kept: Path) -> Path | None:
    """The manifest; while the SQL does not compile that of its last state that did, if there was one."""
    if isinstance(made, Path):
        _keep(kept, made.read_text(encoding="utf-8"))
        return made
    return kept if kept.exists() else None


def _study(house: Settings, place: StudyPlace) -> Study | None:
    """The study; while it cannot be read the one before; none when this program never could read it.

    Whatever goes wrong with one study must leave the definitions of the others: its own step reads it again, and fails.
    """
    kept = _kept(house, place) / "study.json"
    try:
        study = study_reading.read(place.folder, house.hospital)
    except Exception:  # noqa: BLE001 see above
        try:
            return Study.model_validate_json(kept.read_text(encoding="utf-8"))
        except (OSError, ValidationError):
            return None
    _keep(kept, study.model_dump_json(by_alias=True))
    return study


def _kept(house: Settings, place: StudyPlace) -> Path:
    return house.dagster_home / "studies" / place.study_id


def _keep(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
