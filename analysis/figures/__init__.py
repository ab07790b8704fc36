"""Figures from results, as stand-alone SVG with a title and a description for screen readers.

One module a form of figure, each with `draw(view, shown) -> Drawing`; the plan names the form in `options.figure`.
Colours are Okabe & Ito's; line styles, hatches and markers carry the same information for grey print.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from cartwright.analysis.plan.definition import PlanError
from cartwright.analysis.report.view import View

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pandas import DataFrame

    from cartwright.analysis.figures.canvas import Drawing

Made = TypeVar("Made")

FORMS = (
    "adjusted",
    "bars",
    "box",
    "cumulative_incidence",
    "flow",
    "forest",
    "interval",
    "km",
    "love",
    "profile",
    "proportionality",
    "ratios",
    "schema",
    "spider",
    "subgroups",
    "swimmer",
    "waterfall",
)


def draw(results: dict[str, DataFrame], outputs: Iterable[dict[str, Any]]) -> dict[str, bytes]:
    """SVG of every output of kind figure, by output id. Raises PlanError when no analysis names a figure form."""
    from cartwright.analysis.figures.canvas import to_svg

    return dict(_drawn(results, list(outputs), slice(None), to_svg))


def draw_forms(
    results: dict[str, DataFrame], outputs: Iterable[dict[str, Any]], beside: Executor | None = None
) -> dict[str, dict[str, bytes]]:
    """Each figure as `svg`, `pdf` and `png`, otherwise as `draw`; with `beside`, that process draws every other one."""
    outputs = list(outputs)
    if beside is None:
        return _in_forms(results, outputs, slice(None))
    elsewhere = beside.submit(_in_forms, results, outputs, slice(1, None, 2))
    return _in_forms(results, outputs, slice(None, None, 2)) | elsewhere.result()


def _in_forms(
    results: dict[str, DataFrame], outputs: list[dict[str, Any]], which: slice
) -> dict[str, dict[str, bytes]]:
    from cartwright.analysis.figures.canvas import to_files

    return dict(_drawn(results, outputs, which, to_files))


def _drawn(
    results: dict[str, DataFrame],
    outputs: list[dict[str, Any]],
    which: slice,
    made: Callable[[Drawing, str, str], Made],
) -> Iterator[tuple[str, Made]]:
    from cartwright.analysis.figures.canvas import style

    view = View(results, outputs)
    for output in [output for output in outputs if output["kind"] == "figure"][which]:
        with style():
            yield output["output_id"], made(_drawing(view, output), output["output_id"], output["title"])


def _drawing(view: View, output: dict[str, Any]) -> Drawing:
    shown = next((shown for shown in view.of_output(output["output_id"]) if "figure" in shown.options), None)
    if shown is None or shown.options["figure"] not in FORMS:
        raise PlanError(f"output {output['output_id']}: no analysis names a figure form out of {FORMS}")
    return import_module(f".{shown.options['figure']}", __package__).draw(view, shown)
