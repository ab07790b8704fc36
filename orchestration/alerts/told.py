"""What was told already, in a file beside Dagster's: each ended night once, each lasting trouble when it begins."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartwright.warehouse.settings import Settings

KEPT_RUNS = 200


@dataclass
class Told:
    """`runs`: ids of nights that were told of; `house`: keys of troubles of the house that last; `feeds`: what the last
    night noticed about its feeds; `digest`: day of the last one; `wait_until`: seconds of the clock before which
    nothing is tried again."""

    runs: list[str] = field(default_factory=list)
    house: list[str] = field(default_factory=list)
    feeds: list[dict] = field(default_factory=list)
    digest: str = ""
    wait_until: float = 0


@contextmanager
def told(settings: Settings) -> Iterator[Told | None]:
    """What was told, to be read and changed; kept when the block ends. None while another process is telling."""
    folder = settings.dagster_home
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "told.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        path = folder / "told.json"
        state = _read(path)
        yield state
        state.runs = state.runs[-KEPT_RUNS:]
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.write_text(json.dumps(asdict(state)), encoding="utf-8")
        aside.replace(path)


def _read(path: Path) -> Told:
    """An unreadable file counts as nothing told: better twice than never."""
    try:
        return Told(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Told()
