"""The audit as the report shows it: tallies, and one row a claim with ours beside the print."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cartwright.analysis.audit.summary import attained, by_verdict
from cartwright.analysis.audit.verdict import MEANINGS
from cartwright.analysis.counted import counted
from cartwright.analysis.report.table import Cell, Row, Table
from cartwright.analysis.report.wording import percent

STAGE_NAMES = {
    "all": "All compared claims",
    "counts": "Stage 1: counts and quantiles",
    "times": "Stage 2: times to event",
    "univariable": "Stage 3: univariable models",
    "multivariable": "Stage 4: multivariable models",
    "no target": "Not aimed at",
}
SHOWN = (
    "claim_id",
    "section",
    "quantity",
    "printed",
    "ours",
    "method",
    "verdict",
    "distance",
    "reason",
    "findings",
)


def page(audit: pd.DataFrame | None) -> dict[str, Any] | None:
    """What the template of the audit reads: tables, rows, verdicts, sections, csv. None without claims."""
    if audit is None or audit.empty:
        return None
    rows = audit[list(SHOWN)].fillna("").to_dict("records")
    for row in rows:
        row["distance"] = "" if row["distance"] == "" else f"{row['distance']:g}"
    return {
        "tables": [_verdicts(audit), _stages(audit)],
        "rows": rows,
        "verdicts": [verdict for verdict, count in by_verdict(audit).items() if count],
        "sections": list(dict.fromkeys(audit["section"])),
        "csv": audit.to_csv(index=False),
    }


def words(verdict: str) -> str:
    """A verdict as a reader sees it."""
    return verdict.replace("_", " ")


def _verdicts(audit: pd.DataFrame) -> Table:
    rows = [
        Row(words(verdict), [Cell(str(count)), Cell(MEANINGS[verdict])]) for verdict, count in by_verdict(audit).items()
    ]
    columns = [Cell("Verdict"), Cell("Claims"), Cell("Meaning")]
    return Table(f"The {counted(len(audit), 'printed figure')} by verdict", columns, rows)


def _stages(audit: pd.DataFrame) -> Table:
    rows = [
        Row(
            STAGE_NAMES[part.name],
            [
                Cell(str(part.claims)),
                Cell(str(part.open)),
                Cell(str(part.reproduced)),
                Cell(str(part.close)),
                Cell(str(part.differs)),
                Cell("" if part.share is None else f"{percent(part.share)} %"),
            ],
        )
        for part in attained(audit)
    ]
    names = ("Claims", "Compared", "Of these open", "Reproduced", "Close", "Differs", "Reproduced of open")
    note = "Open: coherent in print and computable here; what is truncated, suspicious or incoherent is left out."
    return Table("Share reproduced, by stage of the calibration", [Cell(name) for name in names], rows, [note])
