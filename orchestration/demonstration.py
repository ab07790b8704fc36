"""The demonstration hospital: simulated feeds for a house that has nothing else. The only caller of the simulator."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartwright.warehouse.settings import Settings


class NoPlaceForSimulation(Exception):
    """Simulated records do not go where real ones are, were, or are expected. The message says what to do."""


def is_wanted(settings: Settings) -> bool:
    """Whether a night must first write the demonstration hospital: a new house without feeds, or one half written.

    Raises NoPlaceForSimulation where a landing zone is empty that should not be: a folder that is not mounted looks
    the same as one that nobody ever used.
    """
    if settings.simulated_marker.exists():
        return not _marker(settings).get("is_complete", True)
    if _landed(settings) or settings.ehr_is_elsewhere:
        return False
    if settings.feeds_are_elsewhere or settings.was_used:
        raise NoPlaceForSimulation(
            f"the landing zone {settings.feeds} is empty: is it mounted? Nothing was done. The demonstration hospital "
            "is written by itself into a new house only (`CARTWRIGHT_HOME`, without `CARTWRIGHT_FEEDS`)"
        )
    return True


def write_hospital(
    settings: Settings, patients: int = 179, seed: int | None = None, sites: int = 1, until: date | None = None
) -> None:
    """Write feeds and truth under the house. Raises NoPlaceForSimulation where other records are or were."""
    from cartwright.simulator.generate import DEFAULT_SEED, simulate

    is_simulated = settings.simulated_marker.exists()
    if _landed(settings) and not is_simulated:
        raise NoPlaceForSimulation(
            f"{settings.feeds} holds feeds that were not simulated; choose another CARTWRIGHT_HOME"
        )
    if settings.feeds_are_elsewhere:
        raise NoPlaceForSimulation(
            "simulated feeds go to CARTWRIGHT_HOME/feeds; unset CARTWRIGHT_FEEDS, or choose another home"
        )
    if settings.was_used and not is_simulated:
        raise NoPlaceForSimulation(
            f"{settings.home} has held records that were not simulated; choose another CARTWRIGHT_HOME"
        )
    simulate(settings.home, patients=patients, seed=DEFAULT_SEED if seed is None else seed, sites=sites, until=until)


def finish_hospital(settings: Settings) -> None:
    """Write the demonstration hospital, or what an interrupted writing left out, as it was begun."""
    if not settings.simulated_marker.exists():
        write_hospital(settings)
        return
    begun = _marker(settings)
    if begun["cohort"] == "given":
        raise NoPlaceForSimulation(
            f"{settings.feeds} was not finished, and only its writer knows its plan; have it written again there, or "
            "choose another CARTWRIGHT_HOME"
        )
    until = date.fromisoformat(begun["until"])
    write_hospital(settings, begun["patients"] // begun["sites"], begun["seed"], begun["sites"], until)


def _landed(settings: Settings) -> bool:
    return settings.feeds.exists() and any(settings.feeds.iterdir())


def _marker(settings: Settings) -> dict:
    return json.loads(settings.simulated_marker.read_text(encoding="utf-8"))
