"""Fine and Gray's subdistribution hazards as a weighted Cox fit.

Fine & Gray (1999) JASA 94:496; weights by Geskus (2011) Biometrics 67:39, as R's finegray().
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cartwright.analysis.methods.cox.fit import CoxFit, cox
from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.survival.competing import checked_causes


def fine_gray(
    table: pd.DataFrame,
    covariates: Sequence[str],
    duration: str = "duration",
    cause_column: str = "cause",
    cause: int = 1,
    confidence: float = 0.95,
) -> CoxFit:
    """Subdistribution hazards of `cause`: `hr` in the coefficients is the subdistribution hazard ratio.

    Robust variance by subject (the estimated censoring weights are taken as known, as R's finegray + coxph).
    """
    covariates = [covariates] if isinstance(covariates, str) else list(covariates)
    if absent := [c for c in [duration, cause_column, *covariates] if c not in table]:
        raise UnusableData(f"no column {', '.join(absent)}")
    rows = fine_gray_rows(table[duration], table[cause_column], cause)
    expanded = table.iloc[rows["row"]][covariates].reset_index(drop=True)
    expanded = expanded.join(rows.add_prefix("_fg_"))
    fit = cox(
        expanded,
        covariates,
        "_fg_stop",
        "_fg_event",
        entry="_fg_start",
        weights="_fg_weight",
        cluster="_fg_row",
        confidence=confidence,
    )
    method = "fine-gray, robust variance"
    coefficients = fit.coefficients.assign(method=method)
    return replace(fit, tabulate=lambda: coefficients, method=method, n=len(table))


def fine_gray_rows(durations: ArrayLike, causes: ArrayLike, cause: int = 1) -> pd.DataFrame:
    """Subjects with a competing event stay at risk with weight G(t-)/G(T-), G the survival of censoring: start-stop
    rows (row, start, stop, event, weight). Censoring at an event time is taken to happen just after it. All
    begin before 0, so that an event at 0 finds everybody at risk."""
    time, state = checked_causes(durations, causes)
    base = pd.DataFrame(
        {"row": np.arange(time.size), "start": -1.0, "stop": time, "event": state == cause, "weight": 1.0}
    )
    last = time[state == cause].max(initial=-np.inf)
    others = np.flatnonzero((state > 0) & (state != cause) & (time < last))
    if not others.size:
        return base
    drops = np.unique(time[(state == 0) & (time < last)])  # G falls just after each of these
    at_risk_after = np.array([(time > t).sum() + ((time == t) & (state == 0)).sum() for t in drops], dtype=float)
    falls = np.array([((time == t) & (state == 0)).sum() for t in drops]) / at_risk_after
    g = np.concatenate([[1.0], np.cumprod(1 - falls)])  # g[j]: G on (drops[j-1], drops[j]]
    extra = []
    for i in others:
        first = int(np.searchsorted(drops, time[i], side="left"))
        edges = np.concatenate([[time[i]], drops[first:][drops[first:] > time[i]], [last]])
        level = np.searchsorted(drops, edges[1:], side="left")
        extra.append(
            pd.DataFrame(
                {"row": i, "start": edges[:-1], "stop": edges[1:], "event": False, "weight": g[level] / g[first]}
            )
        )
    return pd.concat([base, *extra], ignore_index=True)
