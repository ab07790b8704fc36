"""What a release holds beside its page: each figure in several forms, each table as CSV."""

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

DRAWN = ("svg", "csv", "pdf", "png")
MADE_OF = "made_of"


def write(results: dict[str, DataFrame], outputs: Iterable[dict[str, Any]], folder: Path, made_of: str) -> None:
    """Write the tables of each output as `tables/<output_id>.csv`, each figure as `figures/<output_id>.pdf` and `.png`.

    made_of: names the inputs; it is written last, into the file MADE_OF: where it stands, everything does.
    """
    tables, figures = folder / "tables", folder / "figures"
    view = View(results, outputs)
    for output in view.outputs:
        name = output["output_id"]
        if laid_out := layouts.of_output(view, name):
            text = "\n".join(f"{table.caption}\n{to_csv(table)}" for table in laid_out)
            (tables / f"{name}.csv").write_text(text, encoding="utf-8-sig")
    for name, files in prints(view):
        for form, content in files.items():
            (figures / f"{name}.{form}").write_bytes(content)
    (folder / MADE_OF).write_text(made_of)


def missing(figures: Iterable[str], folder: Path, made_of: str) -> list[str]:
    """What is not there of the files of these inputs: of these figures, or what `write` writes last."""
    names = [f"figures/{name}.{form}" for name in figures for form in DRAWN]
    lost = [name for name in names if not (folder / name).is_file()]
    last = folder / MADE_OF
    return lost if last.is_file() and last.read_text() == made_of else [*lost, MADE_OF]
