"""Semaphores of killed processes are found and removed; those that somebody has open are left alone."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

from cartwright.warehouse import process, semaphores
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.upkeep.doctor_rights import left_behind

KILLED = """
import multiprocessing, os, signal
lock = multiprocessing.get_context("spawn").Lock()
print(lock._semlock.name, flush=True)
os.killpg(0, signal.SIGKILL)
"""


def left_by_a_kill() -> Path:
    """The semaphore of a process that was killed together with all that it had started."""
    said = subprocess.run([sys.executable, "-c", KILLED], start_new_session=True, capture_output=True, text=True)
    path = semaphores.SHARED_MEMORY / f"sem.{said.stdout.strip().removeprefix('/')}"
    assert path.exists()
    return path


def test_what_a_killed_process_left_is_found_once_it_is_old() -> None:
    path = left_by_a_kill()
    try:
        assert path not in semaphores.abandoned()
        os.utime(path, (0, 0))
        assert path in semaphores.abandoned()
    finally:
        path.unlink()


def test_what_a_living_process_has_open_is_left_alone() -> None:
    lock = multiprocessing.get_context("spawn").Lock()
    path = semaphores.SHARED_MEMORY / f"sem.{lock._semlock.name.removeprefix('/')}"
    os.utime(path, (0, 0))
    assert path not in semaphores.abandoned()
    assert path.exists()


def test_the_doctor_names_what_was_left_and_removes_it(tmp_path: Path) -> None:
    path = left_by_a_kill()
    os.utime(path, (0, 0))
    (found,) = [each for each in left_behind(Settings(home=tmp_path)) if "semaphore" in each.words]
    assert found.is_problem
    found.fix()
    assert not path.exists()


def test_the_next_night_removes_what_was_left() -> None:
    path = left_by_a_kill()
    os.utime(path, (0, 0))
    process.start_process().shutdown()
    assert not path.exists()
