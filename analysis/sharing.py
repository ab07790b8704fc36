"""Tasks shared between two processes, whatever each of them takes: nobody waits while there is work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor

Task = TypeVar("Task")
Result = TypeVar("Result")


def shared(
    tasks: Sequence[Task], ours: Callable[[Task], Result], theirs: Callable[[Task], Result], beside: Executor
) -> list[Result]:
    """The result of each task, in the order of the tasks; what a task raises.

    The other process takes them from the front, by `theirs`, this one from the back, by `ours`, until they meet.
    beside: an executor of one worker, which does one thing after the other.
    """
    asked = [beside.submit(theirs, task) for task in tasks]
    own: list[Result] = []
    try:
        while len(own) < len(tasks) and asked[-1 - len(own)].cancel():
            own.append(ours(tasks[-1 - len(own)]))
        return [future.result() for future in asked[: len(tasks) - len(own)]] + own[::-1]
    finally:
        for future in asked:
            future.cancel()
