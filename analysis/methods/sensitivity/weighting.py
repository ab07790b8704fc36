"""Propensity-score weights and whether they balance: overlap (ATO), stabilised inverse probability (ATE), ATT.

Li, Morgan & Zaslavsky (2018) JASA 113:390; Robins, Hernan & Brumback (2000) Epidemiology 11:550. Effective sample size:
Kish (1965). Use the weights in `kaplan_meier`, `cox(weights=..., robust=True)` or under `bootstrap`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cartwright.analysis.methods.compare.balance import standardised_difference
from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.input_checks import as_numbers
from cartwright.analysis.methods.logistic import logistic

ESTIMANDS = ("ato", "ate", "att")


@dataclass(frozen=True)
class Weighting:
    """`table`: row, is_treated, propensity, weight of the complete cases. `flag`: why not to trust the propensities."""

    table: pd.DataFrame
    estimand: str
    missing: int
    effective_treated: float
    effective_control: float
    method: str
    flag: str = ""


def propensity_weights(
    table: pd.DataFrame, treated: str, covariates: Sequence[str], estimand: str = "ato", truncate: float = 0.01
) -> Weighting:
    """Weights from a logistic model of `treated` (0/1) on `covariates`.

    ato: overlap weights. ate: stabilised, truncated at the `truncate` and 1 - truncate quantiles. att: treated 1,
    controls odds, truncated likewise. Rows with a missing covariate have no weight and are counted.
    """
    if estimand not in ESTIMANDS:
        raise ValueError(f"estimand must be one of {', '.join(ESTIMANDS)}, not {estimand!r}")
    fit = logistic(table, covariates, treated, firth=False)
    if "outcome never varies" in fit.flags:
        raise UnusableData(f"{treated} does not vary: nothing to weight")
    group = table[treated].to_numpy(float)[fit.rows] == 1
    score = fit.probability
    if not fit.converged or not ((score > 0) & (score < 1)).all():
        raise UnusableData("propensities of 0 or 1: the covariates separate the groups")
    if estimand == "ato":
        weight = np.where(group, 1 - score, score)
    elif estimand == "ate":
        weight = np.where(group, group.mean() / score, (1 - group.mean()) / (1 - score))
    else:
        weight = np.where(group, 1.0, score / (1 - score))
    if estimand != "ato" and truncate > 0:
        weight = np.clip(weight, *np.quantile(weight, [truncate, 1 - truncate]))
    method = {"ato": "overlap weights", "ate": "stabilised inverse probability weights", "att": "att weights"}[estimand]
    flags = [flag for flag in fit.coefficients["flag"].unique() if flag]
    frame = pd.DataFrame({"row": fit.rows, "is_treated": group, "propensity": score, "weight": weight})
    return Weighting(
        frame,
        estimand,
        fit.missing,
        effective_sample_size(weight[group]),
        effective_sample_size(weight[~group]),
        method,
        "; ".join(dict.fromkeys(flags)),
    )


def effective_sample_size(weights: ArrayLike) -> float:
    """(sum w)^2 / sum w^2: how many equally weighted subjects carry as much."""
    weight = as_numbers(weights, "weights")
    return float(weight.sum() ** 2 / (weight**2).sum()) if (weight**2).sum() > 0 else 0.0


def balance(table: pd.DataFrame, weighting: Weighting, covariates: Sequence[str]) -> pd.DataFrame:
    """Standardised differences before and after weighting, over the same rows: variable, before, after, flag."""
    rows, used = [], table.iloc[weighting.table["row"]]
    group, weight = weighting.table["is_treated"], weighting.table["weight"]
    for name in covariates:
        before = standardised_difference(used[name].to_numpy(), group)
        after = standardised_difference(used[name].to_numpy(), group, weight)
        rows.append(
            {
                "variable": name,
                "before": before.value,
                "after": after.value,
                "method": weighting.method,
                "flag": after.flag,
            }
        )
    return pd.DataFrame(rows)
