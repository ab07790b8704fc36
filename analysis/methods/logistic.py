"""Logistic regression with Wald limits (statsmodels), and Firth's estimate where that cannot be trusted.

Firth (1993) Biometrika 80:27; Heinze & Schemper (2002) Stat Med 21:2409.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import expit

from cartwright.analysis.methods.cox.design import Term, expand
from cartwright.analysis.methods.estimate import UnusableData, normal_p, normal_quantile
from cartwright.analysis.methods.input_checks import as_numbers, complete_rows
from cartwright.analysis.methods.penalised import State, log_det

FEWEST_EVENTS_PER_COVARIATE = 5
LARGEST_BETA = 5.0  # on the scale of a flag, or of one standard deviation of a number
ONE_SIDED = "no variation of the outcome in a level"
FIRTH_COLUMNS = ["firth_odds_ratio", "firth_ci_low", "firth_ci_high", "firth_p", "firth_flag"]


@dataclass(frozen=True)
class LogisticFit:
    """`probability`: fitted values of the rows used (`rows`)."""

    n: int
    events: int
    missing: int
    intercept: float
    log_likelihood: float
    method: str
    converged: bool
    flags: tuple[str, ...]
    probability: np.ndarray = field(repr=False)
    rows: np.ndarray = field(repr=False)
    tabulate: Callable[[], pd.DataFrame] = field(repr=False)

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """One row a term (without the intercept): term, variable, level, reference, n, events, beta, se, odds_ratio,
        ci_low, ci_high, z, p, method, flag, firth_odds_ratio, firth_ci_low, firth_ci_high, firth_p, firth_flag. Made
        when asked for: resamples ask for probabilities only."""
        return self.tabulate()


def logistic(
    table: pd.DataFrame,
    covariates: str | Sequence[str],
    outcome: str,
    *,
    weights: str | None = None,
    confidence: float = 0.95,
    firth: bool = True,
) -> LogisticFit:
    """P(outcome = 1) given covariates (numbers, flags, categories). Rows with a missing covariate are left out.

    With weights the variance is the robust (sandwich) one. `firth` as in `cox`. Raises UnusableData when the outcome is
    not 0/1 or a covariate is missing throughout; an outcome that never varies is a flagged result.
    """
    covariates = [covariates] if isinstance(covariates, str) else list(covariates)
    used = _checked(table, covariates, outcome, weights)
    y = used.outcome
    raw, terms = expand(table.iloc[used.rows], covariates)
    if not np.isfinite(raw).all():
        raise UnusableData("covariates must be finite")
    scale = raw.std(axis=0)
    flags = _column_flags(raw, scale, y)
    fitted = np.array([flag not in ("constant", "collinear") for flag in flags], dtype=bool)
    means, events = raw.mean(axis=0), int(y.sum())
    x = ((raw - means) / np.where(scale > 0, scale, 1))[:, fitted]
    beta, covariance, log_likelihood, converged = _fit(x, y, used.weight, bool(weights))
    rarer, p = min(events, y.size - events), int(fitted.sum())
    model_flags = _model_flags(rarer, p, converged)
    method = "logistic wald" + (", weighted, robust variance" if weights else "")
    inverse = 1 / scale[fitted]
    estimates = np.full((2, len(terms)), math.nan)
    if rarer:
        se = np.sqrt(np.diag(covariance)[1:]) if converged else np.full(p, math.nan)  # see cox: no variance at infinity
        estimates[:, fitted] = beta[1:] * inverse, se * inverse

    def tabulate() -> pd.DataFrame:
        coefficients = _coefficients(terms, flags, model_flags, raw, y, estimates, scale, method, confidence)
        if firth and not weights and rarer and p and coefficients["flag"].ne("").any():
            return _with_firth(coefficients, x, y, inverse, fitted, confidence)
        return coefficients

    return LogisticFit(
        n=y.size,
        events=events,
        missing=used.missing,
        intercept=beta[0] - float((beta[1:] * inverse) @ means[fitted]),
        log_likelihood=log_likelihood,
        method=method,
        converged=converged,
        flags=tuple(model_flags),
        probability=1 / (1 + np.exp(-(beta[0] + x @ beta[1:]))),
        rows=used.rows,
        tabulate=tabulate,
    )


@dataclass(frozen=True)
class _Used:
    """Positions of the rows that a fit uses, their outcome (0/1) and weight; `missing`: rows without a covariate."""

    rows: np.ndarray
    outcome: np.ndarray
    weight: np.ndarray
    missing: int


def _checked(table: pd.DataFrame, covariates: list[str], outcome: str, weights: str | None) -> _Used:
    if not len(table):
        raise UnusableData("no rows: nothing to estimate")
    if absent := [c for c in [outcome, *covariates, *([weights] if weights else [])] if c not in table]:
        raise UnusableData(f"no column {', '.join(absent)}")
    complete = complete_rows(table, covariates)
    happened = as_numbers(table[outcome], outcome)
    if not np.isin(happened, (0, 1)).all():
        raise UnusableData(f"{outcome} must be 0 or 1")
    weight = as_numbers(table[weights], weights) if weights else np.ones(len(table))
    if (weight < 0).any():
        raise UnusableData(f"{weights}: negative values")
    rows = np.flatnonzero(complete & (weight > 0))
    if not rows.size:
        raise UnusableData(f"{weights}: no complete row has a positive weight")
    return _Used(rows, happened[rows], weight[rows], int((~complete).sum()))


def _model_flags(rarer: int, p: int, converged: bool) -> list[str]:
    """What is wrong with the whole model; `rarer`: rows of the rarer outcome, p: coefficients."""
    flags = []
    if rarer == 0:
        flags.append("outcome never varies")
    elif p and rarer / p < FEWEST_EVENTS_PER_COVARIATE:
        flags.append(f"fewer than {FEWEST_EVENTS_PER_COVARIATE} events per covariate")
    if rarer and not converged:
        flags.append("not converged")
    return flags


def _column_flags(raw: np.ndarray, scale: np.ndarray, y: np.ndarray) -> list[str]:
    flags, basis = [], np.ones((len(raw), 1))
    for j, column in enumerate(raw.T):
        if scale[j] <= 1e-10 * max(1.0, np.abs(column).max()):
            flags.append("constant")
            continue
        wider = np.column_stack([basis, (column - column.mean()) / scale[j]])
        if np.linalg.matrix_rank(wider, tol=1e-8 * math.sqrt(len(raw))) == basis.shape[1]:
            flags.append("collinear")
            continue
        basis = wider
        values = np.unique(column)
        flags.append(
            ONE_SIDED
            if values.size == 2 and any(np.ptp(y[column == value]) == 0 for value in values) and np.ptp(y) > 0
            else ""
        )
    return flags


def _fit(x: np.ndarray, y: np.ndarray, w: np.ndarray, weighted: bool) -> tuple[np.ndarray, np.ndarray, float, bool]:
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM  # a third of what statsmodels.api imports

    design = np.column_stack([np.ones(len(x)), x])
    nothing = np.full(design.shape[1], math.nan), np.full((design.shape[1],) * 2, math.nan), math.nan, False
    if np.ptp(y) == 0:
        return nothing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = GLM(y, design, family=Binomial(), freq_weights=w)
            variance = "HC0" if weighted else "nonrobust"
            result = model.fit(tol=1e-12, tol_criterion="params", maxiter=60, cov_type=variance)
        except (np.linalg.LinAlgError, ValueError, ArithmeticError):
            return nothing
    return result.params, result.cov_params(), float(result.llf), bool(result.converged)


def _coefficients(
    terms: list[Term],
    flags: Sequence[str],
    model_flags: Sequence[str],
    raw: np.ndarray,
    y: np.ndarray,
    estimates: np.ndarray,
    scale: np.ndarray,
    method: str,
    confidence: float,
) -> pd.DataFrame:
    z_limit, rows = normal_quantile(confidence), []
    for j, term in enumerate(terms):
        beta, se = (float(v) for v in estimates[:, j])
        is_flag = np.isin(raw[:, j], (0, 1)).all()
        inside = raw[:, j] == 1 if is_flag else np.ones(len(raw), dtype=bool)
        found = [flag for flag in (flags[j], *model_flags) if flag]
        if abs(beta) * (1.0 if is_flag else scale[j]) > LARGEST_BETA or flags[j] == ONE_SIDED:
            found.append("separation")
        with np.errstate(over="ignore"):
            ratio, low, high = np.exp([beta, beta - z_limit * se, beta + z_limit * se])
        z = beta / se if se > 0 else math.nan
        ratio = ratio if se == se else math.nan  # on its way to infinity
        rows.append(
            {
                "term": term.name,
                "variable": term.variable,
                "level": term.level,
                "reference": term.reference,
                "n": int(inside.sum()),
                "events": int(y[inside].sum()),
                "beta": beta,
                "se": se,
                "odds_ratio": ratio,
                "ci_low": low,
                "ci_high": high,
                "z": z,
                "p": normal_p(z),
                "method": method,
                "flag": "; ".join(found),
                "firth_odds_ratio": math.nan,
                "firth_ci_low": math.nan,
                "firth_ci_high": math.nan,
                "firth_p": math.nan,
                "firth_flag": "",
            }
        )
    return pd.DataFrame(rows)


def _with_firth(
    coefficients: pd.DataFrame, x: np.ndarray, y: np.ndarray, inverse: np.ndarray, fitted: np.ndarray, confidence: float
) -> pd.DataFrame:
    """Firth's estimate (logistf's) beside each coefficient that is flagged."""
    from cartwright.analysis.methods.penalised import coefficients as penalised

    design = np.column_stack([np.ones(len(x)), x])
    found = penalised(_PenalisedLikelihood(design, y).at, design.shape[1], range(1, design.shape[1]), confidence)
    result = coefficients.copy()
    with np.errstate(over="ignore"):
        for index, one, scale in zip(coefficients.index[fitted], found, inverse, strict=True):
            if coefficients.loc[index, "flag"]:
                ratios = np.exp([one.beta * scale, one.low * scale, one.high * scale])
                result.loc[index, FIRTH_COLUMNS] = [*ratios, one.p, one.flag]
    return result


def firth_probability(table: pd.DataFrame, covariates: Sequence[str], outcome: str) -> np.ndarray:
    """Probabilities by Firth's model where the ordinary one separates, the intercept set so that they add up to the
    outcomes (FLIC: Puhr et al. 2017, Stat Med 36:2302); rows complete. Raises UnusableData where there is no answer."""
    from scipy.optimize import brentq

    from cartwright.analysis.methods.penalised import maximise

    raw, y = expand(table, list(covariates))[0], as_numbers(table[outcome], outcome)
    scale = raw.std(axis=0)
    kept = [flag not in ("constant", "collinear") for flag in _column_flags(raw, scale, y)]
    design = np.column_stack([np.ones(len(y)), ((raw - raw.mean(axis=0)) / np.where(scale > 0, scale, 1))[:, kept]])
    top = maximise(_PenalisedLikelihood(design, y).at, np.zeros(design.shape[1]))
    if top.reason or not 0 < y.mean() < 1:
        raise UnusableData(f"penalised model: {top.reason or 'the outcome never varies'}")
    eta = design @ top.beta
    return expit(eta + brentq(lambda shift: float(expit(eta + shift).sum() - y.sum()), -50, 50))


class _PenalisedLikelihood:
    """log L + log det(X'WX) / 2 and its derivatives (Heinze & Schemper 2002)."""

    def __init__(self, design: np.ndarray, y: np.ndarray) -> None:
        self._design, self._y = design, y

    def at(self, beta: np.ndarray) -> State:
        eta = self._design @ beta
        probability = expit(eta)
        weight = probability * (1 - probability)
        information = (self._design * weight[:, None]).T @ self._design
        penalty = log_det(information) / 2
        if not np.isfinite(penalty):
            return -math.inf, np.full(beta.size, math.nan), information
        value = float(self._y @ eta - np.logaddexp(0, eta).sum()) + penalty
        hat = weight * np.einsum("ij,jk,ik->i", self._design, np.linalg.inv(information), self._design)
        return value, self._design.T @ (self._y - probability + hat * (0.5 - probability)), information
