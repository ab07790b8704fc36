"""Residuals of a Cox fit as tidy tables (the formulas: residual_terms)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cartwright.analysis.methods.cox.fit import CoxFit
from cartwright.analysis.methods.cox.residual_terms import (
    deviance,
    dfbeta_matrix,
    martingale,
    schoenfeld,
    score_residuals,
)

KINDS = ("martingale", "deviance", "schoenfeld", "score", "dfbeta")


def residuals(fit: CoxFit, kind: str = "martingale") -> pd.DataFrame:
    """Tidy residuals: `row` (position in the fitted table), `time`, and `residual` or one column a fitted term.

    martingale, deviance: one a row. schoenfeld: one an event, in order of stratum and time. score: unweighted.
    dfbeta: weighted change of each coefficient when the row is left out (the robust variance is their cross product).
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    if kind == "dfbeta":
        return dfbeta(fit)
    sets, design = fit.risk_sets, fit.design
    terms = [term.name for term, fitted in zip(design.terms, design.is_fitted, strict=True) if fitted]
    if kind == "schoenfeld":
        place = sets.order[sets.event]
        values = schoenfeld(sets, fit.beta, fit.ties)
        return pd.DataFrame({"row": design.rows[place], "time": design.time[place]}).join(
            pd.DataFrame(values, columns=terms)
        )
    frame = pd.DataFrame({"row": design.rows, "time": design.time})
    if kind == "score":
        values = np.empty((design.time.size, len(terms)))
        values[sets.order] = score_residuals(sets, fit.beta, fit.ties)
        return frame.join(pd.DataFrame(values, columns=terms))
    values = np.empty(design.time.size)
    values[sets.order] = martingale(sets, fit.beta, fit.ties)
    if kind == "deviance":
        values = deviance(values, design.event)
    return frame.assign(residual=values)


def dfbeta(fit: CoxFit) -> pd.DataFrame:
    """Approximate change in each coefficient caused by each row (weighted, in the order of the table)."""
    design = fit.design
    terms = [term.name for term, fitted in zip(design.terms, design.is_fitted, strict=True) if fitted]
    matrix = dfbeta_matrix(fit.risk_sets, fit.beta, fit.naive_covariance, fit.ties)
    return pd.DataFrame({"row": design.rows, "time": design.time}).join(pd.DataFrame(matrix, columns=terms))
