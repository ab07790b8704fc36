"""How good will the model be on new patients? Concordance and calibration slope corrected for optimism by bootstrap.

Harrell, Lee & Mark (1996) Stat Med 15:361, section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cartwright.analysis.methods.cox.concordance import concordance_of
from cartwright.analysis.methods.cox.fit import CoxFit, cox
from cartwright.analysis.methods.cox.hazard import linear_predictor
from cartwright.analysis.methods.estimate import Drawn, UnusableData
from cartwright.analysis.methods.sensitivity.resample import bootstrap


@dataclass(frozen=True)
class Optimism:
    """`slope` below 1: predictions are too extreme and should be shrunk by about that factor."""

    apparent: float
    optimism: float
    corrected: float
    slope: float
    replicates: int
    method: str
    flag: str = ""
    drawn: Drawn | None = None  # of the optimism and so of what is corrected by it
    slope_drawn: Drawn | None = None


def optimism(
    table: pd.DataFrame,
    covariates: Sequence[str],
    duration: str = "duration",
    event: str = "event",
    replicates: int = 200,
    seed: int = 20220831,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Optimism:
    """Refit on each bootstrap sample, score it on that sample and on the original; the mean gap is the optimism."""
    covariates = [covariates] if isinstance(covariates, str) else list(covariates)
    complete = table.dropna(subset=covariates).reset_index(drop=True)

    def concordance(fit: CoxFit, part: pd.DataFrame) -> float:
        return concordance_of(part[duration], part[event], linear_predictor(fit, part)).value

    def statistic(part: pd.DataFrame) -> np.ndarray:
        fit = cox(part, covariates, duration, event, firth=False)
        if not (fit.converged and fit.design.is_fitted.all()):
            raise UnusableData("model cannot be fitted")
        score = complete.assign(_score=linear_predictor(fit, complete))
        slope = cox(score, "_score", duration, event, firth=False).beta[0]
        return np.array([concordance(fit, part) - concordance(fit, complete), slope])

    apparent = concordance(cox(complete, covariates, duration, event, firth=False), complete)
    drawn = bootstrap(complete, statistic, replicates, seed, progress=progress)
    (gap, slope), errors = drawn.mean()
    of_gap, of_slope = (Drawn(drawn.draws, drawn.failed, float(error)) for error in errors)
    return Optimism(
        apparent,
        float(gap),
        apparent - float(gap),
        float(slope),
        replicates,
        f"harrell c, optimism by bootstrap {replicates}",
        drawn.flag,
        of_gap,
        of_slope,
    )
