"""Figures from results, as stand-alone SVG with a title and a description for screen readers.

One module a form of figure, each with `draw(view, shown) -> Drawing`; the plan names the form in `options.figure`.
Colours are Okabe & Ito's; line styles, hatches and markers carry the same information for grey print.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..plan import PlanError
from ..view import View

if TYPE_CHECKING:
    from pandas import DataFrame

FORMS = (
    "adjusted", "bars", "box", "cumulative_incidence", "flow", "forest", "interval", "km", "love", "profile",
    "proportionality", "ratios", "spider", "subgroups", "swimmer", "waterfall",
)  # fmt: skip


def draw(results: dict[str, DataFrame], outputs: Iterable[dict[str, Any]]) -> dict[str, bytes]:
    """SVG of every output of kind figure, by output id. Raises PlanError when no analysis names a figure form."""
    from .canvas import style

    view = View(results, outputs)
    with style():
        return {output["output_id"]: _one(view, output) for output in view.outputs if output["kind"] == "figure"}


def _one(view: View, output: dict[str, Any]) -> bytes:
    from .canvas import to_svg

    shown = next((shown for shown in view.of_output(output["output_id"]) if "figure" in shown.options), None)
    if shown is None or shown.options["figure"] not in FORMS:
        raise PlanError(f"output {output['output_id']}: no analysis names a figure form out of {FORMS}")
    drawing = import_module(f".{shown.options['figure']}", __package__).draw(view, shown)
    return to_svg(drawing, output["output_id"], output["title"])
