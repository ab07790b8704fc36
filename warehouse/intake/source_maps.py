"""How exports in other shapes (FHIR resources, REDCap instruments) become records of the contracts: maps, as data.

A hospital writes them in fhir.yml and redcap.yml of its folder. A map says which resource or instrument is a record of
which feed table, and for each column where its value stands: a path (source_path.py), or a path with codes.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cartwright.warehouse.intake.source_path import Expression, parse

FHIR: Final = "fhir"
REDCAP: Final = "redcap"


class MappedValue(BaseModel):
    """Where a value stands, what its codes become, and what everything else is, nothing too (`other`)."""

    model_config = ConfigDict(extra="forbid")
    path: str
    codes: dict[str, str] = Field(default_factory=dict)
    other: str | None = None

    @field_validator("path")
    @classmethod
    def _is_readable(cls, value: str) -> str:
        parse(value)
        return value

    @property
    def expression(self) -> Expression:
        return parse(self.path)


class _Mapped(BaseModel):
    """What a record and an element of a list share: the resource or instrument, and where its values stand."""

    model_config = ConfigDict(extra="forbid")
    resource: str | None = None
    where: str | None = None
    instrument: str | None = None
    event: str | None = None
    columns: dict[str, MappedValue]

    @field_validator("columns", mode="before")
    @classmethod
    def _paths_may_stand_alone(cls, value: Any) -> Any:
        """A path stands for a value without codes."""
        if not isinstance(value, dict):
            return value
        return {name: {"path": each} if isinstance(each, str) else each for name, each in value.items()}

    @field_validator("where", "names", "of", check_fields=False)
    @classmethod
    def _is_readable(cls, value: str | None) -> str | None:
        if value:
            parse(value)
        return value

    @property
    def source(self) -> str:
        """Name of the resource or instrument."""
        return self.resource or self.instrument or ""


class MappedList(_Mapped):
    """A list column whose elements are resources or rows of their own, in the same delivery as the record.

    FHIR: `names` is the path by which the record refers to its elements; of the resources referred to, those of
    `resource` that `where` takes are elements of this list. REDCap: rows of `instrument` whose field `of` holds the key
    of the record.
    """

    names: str | None = None
    of: str | None = None


class SourceMap(_Mapped):
    """One map. `where`: a path that must lead somewhere (FHIR); `event`: only rows of this event (REDCap).

    A map that fills no version column takes the day of the delivery that first showed a content as its version.
    """

    table: str
    lists: dict[str, MappedList] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    takes_broken: bool = Field(False, exclude=True)  # of several tables that read a file one answers for broken lines


class FhirFile(BaseModel):
    """fhir.yml."""

    model_config = ConfigDict(extra="forbid")
    maps: list[SourceMap]


class RedcapFile(BaseModel):
    """redcap.yml. `dictionary`: the project's data dictionary in the folder. `missing`: codes of missing data.

    `is_whole`: every export holds the whole project, so that a record which is no longer in it was deleted.
    """

    model_config = ConfigDict(extra="forbid")
    dictionary: str
    missing: list[str] = Field(default_factory=list)
    is_whole: bool = True
    maps: list[SourceMap]
