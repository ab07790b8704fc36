"""Whole nights killed at any moment: nothing is lost, doubled or half, nothing stays, the next night needs no repair.

`kill -9` of all processes of a night, or of its first process alone, whose children must then end by themselves. Some
houses are killed several nights in a row. The night after it, left alone, must end in the house that was never killed.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.semaphores import abandoned
from cartwright.warehouse.settings import Settings
from killed_nights import Nights, Trial, complete_release, held, inexact, ingredients, left_over, outlived

pytestmark = [pytest.mark.slow, pytest.mark.timeout(4 * 3600)]


class Due:
    """What the house that was never killed holds and shows, and when the parts of its night ended."""

    def __init__(self, nights: Nights, name: str) -> None:
        home, self.ends = nights.never_killed(name)
        settings = nights.settings(home)
        self.release, self.ingredients = complete_release(settings), ingredients(settings)
        self.held = held(settings)
        assert self.release != nights.yesterday
        assert inexact(settings) == []


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    return Nights(tmp_path_factory.mktemp("nights"))


def test_a_night_killed_at_any_moment_loses_nothing_and_needs_no_repair(nights, tmp_path, size, tell):
    count = size(2, 100)
    names = size(["noticed"], ["dated", "noticed"])
    due = {name: Due(nights, name) for name in names}
    draw = random.Random(count)
    # Every part of a night, and before it begins to work, as often as it is long.
    moments = draw.sample([(part + draw.random()) / count for part in range(count)], count)
    trials = [moments[:2]] if count == 2 else _in_trials(moments)

    def one(number: int) -> Trial:
        name = names[number // 2 % len(names)]
        trial = tried(nights, tmp_path / f"house{number}", name, due[name], trials[number], number, tell)
        tell(f"house {number} ({name}), killed after: {', '.join(trial.met)}; wrong: {trial.wrong or 'nothing'}")
        return trial

    with ThreadPoolExecutor(size(1, 2)) as two:
        done = list(two.map(one, range(len(trials))))
    met = Counter(place for trial in done for place in trial.met)
    wrong = [f"house {number}: {each}" for number, trial in enumerate(done) for each in trial.wrong]
    left = sum(trial.semaphores for trial in done)
    tell(
        f"{met.total()} kills in {len(trials)} houses, in {len(met)} parts of a night; {left} semaphores left that the "
        f"doctor names; {len(wrong)} things wrong"
    )
    assert wrong == []
    assert met.total() == count


def _in_trials(moments: list[float]) -> list[list[float]]:
    """Of ten kills one in a house of its own, nine in a row."""
    found, rest = [], list(moments)
    while rest:
        for length in (1, 9):
            found += [rest[:length]] if rest else []
            del rest[:length]
    return found


def tried(
    nights: Nights,
    home: Path,
    name: str,
    due: Due,
    moments: list[float],
    number: int,
    tell: Callable[[str], None],
) -> Trial:
    """A copy of the house: killed at these parts of a night, then left alone. Each kill is told at once."""
    trial, settings = Trial(), nights.settings(nights.copy(name, home))
    for each, moment in enumerate(moments):
        is_group = (number + each) % 2 == 0
        while (met := nights.broken_off(home, moment * due.ends[-1], due.ends, is_group)) is None:
            moment *= 0.9  # that night was over before
        trial.met.append(f"{met}{'' if is_group else ' (its first process)'}")
        trial.wrong += [f"process {each} outlived it" for each in outlived(home)]
        left = {path for path in nights.opened[home] if path.exists()}
        trial.wrong += [f"the doctor overlooks {len(left)} semaphores"] * (not left <= {*abandoned(grace=-1)})
        trial.semaphores += len(left)
        trial.wrong += not_whole(settings, nights.yesterday, due)
        tell(
            f"house {number}, kill {each + 1} of {len(moments)}: after {trial.met[-1]}; {len(trial.wrong)} things wrong"
        )
    code, said = nights.night(home)
    if code:
        trial.wrong.append(f"it needs a repair: {said[-2000:]}")
        return trial
    found = held(settings)
    differ = sorted(table for table in found.keys() | due.held.keys() if found.get(table) != due.held.get(table))
    trial.wrong += [f"it differs in {', '.join(differ)}"] * bool(differ)
    trial.wrong += not_whole(settings, None, due) + inexact(settings) + left_over(settings)
    if name == "dated" and complete_release(settings) != due.release:
        trial.wrong.append("its release has another id")
    if not trial.wrong:
        shutil.rmtree(home)
    return trial


def not_whole(settings: Settings, yesterday: str | None, due: Due) -> list[str]:
    """A reader finds yesterday's release or tonight's, whole."""
    try:
        seen = complete_release(settings)
    except (AssertionError, OSError, duckdb.Error) as error:
        return [f"a reader finds no whole release: {error}"]
    is_known = seen == yesterday or ingredients(settings) == due.ingredients
    return [] if is_known else ["a reader finds another release"]
