"""A process beside another one ends with it."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import time
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path

import pytest

from cartwright.warehouse.process import loading, second_process, start_process

KEPT = []


def _use_another_process() -> None:
    KEPT.append(start_process())
    assert KEPT[0].submit(os.getpid).result() != os.getpid()


def test_a_run_that_is_itself_a_child_ends_although_it_started_a_process():
    run = multiprocessing.get_context("spawn").Process(target=_use_another_process)
    run.start()
    run.join(60)
    ended = run.exitcode
    run.kill()
    assert ended == 0


def _start_and_wait(told) -> None:
    KEPT.append(start_process())
    told.send(KEPT[0].submit(os.getpid).result())
    time.sleep(60)


def test_a_process_ends_with_a_parent_that_is_killed():
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    parent = context.Process(target=_start_and_wait, args=(tell,))
    parent.start()
    child = told.recv()
    os.kill(parent.pid, signal.SIGKILL)
    parent.join()
    try:
        assert _ends(child)
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def test_what_died_with_the_second_process_fails_and_no_more():
    """As where the machine ends it for the memory that one study took: the gates of the next need another."""
    with pytest.raises(BrokenProcessPool):
        second_process().submit(os._exit, 1).result()
    assert second_process().submit(int, "7").result() == 7


def _ends(pid: int) -> bool:
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":  # ended; whoever adopted it has not looked yet
            return True
        time.sleep(0.05)
    return False


def test_what_is_loaded_is_not_looked_through_for_garbage_again():
    before = gc.get_freeze_count()
    with loading():
        assert not gc.isenabled()
        loaded = [[] for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(loaded)
