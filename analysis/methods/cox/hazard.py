"""Baseline hazard and predicted survival of a Cox fit, with the fit's own handling of ties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cartwright.analysis.counted import counted
from cartwright.analysis.methods.cox.design import expand
from cartwright.analysis.methods.cox.likelihood import tie_sums
from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.input_checks import SAME_TIME

if TYPE_CHECKING:
    from cartwright.analysis.methods.cox.fit import CoxFit

LARGEST_ETA = 700.0  # exp of more is no number


def baseline_hazard(fit: CoxFit) -> pd.DataFrame:
    """Cumulative hazard per stratum and event time at the covariate means: columns stratum, time, cumulative_hazard."""
    sets = fit.risk_sets
    sums = sets.sums(fit.beta)
    shift = sets.eta(fit.beta).max(initial=-np.inf)
    step = tie_sums(sums, fit.ties).a1 * np.exp(-shift)
    total = np.empty_like(step)
    for block in sets.blocks:
        total[block] = np.cumsum(step[block])
    return pd.DataFrame({"stratum": sets.strata, "time": sets.times, "cumulative_hazard": total})


def linear_predictor(fit: CoxFit, table: pd.DataFrame) -> np.ndarray:
    """x'beta of new rows, centred as in the fit; every level must have been seen."""
    variables = list(dict.fromkeys(term.variable for term in fit.design.terms))
    columns = []
    for j, term in enumerate(fit.design.terms):
        if term.level:
            seen = {term.reference, *(t.level for t in fit.design.terms if t.variable == term.variable)}
            if strange := set(table[term.variable].astype(str)) - seen:
                raise UnusableData(
                    f"{term.variable}: {counted(len(strange), 'level')} or no value, which the model has not seen"
                )
            columns.append((table[term.variable].astype(str) == term.level).to_numpy(float) - fit.design.means[j])
        else:
            columns.append(expand(table, [term.variable])[0][:, 0] - fit.design.means[j])
    x = np.column_stack(columns)[:, fit.design.is_fitted]
    if np.isnan(x).any():
        raise UnusableData(f"missing values in {', '.join(variables)}")
    return x @ fit.beta


def predicted_survival(fit: CoxFit, table: pd.DataFrame, times: ArrayLike) -> np.ndarray:
    """S(t | x) of an unstratified fit: (rows of table, times). NaN beyond the last observed time.

    Raises UnusableData for a fit with strata, and for one that separates so far that hazards are infinite.
    """
    if len(fit.risk_sets.blocks) > 1:
        raise UnusableData("predicted survival needs a model without strata")
    hazard = baseline_hazard(fit)
    times = np.atleast_1d(np.asarray(times, dtype=float))
    slack = SAME_TIME * max(1.0, float(fit.design.time.mean()))
    steps = np.concatenate([[0.0], hazard["cumulative_hazard"]])
    at = steps[np.searchsorted(hazard["time"].to_numpy(), times + slack, side="right")]
    eta = linear_predictor(fit, table)
    if eta.max(initial=0) > LARGEST_ETA:
        raise UnusableData("a coefficient has run off to infinity (separation): nothing can be predicted from it")
    survival = np.exp(-np.outer(np.exp(eta), at))
    survival[:, times > fit.design.time.max() + slack] = np.nan
    return survival
