"""A second process for half of what is computed: the statistics that draw at random, every other figure.

Started while a gate is asked, as its imports take seconds; a step that finds none starts it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from cartwright.warehouse.process import start_process

if TYPE_CHECKING:
    from concurrent.futures import Executor


@cache
def executor() -> Executor:
    """The process; it lives as long as this one."""
    return start_process()


def warm_up() -> None:
    """Start it with its imports; returns at once."""
    executor().submit(_import_statistics)


def _import_statistics() -> None:
    for name in (
        *(
            "cartwright.analysis.plan.run",
            "cartwright.analysis.methods.sensitivity",
            "cartwright.analysis.figures",
            "scipy.stats",
            "statsmodels.api",
        ),
        *("matplotlib.figure", "matplotlib.backends.backend_svg"),
    ):
        import_module(name)
