"""What an event of Dagster carries beside its kind, by name and with its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from dagster import MetadataValue

Kind = TypeVar("Kind")


def said(metadata: Mapping[str, MetadataValue], name: str, kind: type[Kind]) -> Kind:
    """The value of this name. Raises KeyError when there is none, TypeError when it is of another kind."""
    value = metadata[name].value
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {type(value).__name__} in the event, not {kind.__name__}")
    return value
