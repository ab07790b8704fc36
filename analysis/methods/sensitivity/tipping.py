"""Tipping point: how many early deaths would have to be missing from one group for its advantage to be lost?

Patients who died before they could be treated are not in a treated group; this adds them back, one by one.
"""

from __future__ import annotations

import pandas as pd

from cartwright.analysis.methods.cox.fit import cox
from cartwright.analysis.methods.estimate import UnusableData


def tipping_point(
    table: pd.DataFrame,
    group: str,
    duration: str = "duration",
    event: str = "event",
    death_day: float = 1.0,
    most: int = 15,
    alpha: float = 0.05,
    ties: str = "efron",
) -> pd.DataFrame:
    """Cox hazard ratio of `group` (1 against 0) after adding k = 0..most deaths on `death_day` to group 1.

    Columns: added, hr, ci_low, ci_high, p, is_lost (p >= alpha or the direction has turned), method, flag. The tipping
    point is the first added with is_lost.
    """
    if set(table[group].unique()) != {0, 1}:
        raise UnusableData(f"{group} must be 0 and 1")
    first, rows = None, []
    for added in range(most + 1):
        extra = pd.DataFrame({group: 1, duration: float(death_day), event: True}, index=range(added))
        whole = pd.concat([table[[group, duration, event]].astype({event: bool}), extra]) if added else table
        row = cox(whole, group, duration, event, ties=ties, firth=False).coefficients.iloc[0]
        first = row["hr"] if first is None else first
        is_lost = row["p"] >= alpha or (row["hr"] > 1) != (first > 1)
        rows.append(
            {
                "added": added,
                "hr": row["hr"],
                "ci_low": row["ci_low"],
                "ci_high": row["ci_high"],
                "p": row["p"],
                "is_lost": bool(is_lost),
                "method": f"cox {ties}, deaths added on day {death_day:g}",
                "flag": row["flag"],
            }
        )
    return pd.DataFrame(rows)
