"""Multiple imputation by chained equations with predictive mean matching, pooled by Rubin's rules.

The outcome enters as event and Nelson-Aalen hazard (White & Royston 2009, Stat Med 28:1982). Matching: van Buuren
(2018) Flexible Imputation, 3.4 (type 1, five donors); it draws observed values only, so flags stay flags and scores
stay scores. Pooling: Rubin (1987); degrees of freedom: Barnard & Rubin (1999).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cartwright.analysis.methods.cox.design import expand
from cartwright.analysis.methods.estimate import Drawn, Estimate, UnusableData
from cartwright.analysis.methods.input_checks import checked_survival
from cartwright.analysis.methods.order import by_content

DONORS = 5
RIDGE = 1e-5  # keeps nearly collinear predictors solvable
ALL_PAIRS = 1_000_000  # of gaps and observed values: up to so many are all compared


def impute(
    table: pd.DataFrame,
    covariates: Sequence[str],
    duration: str,
    event: str,
    m: int = 50,
    cycles: int = 10,
    seed: int = 20220831,
    delta: dict[str, float] | None = None,
) -> list[pd.DataFrame]:
    """`m` completed copies of `table`. Incomplete covariates must be numbers or flags; complete ones may be categories.

    delta: shift added to imputed values of a column (not missing at random); for flags, to be used on counts only.
    The content of the rows, not their order, decides what is drawn. Raises UnusableData when a column has fewer
    observed values than donors.
    """
    covariates, whole = list(covariates), table
    places = by_content(table[[duration, event, *covariates]])
    table = table.iloc[places]
    outcome = np.column_stack([table[event].to_numpy(float), nelson_aalen(table[duration], table[event])])
    incomplete = [c for c in covariates if table[c].isna().any()]
    for name in incomplete:
        if table[name].notna().sum() < DONORS:
            raise UnusableData(f"{name}: fewer than {DONORS} observed values to draw from")
    known = expand(table, [c for c in covariates if c not in incomplete])[0]
    values = {c: table[c].to_numpy(dtype=float, na_value=np.nan) for c in incomplete}
    if not np.isfinite(known).all() or any(np.isinf(v).any() for v in values.values()):
        raise UnusableData("covariates must be finite")
    gaps = {c: np.isnan(v) for c, v in values.items()}
    generator, copies = np.random.default_rng(seed), []
    for _ in range(m):
        filled = {c: np.where(gaps[c], generator.choice(v[~gaps[c]], v.size), v) for c, v in values.items()}
        for _ in range(cycles):
            for name in sorted(incomplete, key=lambda c: gaps[c].sum()):
                others = [filled[c] for c in incomplete if c != name]
                x = np.column_stack([np.ones(len(table)), known, outcome, *others])
                filled[name] = _matched(x, values[name], gaps[name], generator)
        shifted = {c: v + gaps[c] * (delta or {}).get(c, 0.0) for c, v in filled.items()}
        back = np.argsort(places)
        copies.append(whole.assign(**{c: v[back] for c, v in shifted.items()}))
    return copies


def nelson_aalen(durations: ArrayLike, events: ArrayLike) -> np.ndarray:
    """Cumulative hazard of the whole sample at each subject's own time."""
    data = checked_survival(durations, events)
    at = np.unique(data.time, return_inverse=True)[1]
    at_risk = np.cumsum(np.bincount(at)[::-1])[::-1]
    return np.cumsum(np.bincount(at, data.event) / at_risk)[at]


def pool(
    estimates: ArrayLike, variances: ArrayLike, complete_df: float | None = None, confidence: float = 0.95
) -> Estimate:
    """Rubin's rules for one scalar (log hazard ratio, log odds ratio, difference ...). complete_df: residual degrees of
    freedom had nothing been missing (events or subjects less parameters); without it they are taken as infinite.
    `drawn`: Monte-Carlo errors of the value and its limits by the jackknife."""
    q, u = np.array(estimates, dtype=float), np.array(variances, dtype=float)
    usable = np.isfinite(q) & np.isfinite(u)
    failed, m = int((~usable).sum()), int(usable.sum())
    if m < 2:
        raise UnusableData("pooling needs at least two usable estimates")
    pooled = _rubin(q[usable], u[usable], complete_df, confidence)
    flag = f"{failed} imputations could not be fitted" if failed else ""
    errors = _jackknife(q[usable], u[usable], complete_df, confidence)
    return replace(pooled, flag=flag, drawn=Drawn(q.size, failed, **errors))


def jackknife_error(values: ArrayLike) -> float:
    """Monte-Carlo standard error of a number from its values with each draw left out once (White, Royston & Wood 2011,
    Stat Med 30:377, section 7)."""
    values = np.asarray(values, dtype=float)
    if values.size < 3 or not np.isfinite(values).all():
        return math.nan
    return float(np.sqrt((values.size - 1) * values.var()))


def _jackknife(q: np.ndarray, u: np.ndarray, complete_df: float | None, confidence: float) -> dict[str, float]:
    """Monte-Carlo errors of the pooled value, its limits and its p."""
    if q.size < 3:
        return {}
    others = [_rubin(np.delete(q, i), np.delete(u, i), complete_df, confidence) for i in range(q.size)]
    return {
        name: jackknife_error([getattr(one, name) for one in others]) for name in ("value", "ci_low", "ci_high", "p")
    }


def _rubin(q: np.ndarray, u: np.ndarray, complete_df: float | None, confidence: float) -> Estimate:
    from scipy.special import stdtr, stdtrit

    m = q.size
    mean, within, between = q.mean(), u.mean(), q.var(ddof=1)
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total if total > 0 else 0.0
    df = (m - 1) / share**2 if share > 0 else math.inf
    if complete_df is not None:
        observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
        df = observed if math.isinf(df) else df * observed / (df + observed)
    se = math.sqrt(total)
    quantile = float(-stdtrit(min(df, 1e10), (1 - confidence) / 2))
    t = mean / se if se > 0 else math.nan
    return Estimate(
        float(mean),
        float(mean - quantile * se),
        float(mean + quantile * se),
        f"rubin's rules, m = {m}",
        se,
        float(2 * stdtr(min(df, 1e10), -abs(t))),
        t,
        df,
    )


def _matched(x: np.ndarray, y: np.ndarray, gap: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Fill the gaps of y with observed values of donors whose predicted value is near."""
    seen = x[~gap]
    gram = seen.T @ seen
    diagonal = np.diag(gram)
    gram = gram + np.diag(np.where(diagonal > 0, RIDGE * diagonal, 1.0))  # an outcome without events says nothing
    inverse = np.linalg.inv(gram)
    beta = inverse @ seen.T @ y[~gap]
    residual = y[~gap] - seen @ beta
    df = max(len(seen) - x.shape[1], 1)
    sigma = math.sqrt(float(residual @ residual) / generator.chisquare(df))
    lower = np.linalg.cholesky((inverse + inverse.T) / 2)
    drawn = beta + sigma * lower @ generator.standard_normal(beta.size)
    donors = _nearest(x[gap] @ drawn, seen @ beta)
    chosen = donors[np.arange(len(donors)), generator.integers(0, donors.shape[1], len(donors))]
    filled = y.copy()
    filled[gap] = y[~gap][chosen]
    return filled


def _nearest(wanted: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Places of the donors of each gap: the known values that are nearest to the wanted one.

    Of more pairs only those are compared that stand side by side in order of size: all of them grow with the square of
    the patients, and each round of 10,000 patients took a second.
    """
    if wanted.size * known.size <= ALL_PAIRS or known.size < 2 * DONORS:
        order, beside = np.arange(known.size), np.arange(known.size)[None, :]
    else:
        order = np.argsort(known, kind="stable")
        middle = np.clip(np.searchsorted(known[order], wanted), DONORS, known.size - DONORS)
        beside = middle[:, None] + np.arange(-DONORS, DONORS)
    distance = np.abs(wanted[:, None] - known[order[beside]])
    nearest = np.argpartition(distance, min(DONORS, distance.shape[1]) - 1, axis=1)[:, :DONORS]
    return order[np.take_along_axis(np.broadcast_to(beside, distance.shape), nearest, axis=1)]
