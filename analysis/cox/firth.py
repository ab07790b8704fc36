"""Firth's penalised Cox regression: finite estimates under separation (Heinze & Schemper 2001, Biometrics 57:114).

firthmodels fits it (Breslow ties, right censoring only) and gives penalised profile-likelihood limits.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd

from analysis.cox.design import build
from analysis.estimate import UnusableData


def firth_cox(table: pd.DataFrame, covariates, duration: str = "duration", event: str = "event",
              confidence: float = 0.95) -> pd.DataFrame:
    """Tidy coefficients: term, beta, se, hr, ci_low, ci_high (profile), p (likelihood ratio), method, flag."""
    design = build(table, covariates, duration, event)
    if not design.event.any():
        raise UnusableData("no events")
    estimates = firth_estimates(design.x[:, design.is_fitted], design.time, design.event, confidence)
    terms = pd.DataFrame({"term": [t.name for t in design.terms], "variable": [t.variable for t in design.terms],
                          "level": [t.level for t in design.terms], "unfit": design.flags})
    result = terms.loc[design.is_fitted].reset_index(drop=True).join(estimates)
    result = terms[["term", "variable", "level", "unfit"]].merge(result.drop(columns=["variable", "level", "unfit"]),
                                                                 on="term", how="left")
    unfit = result["unfit"].where(~design.is_fitted, "")
    return result.assign(flag=result["flag"].fillna("") + unfit).drop(columns="unfit")


def firth_estimates(x: np.ndarray, time: np.ndarray, event: np.ndarray, confidence: float = 0.95) -> pd.DataFrame:
    """beta, se, hr, ci_low, ci_high, p, method, flag for each column of x; NaN and flagged where the solver fails."""
    from firthmodels import FirthCoxPH

    method = "firth cox, profile limits"
    scale = x.std(axis=0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = FirthCoxPH(backend="numpy", gtol=1e-7, xtol=1e-8, max_iter=200).fit(x / scale, (event, time))
            model.lrt()
            limits = model.conf_int(alpha=1 - confidence, method="pl", max_iter=200, tol=1e-7) / scale[:, None]
    except (ValueError, ArithmeticError, RuntimeError, np.linalg.LinAlgError):
        nothing = np.full(x.shape[1], math.nan)
        return pd.DataFrame({"beta": nothing, "se": nothing, "hr": nothing, "ci_low": nothing, "ci_high": nothing,
                             "p": nothing, "method": method, "flag": "firth fit failed"})
    beta = model.coef_ / scale
    return pd.DataFrame({"beta": beta, "se": model.bse_ / scale, "hr": np.exp(beta), "ci_low": np.exp(limits[:, 0]),
                         "ci_high": np.exp(limits[:, 1]), "p": model.lrt_pvalues_, "method": method,
                         "flag": "" if model.converged_ else "firth fit not converged"})
