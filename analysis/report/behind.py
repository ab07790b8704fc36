"""The data behind an output as CSV: what its figure draws, else its tables as shown, else its result rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cartwright.analysis.report import layouts
from cartwright.analysis.report.table import Table, to_csv
from cartwright.analysis.report.view import Shown, View

if TYPE_CHECKING:
    from pandas import DataFrame

DRAWN = ("curve", "subject", "change", "point")  # result tables that exist to be drawn


def of_figures(results: dict[str, DataFrame], outputs: Iterable[dict[str, Any]]) -> dict[str, str]:
    """CSV text of every output of kind figure, by output id."""
    view = View(results, outputs)
    return {
        output["output_id"]: csv_of(view, output["output_id"], layouts.of_output(view, output["output_id"]))
        for output in view.outputs
        if output["kind"] == "figure"
    }


def csv_of(view: View, output_id: str, tables: list[Table]) -> str:
    """CSV text with a header line; a figure of several analyses gives the rows of all."""
    import pandas as pd

    analyses = view.of_output(output_id)
    for part in DRAWN:
        frames = [getattr(shown, part) for shown in analyses if not getattr(shown, part).empty]
        if frames:
            return pd.concat(frames).to_csv(index=False)
    if tables:
        return "\n".join(to_csv(table) for table in tables)
    behind = [source for shown in analyses for source in _computed(view, shown)]
    return pd.DataFrame([vars(row) for shown in behind for row in shown.ard]).to_csv(index=False)


def _computed(view: View, shown: Shown) -> list[Shown]:
    """The analysis itself, or, of a mere view (a forest), the analyses that it shows, as far as tonight has them."""
    if shown.kind != "forest":
        return [shown]
    return [view.analyses[name] for name in shown.options["sources"] if name in view.analyses]
