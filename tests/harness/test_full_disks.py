"""A disk that is full, a folder that may not be written, in the middle of everything that a house does.

Each is refused in words that name what is wrong and where; nothing is lost; a reader finds yesterday's release or
tonight's, whole; once there is room again the same is done again and ends where it ends without trouble.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cartwright.warehouse.disk import in_words
from cartwright.warehouse.settings import Settings
from scenes import SCENES, apart, prepare, state, whole_release
from troubled_disks import (
    become_nobody,
    can_mount,
    disk,
    fill,
    first,
    free,
    read_only,
    remount,
    short_files,
    used,
)

SIZE = 64 << 20


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    if not can_mount(folder / "probe"):
        pytest.skip("a full disk needs a file system of its own: only root outside of locked-down containers may mount")
    (folder / "probe").rmdir()
    code, said = apart(lambda: prepare(folder))
    assert code == 0, said
    return folder


@pytest.fixture
def house(template: Path, tmp_path: Path) -> Iterator[Path]:
    """The prepared house on a disk of its own."""
    folder = tmp_path / "disk"
    with disk(folder, SIZE):
        shutil.copytree(template, folder, symlinks=True, dirs_exist_ok=True)
        yield folder


@pytest.mark.parametrize("scene", SCENES)
def test_trouble_with_the_disk_loses_nothing_and_is_told(template, house, size, tell, scene):
    deed = SCENES[scene]
    at_first, before = whole_release(Settings(home=house / "house").places()[0].current_db), used(house)
    code, said = apart(lambda: deed(house))
    assert code == 0, said
    due, growth = state(house, scene), used(house) - before
    tried, wrong = 0, []
    chosen = list(troubles(house, growth).items())
    for name, trouble in chosen[:: size(4, 1)]:
        for path in house.iterdir():
            shutil.rmtree(path)
        shutil.copytree(template, house, symlinks=True, dirs_exist_ok=True)
        with ExitStack() as until_mended:
            code, said = apart(trouble(deed, until_mended))
            words = in_words(said, Settings(home=house / "house"))  # asks the disk as it is now
        if code == 0:
            continue  # it fitted, or that folder is not needed
        tried += 1
        wrong += [f"{name}: not told which folder: {words or said}"] * (f" in {house}" not in (words or ""))
        if scene != "bring_back":
            seen = whole_release(Settings(home=house / "house").places()[0].current_db)
            wrong += [f"{name}: a reader found another release"] * (seen not in (at_first, due["current"]))
        code, said = apart(lambda: deed(house))
        if code:
            wrong.append(f"{name}: it needs a repair: {said}")
        elif (found := state(house, scene)) != due:
            wrong.append(f"{name}: differs in {[each for each in due if found[each] != due[each]]}")
    tell(f"{tried} troubles, {len(wrong)} with a loss or a repair")
    assert wrong == []
    assert tried >= size(1, 5)


Deed = Callable[[Path], object]
Trouble = Callable[[Deed, ExitStack], Callable[[], object]]


def troubles(house: Path, growth: int) -> dict[str, Trouble]:
    """What may be wrong with the disk of a house, by name; each ends with its stack."""

    def full(left: int) -> Trouble:
        def trouble(deed: Deed, until: ExitStack) -> Callable[[], object]:
            fill(house, left)
            until.callback(free, house)
            return lambda: deed(house)

        return trouble

    def whole_disk(deed: Deed, until: ExitStack) -> Callable[[], object]:
        remount(house, "ro")
        until.callback(remount, house, "rw")
        return lambda: deed(house)

    def folder(*names: str) -> Trouble:
        def trouble(deed: Deed, until: ExitStack) -> Callable[[], object]:
            for name in names:
                if (house / name).exists():
                    until.enter_context(read_only(house / name))
            return lambda: deed(house)

        return trouble

    def limit(most: int) -> Trouble:
        return lambda deed, until: first(lambda: short_files(most), lambda: deed(house))

    def nobody(deed: Deed, until: ExitStack) -> Callable[[], object]:
        return first(become_nobody, lambda: deed(house))

    return {
        **{f"{part}/8 of the room": full(growth * part // 8) for part in (0, 1, 3, 5)},
        "disk read-only": whole_disk,
        "restricted read-only": folder("house/restricted"),
        "releases read-only": folder("house/studies"),
        "files of 4 KiB": limit(4 << 10),
        "files of 300 KiB": limit(300 << 10),
        "another user": nobody,
    }
