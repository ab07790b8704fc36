"""Killed before any single call that touches the disk or the store: nothing is lost, doubled, half; again is enough.

`kill -9` before the n-th call to the operating system's files or to the database, for each n of each scene. Afterwards
a reader finds yesterday's release or tonight's, whole; the scene played again ends where it ends undisturbed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from cartwright.warehouse.settings import Settings
from scenes import SCENES, apart, fresh, prepare, state, whole_release

_TOUCHING = ("posix", "_io", "duckdb", "_duckdb", "fcntl")


def counted(deed: Callable[[], object], deadly: int | None, told: Path | None) -> None:
    """Do it; before the call of this number the process dies. `told` gets the place of each: file, line, function."""
    seen: list[tuple[str, int, str]] = []

    def watch(frame: FrameType, event: str, function: object) -> None:
        if event == "c_call" and _touches(function):
            seen.append((frame.f_code.co_filename, frame.f_lineno, function.__name__))
            if len(seen) == deadly:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)
    try:
        deed()
    finally:
        sys.setprofile(None)
    if told is not None:
        told.write_text(json.dumps(seen))


def _touches(function: object) -> bool:
    of = getattr(function, "__module__", None) or type(getattr(function, "__self__", None)).__module__
    return of.split(".")[0] in _TOUCHING and getattr(function, "__name__", "") not in ("fspath", "getpid", "kill")


def drawn(places: list, count: int, draw: random.Random) -> list[int]:
    """Numbers of calls, from 1: first one of each place in the code, for some are called thousands of times."""
    calls = draw.sample(range(len(places)), len(places))
    first = {tuple(places[call]): call for call in calls}
    chosen = [*draw.sample([*first.values()], len(first)), *(set(calls) - {*first.values()})]
    return sorted(call + 1 for call in chosen[:count])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    code, said = apart(lambda: prepare(folder))
    assert code == 0, said
    return folder


@pytest.mark.parametrize("scene", SCENES)
def test_a_kill_before_any_call_loses_nothing(template, tmp_path, size, tell, scene):
    deed, told = SCENES[scene], tmp_path / "calls"
    folder = fresh(template, tmp_path / "try")
    before = whole_release(Settings(home=folder / "house").places()[0].current_db)
    code, said = apart(lambda: counted(lambda: deed(folder), None, told))
    assert code == 0, said
    due, places = state(folder, scene), json.loads(told.read_text())
    chosen = drawn(places, size(8, 250), random.Random(scene))
    wrong = []
    for number in chosen:
        fresh(template, folder)
        code, said = apart(lambda number=number: counted(lambda: deed(folder), number, None))
        if code != -signal.SIGKILL:
            wrong.append(f"call {number}: ended with {code} {said}")
            continue
        if scene != "bring_back":
            seen = whole_release(Settings(home=folder / "house").places()[0].current_db)
            if seen not in (before, due["current"]):
                wrong.append(f"call {number}: a reader found another release")
        code, said = apart(lambda: deed(folder))
        if code != 0:
            wrong.append(f"call {number}: it needs a repair: {said}")
        elif (found := state(folder, scene)) != due:
            wrong.append(f"call {number}: differs in {[name for name in due if found[name] != due[name]]}")
    hit = len({tuple(places[number - 1]) for number in chosen})
    tell(
        f"{len(chosen)} kills, of {len(places)} calls; in {hit} of {len({*map(tuple, places)})} places of the code; "
        f"{len(wrong)} with a loss or a repair"
    )
    assert wrong == []
