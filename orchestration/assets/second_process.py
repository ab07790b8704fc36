"""What the other process of a night imports for its half of what is computed: the statistics that draw at random, every
other figure. It does so once the first gate has been asked, while models are built.
"""

from __future__ import annotations

from importlib import import_module

from cartwright.warehouse.process import loading, second_process


def warm_up() -> None:
    """Have it import what it needs for them; returns at once."""
    second_process().submit(_import_statistics)


def _import_statistics() -> None:
    with loading():
        for name in (
            *(
                "cartwright.analysis.plan.run",
                "cartwright.analysis.methods.sensitivity",
                "cartwright.analysis.figures",
                "scipy.stats",
                "statsmodels.genmod.generalized_linear_model",
            ),
            *("matplotlib.figure", "matplotlib.backends.backend_svg", "matplotlib.backends.backend_pdf"),
        ):
            import_module(name)
