"""Another process for work that may run beside this one, or must not share its libraries."""

from __future__ import annotations

import atexit
import gc
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.util import Finalize
from threading import Thread

from cartwright.warehouse import semaphores


def second_process() -> ProcessPoolExecutor:
    """The other process of a night, started when first asked for; it lives as long as this one.

    Where it died (as of the memory that one study took) there is a new one: what died with it fails, and no more.
    It asks the gates and computes half of the statistics: one, as both import pandas and scipy, and as nothing is
    computed while a gate is asked.
    """
    try:
        _second().submit(int)
    except BrokenProcessPool:
        _second.cache_clear()
    return _second()


@cache
def _second() -> ProcessPoolExecutor:
    return start_process()


def start_process() -> ProcessPoolExecutor:
    """A pool of one new process, which ends with this one, however this one ends.

    Also where this one is a child of multiprocessing, as Dagster's runs are: such a child waits for its own children
    before it lets a pool go, so without the finalizer neither would ever end.
    """
    semaphores.sweep()  # of nights that were killed; this process makes some
    pool = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"), initializer=end_with_parent)
    Finalize(None, pool.shutdown, exitpriority=100)
    return pool


@contextmanager
def loading() -> Iterator[None]:
    """While libraries and definitions are loaded, which stay until the process ends.

    None of it is garbage: the collector does not look for any meanwhile, nor at these objects later, nor at the end at
    what is left. It took a tenth of a night, most of it walking through the same million objects.
    """
    gc.disable()
    atexit.register(gc.freeze)
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def end_with_parent() -> None:
    """For a child process: a killed parent cannot end it, so it waits for that, beside what it does."""
    started_by = os.getppid()
    Thread(target=_wait_for_parent, args=(started_by,), daemon=True).start()


def _wait_for_parent(started_by: int) -> None:
    parent = parent_process()
    if parent is not None:  # a child of multiprocessing: a pipe closes with its parent
        wait([parent.sentinel])
    else:
        with suppress(ProcessLookupError):
            wait([os.pidfd_open(started_by)])
    os._exit(1)
