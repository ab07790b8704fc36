"""Tables of the report as files of their own: CSV, as spreadsheets read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cartwright.analysis.report import layouts
from cartwright.analysis.report.table import to_csv
from cartwright.analysis.report.view import View

if TYPE_CHECKING:
    from pandas import DataFrame


def tables(results: dict[str, DataFrame], outputs: Iterable[dict[str, Any]]) -> dict[str, bytes]:
    """Output id -> its tables as the report shows them, one below the other, each below its caption; UTF-8 with a mark
    that spreadsheets know."""
    view = View(results, outputs)
    laid_out = {output["output_id"]: layouts.of_output(view, output["output_id"]) for output in view.outputs}
    return {
        output_id: "\n".join(f"{table.caption}\n{to_csv(table)}" for table in found).encode("utf-8-sig")
        for output_id, found in laid_out.items()
        if found
    }
