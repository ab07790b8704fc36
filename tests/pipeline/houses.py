"""What the pipeline tests share: a finished house, and a listener that hears nothing."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.refresh import NightReport
from warehouse.settings import Settings


@dataclass(frozen=True)
class House:
    """A CARTWRIGHT_HOME after its first night."""

    settings: Settings
    report: NightReport


def silent(what: str, words: str) -> None:
    """A listener that hears nothing."""
