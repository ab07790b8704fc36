"""The table of a Cox model's coefficients, with what keeps each from being trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cartwright.analysis.methods.cox.design import Design, Term
from cartwright.analysis.methods.cox.likelihood import Optimum
from cartwright.analysis.methods.estimate import normal_p, normal_quantile

LARGEST_BETA = 5.0  # on the scale of a flag, or of one standard deviation of a number
_FIRTH = {"firth_hr": "hr", "firth_ci_low": "ci_low", "firth_ci_high": "ci_high", "firth_p": "p", "firth_flag": "flag"}


def coefficients(
    design: Design,
    optimum: Optimum,
    covariance: np.ndarray,
    flags: Sequence[str],
    method: str,
    confidence: float,
    firth: bool,
) -> pd.DataFrame:
    """One row a term, fitted or not, as `CoxFit.coefficients` has it; `flags` are those of the whole model."""
    position = np.cumsum(design.is_fitted) - 1  # of a fitted term in beta and covariance
    rows = []
    for j, term in enumerate(design.terms):
        raw = design.x[:, j] + design.means[j]
        is_flag = ((raw == 0) | (raw == 1)).all()
        inside = raw == 1 if is_flag else np.ones(len(raw), dtype=bool)
        beta, se, found = math.nan, math.nan, [design.flags[j]] if design.flags[j] else []
        if design.is_fitted[j]:
            if design.event.any():
                beta, se = _estimate(optimum, covariance, position[j])
            scale = 1.0 if is_flag else float(design.x[:, j].std())
            found += _doubts(beta, scale, found, flags)
        counts = {"n": int(inside.sum()), "events": int(design.event[inside].sum())}
        rows.append(_row(term, counts, beta, se, normal_quantile(confidence), optimum.converged, method, found))
    table = pd.DataFrame(rows)
    return _with_firth(table, design, confidence) if firth and rows and table["flag"].ne("").any() else table


def _estimate(optimum: Optimum, covariance: np.ndarray, position: int) -> tuple[float, float]:
    """Coefficient and standard error: on the way to infinity a variance means nothing, and one cluster has none."""
    variance = float(covariance[position, position])
    known = optimum.converged and variance > 1e-12 * optimum.covariance[position, position]
    return float(optimum.beta[position]), math.sqrt(variance) if known else math.nan


def _doubts(beta: float, scale: float, of_term: Sequence[str], of_model: Sequence[str]) -> list[str]:
    is_separated = abs(beta) * scale > LARGEST_BETA or "no events in a level" in (*of_term, *of_model)
    return [*of_model, *["separation"] * is_separated]


def _row(
    term: Term,
    counts: dict[str, int],
    beta: float,
    se: float,
    z_limit: float,
    converged: bool,
    method: str,
    flags: Sequence[str],
) -> dict[str, object]:
    z = beta / se if se > 0 else math.nan
    return {
        "term": term.name,
        "variable": term.variable,
        "level": term.level,
        "reference": term.reference,
        **counts,
        "beta": beta,
        "se": se,
        "hr": _exp(beta) if converged else math.nan,
        "ci_low": _exp(beta - z_limit * se),
        "ci_high": _exp(beta + z_limit * se),
        "z": z,
        "p": normal_p(z),
        "method": method,
        "flag": "; ".join(flags),
        **{column: "" if column == "firth_flag" else math.nan for column in _FIRTH},
    }


def _with_firth(table: pd.DataFrame, design: Design, confidence: float) -> pd.DataFrame:
    """Firth's estimate for the same model; with weights the penalty has no agreed form, and there is none."""
    if not (design.weight == 1).all() or not design.event.any() or not design.is_fitted.any():
        return table
    from cartwright.analysis.methods.cox.firth import firth_estimates

    estimates = firth_estimates(design, confidence)
    fitted = table.index[design.is_fitted]
    flagged = table.loc[fitted, "flag"].ne("").to_numpy()
    result = table.copy()
    for column, found in _FIRTH.items():
        result.loc[fitted[flagged], column] = estimates[found].to_numpy()[flagged]
    return result


def _exp(x: float) -> float:
    return math.exp(x) if not x > 700 else math.inf
