"""A process beside another one ends with it."""

from __future__ import annotations

import multiprocessing
import os

from warehouse.process import start_process

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
