"""A second process for half of what is computed: the statistics that draw at random, every other figure.

Started while a gate is asked, as its imports take seconds; a step that finds none starts it.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib import import_module
from multiprocessing import get_context


@cache
def executor() -> ProcessPoolExecutor:
    """The process; it lives as long as this one."""
    return ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))


def warm_up() -> None:
    """Start it with its imports; returns at once."""
    executor().submit(_import_statistics)


def _import_statistics() -> None:
    for name in (
        *("analysis.run", "analysis.sensitivity", "analysis.figures", "scipy.stats", "statsmodels.api"),
        *("matplotlib.figure", "matplotlib.backends.backend_svg"),
    ):
        import_module(name)
