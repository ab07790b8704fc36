"""The demonstration hospital: simulated feeds where no real ones are configured. The only caller of the simulator."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warehouse.settings import Settings


def write_hospital(
    settings: Settings, patients: int = 179, seed: int | None = None, sites: int = 1, until: date | None = None
) -> None:
    """Write feeds and truth under the house. Refuses to mix simulated records into feeds it did not write."""
    from simulator.generate import DEFAULT_SEED, simulate

    landed = settings.feeds.exists() and any(settings.feeds.iterdir())
    if landed and not settings.simulated_marker.exists():
        raise SystemExit(f"{settings.feeds} holds feeds that were not simulated; choose another CARTWRIGHT_HOME")
    if settings.feeds != settings.home / "feeds":
        raise SystemExit("simulated feeds go to CARTWRIGHT_HOME/feeds; unset CARTWRIGHT_FEEDS, or choose another home")
    simulate(settings.home, patients=patients, seed=DEFAULT_SEED if seed is None else seed, sites=sites, until=until)
