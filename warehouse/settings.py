"""Where everything lives: one setting, CARTWRIGHT_HOME, and a few overrides beside it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cartwright.warehouse.study.place import StudyPlace, study_id_of

CHECKOUT = Path(__file__).resolve().parents[1]  # of an installed copy: the package, which holds the same folders
PREFIX = "CARTWRIGHT_"
NIGHT_CRON = "NIGHT_CRON"  # read by the schedule alone


def _home() -> Path:
    """`.cartwright` in the checkout; of an installed copy, in the folder where the command is given."""
    return (CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else Path.cwd()) / ".cartwright"


def study_folder(name: str) -> Path:
    """The folder of a study that is named by its id or by a path."""
    known = CHECKOUT / "studies" / name
    return known if "/" not in name and (known.is_dir() or not Path(name).is_dir()) else Path(name).resolve()


def hospital_folder(name: Path) -> Path:
    """The folder of a hospital that is named by a path, or by its name in hospitals/."""
    return CHECKOUT / "hospitals" / name if len(name.parts) == 1 and not name.is_dir() else name.resolve()


def _listed_studies() -> tuple[Path, ...]:
    """The folders that studies/nightly.txt lists, one a line."""
    listed = (CHECKOUT / "studies" / "nightly.txt").read_text(encoding="utf-8").split()
    return tuple(study_folder(name) for name in listed)


def _own_ehr(feeds: Path) -> str:
    """The URL of the EHR that lies with the feeds."""
    return f"sqlite:///{feeds / 'ehr.sqlite'}"


class Settings(BaseSettings):
    """Read from the environment (CARTWRIGHT_HOME, CARTWRIGHT_FEEDS, ...); what is not set follows from `home`.

    `studies`: those that a night builds, by comma: names of folders of studies/, or folders; else those of
    studies/nightly.txt. `hospital`: its folder, or the name of one in hospitals/. `as_of` (ISO 8601, UTC unless it
    carries an offset) builds the state of knowledge of that moment; without it everything delivered counts.
    `resampling`: how much the statistics draw at random: `night` little, `full` as a proof wants it (minutes longer),
    `none` nothing, and analyses that are nothing but draws are left out. `cdisc`: whether each release carries its
    CDISC data sets (`exports/cdisc/`); `cartwright export --cdisc` writes them of any release. `spark_master`: the URL
    of a Spark cluster, else one is started on this machine when it is asked for; `spark_host`: the address of this
    machine that the cluster's workers reach. `query_seconds`: how long a statement of the analyst's shell may run,
    `study_model_seconds` a model of a study (0: for ever). `explore_least`: the explorer shows no
    group of fewer patients (1: all). `ehr_..._seconds`: how long the night waits for the EHR to
    answer a connection, to send the next rows, and to release a lock. `alert`: URLs of apprise, by comma, to which
    alerts are sent; `ping`: the URL that each publication calls, where `{study}` stands for the study; `digest_at`:
    when in the morning, hospital time, the warnings are sent.
    """

    # URLs may hold passwords: no error repeats what was set.
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    home: Path = Field(default_factory=_home, validate_default=True)
    # What follows from `home` stands next to it: it is not computed where a field before it is wrong.
    feeds: Path = Field(default_factory=lambda known: known["home"] / "feeds", validate_default=True)
    ehr_url: str = Field(default_factory=lambda known: _own_ehr(known["feeds"]))
    build_db: Path = Field(
        default_factory=lambda known: known["home"] / "restricted" / "warehouse.duckdb", validate_default=True
    )
    hospital: Path = Field(Path("demonstration"), validate_default=True)
    studies: Annotated[tuple[Path, ...], NoDecode] = Field(default_factory=_listed_studies)
    as_of: datetime | None = None
    memory_limit: str = "4GB"
    query_seconds: int = 600
    study_model_seconds: int = Field(1800, ge=0)
    explore_least: int = Field(5, ge=1)
    ehr_connect_seconds: int = Field(10, ge=2)
    ehr_statement_seconds: int = Field(300, ge=1)
    ehr_lock_seconds: int = Field(30, ge=1)
    resampling: Literal["night", "full", "none"] = "night"
    cdisc: bool = False
    spark_master: str | None = None
    spark_host: str = "127.0.0.1"
    alert: SecretStr | None = None
    ping: SecretStr | None = None
    digest_at: time = time(7)

    @model_validator(mode="before")
    @classmethod
    def _every_name_is_known(cls, values: object) -> object:
        """A misspelt setting would be ignored, and the night run in another house than the one meant."""
        known = {PREFIX + name.upper() for name in (*cls.model_fields, NIGHT_CRON)}
        for name in sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known):
            near = get_close_matches(name, known, n=1)
            raise ValueError(f"{name} is no setting" + (f"; did you mean {near[0]}?" if near else "; unset it"))
        return values

    @model_validator(mode="before")
    @classmethod
    def _no_url_is_the_own_one(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name != "ehr_url" or value}

    @field_validator("home", "feeds", "build_db")
    @classmethod
    def _whole_paths(cls, value: Path) -> Path:
        return value.resolve()

    @field_validator("as_of")
    @classmethod
    def _as_of_has_a_zone(cls, value: datetime | None) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value

    @field_validator("hospital")
    @classmethod
    def _hospital_is_a_folder(cls, value: Path) -> Path:
        return hospital_folder(value)

    @field_validator("studies", mode="before")
    @classmethod
    def _studies_by_comma(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = [name.strip() for name in value.split(",") if name.strip()]
        if not names:
            raise ValueError("names no study; give the name of a folder of studies/, or a folder")
        return tuple(study_folder(name) for name in names)

    @field_validator("studies")
    @classmethod
    def _one_study_an_id(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        """Two studies with one id would write one file and one `current`."""
        seen: dict[str, Path] = {}
        for folder in value:
            other = seen.setdefault(study_id_of(folder), folder)
            if other is not folder:
                raise ValueError(
                    f"{other} and {folder} have one id, {study_id_of(folder)}; rename one, or name it once"
                )
        return value

    @property
    def feeds_are_elsewhere(self) -> bool:
        return self.feeds != self.home / "feeds"

    @property
    def ehr_is_elsewhere(self) -> bool:
        return self.ehr_url != _own_ehr(self.feeds)

    @property
    def was_used(self) -> bool:
        """Whether a night was run here before."""
        return any(path.exists() for path in (self.build_db, self.home / "studies", self.home / "releases"))

    def places(self) -> tuple[StudyPlace, ...]:
        """Where the listed studies live, in their order."""
        return tuple(self.place(study_id_of(folder), folder) for folder in self.studies)

    def place(self, study_id: str, folder: Path) -> StudyPlace:
        """Where the study of this id lives in this house."""
        build_db = self.build_db.parent / "studies" / f"{study_id}.duckdb"
        return StudyPlace(study_id, folder, self.home / "studies" / study_id, build_db)

    @property
    def restricted(self) -> Path:
        """Whatever may identify a patient: the build file, the key, quarantine. Mode 0700."""
        return self.home / "restricted"

    @property
    def identity_key(self) -> Path:
        return self.restricted / "identity.key"

    @property
    def truth(self) -> Path:
        """What the simulator knows. The pipeline never reads it."""
        return self.home / "truth"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def simulated_marker(self) -> Path:
        """The file whose presence says that the feeds are made up."""
        return self.feeds / "SIMULATED"
