"""Two audited claims and a report of nothing else."""

from __future__ import annotations

import pandas as pd

from cartwright.analysis.audit.verdict import COLUMNS
from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.report.page import render

ROWS = [
    ("r.os", "text", "os, hr (a v b)", "0.38", "0.376", "o/e", "reproduced", 0, True, "times"),
    ("t1.p", "table1", "bulky, p (a v b)", "p = 0.84", "p = 0.146", "yates", "incoherent", 69, False, ""),
]
REASONS = ("no test gives it", "p_from_counts (incoherent): <16/51>", "os")


def two_claims() -> pd.DataFrame:
    return pd.DataFrame([(*row, *REASONS) for row in ROWS], columns=list(COLUMNS)).astype(COLUMNS)


def rendered(claims: pd.DataFrame | None) -> bytes:
    return render(Collector().tables() | {"claims_audit": claims}, [], {}, {})
