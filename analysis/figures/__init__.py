"""Figures from results, as stand-alone SVG with a title and a description for screen readers.

One module a form of figure, each with `draw(view, shown) -> Drawing`; the plan names the form in `options.figure`.
Colours are Okabe & Ito's; line styles, hatches and markers carry the same information for grey print.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cartwright.analysis.plan.definition import PlanError
from cartwright.analysis.report.view import View

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pandas import DataFrame

    from cartwright.analysis.figures.canvas import Drawing

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


def draw(
    results: dict[str, DataFrame], outputs: Iterable[dict[str, Any]], beside: Executor | None = None
) -> dict[str, bytes]:
    """SVG of every output of kind figure, by output id; with `beside`, every other one is drawn by that process.

    Raises PlanError when no analysis names a figure form.
    """
    outputs = list(outputs)
    figures = [output["output_id"] for output in outputs if output["kind"] == "figure"]
    if beside is None:
        return _drawn(results, outputs, figures)
    elsewhere = beside.submit(_drawn, results, outputs, figures[1::2])
    drawn = _drawn(results, outputs, figures[::2]) | elsewhere.result()
    return {output_id: drawn[output_id] for output_id in figures}


def _drawn(results: dict[str, DataFrame], outputs: list[dict[str, Any]], wanted: list[str]) -> dict[str, bytes]:
    from cartwright.analysis.figures.canvas import style

    view = View(results, outputs)
    with style():
        return {output["output_id"]: _one(view, output) for output in outputs if output["output_id"] in wanted}


def prints(view: View) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Output id and its figure as PDF and PNG, one output after the other."""
    from cartwright.analysis.figures.canvas import style, to_print

    for output in view.outputs:
        if output["kind"] == "figure":
            with style():
                yield output["output_id"], to_print(_drawing(view, output))


def _one(view: View, output: dict[str, Any]) -> bytes:
    from cartwright.analysis.figures.canvas import to_svg

    return to_svg(_drawing(view, output), output["output_id"], output["title"])


def _drawing(view: View, output: dict[str, Any]) -> Drawing:
    shown = next((shown for shown in view.of_output(output["output_id"]) if "figure" in shown.options), None)
    if shown is None or shown.options["figure"] not in FORMS:
        raise PlanError(f"output {output['output_id']}: no analysis names a figure form out of {FORMS}")
    return import_module(f".{shown.options['figure']}", __package__).draw(view, shown)
