"""What a release holds beside its page: each figure as PDF and PNG, each table as CSV."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartwright.analysis.figures import prints
from cartwright.analysis.report import layouts
from cartwright.analysis.report.table import to_csv
from cartwright.analysis.report.view import View

if TYPE_CHECKING:
    from pandas import DataFrame

DRAWN = ("pdf", "png")


def write(results: dict[str, DataFrame], outputs: Iterable[dict[str, Any]], figures: Path, tables: Path) -> None:
    """Write `<output_id>.pdf` and `.png` into the one folder, the tables of each output as `.csv` into the other."""
    view = View(results, outputs)
    for output in view.outputs:
        name = output["output_id"]
        if laid_out := layouts.of_output(view, name):
            text = "\n".join(f"{table.caption}\n{to_csv(table)}" for table in laid_out)
            (tables / f"{name}.csv").write_text(text, encoding="utf-8-sig")
    for name, files in prints(view):
        for form, content in files.items():
            (figures / f"{name}.{form}").write_bytes(content)


def missing(outputs: Iterable[str], figures: Path) -> list[str]:
    """Files of these figures that are not there."""
    names = [f"{name}.{form}" for name in outputs for form in DRAWN]
    return [name for name in names if not (figures / name).is_file()]
