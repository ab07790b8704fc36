"""What `cartwright audit` prints: verdicts of the current release, or one claim with its arithmetic. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console

from cartwright.orchestration.commands.shell.wrapped import wrapped
from cartwright.warehouse import connect
from cartwright.warehouse.counted import counted
from cartwright.warehouse.not_found import UnknownName

if TYPE_CHECKING:
    import pandas as pd

    from cartwright.warehouse.study.place import StudyPlace

COLUMNS = ("claim_id", "verdict", "distance", "printed", "ours", "method")
WIDTH = 160  # of what is written to a file or another program


def show_audit(place: StudyPlace, verdict: str | None, section: str | None) -> None:
    """Counts by verdict and by stage, then the claims: those asked for, else the ones that are not reproduced.

    Raises UnknownName for a verdict or a section that there is not.
    """
    from cartwright.analysis.audit.page import STAGE_NAMES, words
    from cartwright.analysis.audit.summary import OPEN, attained, by_verdict
    from cartwright.analysis.report.wording import percent

    audit = _read(place)
    console = _console()
    if audit.empty:
        console.print("This study has no file of printed figures: there is nothing to audit.")
        return
    counts = by_verdict(audit)
    _demand("verdict", verdict, counts)
    _demand("section", section, audit["section"])
    console.print(
        f"[bold]{counted(len(audit), 'printed figure')}[/]: " + ", ".join(f"{n} {words(v)}" for v, n in counts.items())
    )
    for part in attained(audit):
        share = "none open" if part.share is None else f"{percent(part.share)} % reproduced"
        console.print(f"  {STAGE_NAMES[part.name]}: {part.reproduced} of {part.open} open, {share}")
    wanted = (verdict,) if verdict else tuple(v for v in counts if v not in (OPEN[0], "declared"))
    shown = audit[audit["verdict"].isin(wanted if verdict or not section else tuple(counts))]
    if section:
        shown = shown[shown["section"] == section]
    rows = [[_cell(cell) for cell in row] for row in shown[list(COLUMNS)].itertuples(index=False)]
    for line in wrapped(COLUMNS, rows, console.width):
        console.print(line, markup=False, soft_wrap=True)
    console.print("Why: cartwright audit --claim ID", markup=False)


def _cell(cell: object) -> str:
    if cell is None or cell != cell:
        return ""
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def show_claim(place: StudyPlace, claim_id: str) -> bool:
    """Everything about one claim, with the arithmetic of every finding that names it. False when there is no such."""
    audit = _read(place)
    found = audit[audit["claim_id"] == claim_id]
    console = _console()
    if found.empty:
        near = [name for name in audit["claim_id"] if claim_id in name]
        console.print(f"no claim {claim_id}; " + (f"did you mean {', '.join(near[:8])}?" if near else "see --section"))
        return False
    for name, cell in found.iloc[0].items():
        for line in ("" if cell is None or cell != cell else str(cell)).split("\n"):
            console.print(f"{name:<22}{line}", markup=False, soft_wrap=True)
            name = ""
    return True


def _demand(kind: str, asked: str | None, known: Iterable[str]) -> None:
    if asked is not None and asked not in set(known):
        raise UnknownName(f"no {kind} {asked}; there are {', '.join(dict.fromkeys(known))}")


def _read(place: StudyPlace) -> pd.DataFrame:
    with connect.open_release(place.current_db) as con:
        return con.execute("SELECT * FROM results.claims_audit").df()


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)
