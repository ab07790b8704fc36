"""Another process for work that may run beside this one, or must not share its libraries."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.util import Finalize


def start_process() -> ProcessPoolExecutor:
    """A pool of one new process, which ends with this one.

    Also where this one is a child of multiprocessing, as Dagster's runs are: such a child waits for its own children
    before it lets a pool go, so without the finalizer neither would ever end.
    """
    pool = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))
    Finalize(None, pool.shutdown, exitpriority=100)
    return pool
