"""Does response predict survival? Without giving responders the time they had to live to respond.

Landmark method: Anderson, Cain & Gelber (1983) J Clin Oncol 1:710. Response as a time-dependent covariate: Mantel &
Byar (1974) JASA 69:81. Both replace the comparison of responders with non-responders, biased in favour of response.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.input_checks import checked_survival, require_one_row_per_subject


def landmark_groups(table: pd.DataFrame, day: float, duration: str, event: str, response: str) -> pd.DataFrame:
    """Subjects still followed after `day`, with `landmark_duration` counted from it and `has_responded` by it.

    response: days from time zero to the first response, missing if never. Later responses count as none.
    """
    checked_survival(table[duration], table[event])
    if day < 0:
        raise UnusableData("a landmark lies at or after time zero")
    kept = table[table[duration] > day]
    return kept.assign(
        landmark_duration=kept[duration] - day, has_responded=(kept[response] <= day).fillna(False).astype(int)
    )


def response_rows(table: pd.DataFrame, subject: str, duration: str, event: str, response: str) -> pd.DataFrame:
    """Start-stop rows in which `has_responded` turns from 0 to 1 on the response day.

    For `cox(rows, ["has_responded", ...], duration="stop", event="event", entry="start", subject=...)`. A subject whose
    follow-up ends on day 0 is never under observation and is left out.
    """
    require_one_row_per_subject(table[subject])
    data = checked_survival(table[duration], table[event])
    day = table[response].to_numpy(dtype=float, na_value=np.nan)
    whole = table.reset_index(drop=True).assign(start=0.0, stop=data.time, event=data.event, has_responded=0)
    never = np.isnan(day) | (day >= data.time)
    early = ~never & (day <= 0)
    split = ~never & (day > 0)
    parts = [
        whole[never],
        whole[early].assign(has_responded=1),
        whole[split].assign(stop=day[split], event=False),
        whole[split].assign(start=day[split], has_responded=1),
    ]
    rows = pd.concat(parts)
    rows = rows[rows["stop"] > rows["start"]].sort_values("start", kind="stable").sort_index(kind="stable")
    return rows.reset_index(drop=True)
