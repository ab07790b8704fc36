"""Fit a Cox model and say how far each coefficient can be trusted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from cartwright.analysis.counted import counted
from cartwright.analysis.methods.cox.coefficients import coefficients
from cartwright.analysis.methods.cox.design import Design, build
from cartwright.analysis.methods.cox.likelihood import Optimum, RiskSets, information, maximise, tie_sums
from cartwright.analysis.methods.cox.residual_terms import dfbeta_matrix
from cartwright.analysis.methods.estimate import Estimate, chi_square_p
from cartwright.analysis.methods.quadratic import quadratic, rank_flag

FEWEST_EVENTS_PER_COVARIATE = 5


@dataclass(frozen=True)
class CoxFit:
    """`beta`, `covariance` cover the fitted terms only (design.is_fitted)."""

    n: int
    events: int
    missing: int
    log_likelihood: float
    log_likelihood_null: float
    likelihood_ratio: Estimate
    wald: Estimate
    score: Estimate
    method: str
    ties: str
    converged: bool
    flags: tuple[str, ...]
    beta: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    naive_covariance: np.ndarray = field(repr=False)
    design: Design = field(repr=False)
    risk_sets: RiskSets = field(repr=False)
    tabulate: Callable[[], pd.DataFrame] = field(repr=False)

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """One row a term with variable, level, reference, n, events (of the level for flags and levels), beta, se, hr,
        ci_low, ci_high, z, p, method, flag; where flagged, firth_hr, firth_ci_low, firth_ci_high, firth_p and
        firth_flag (why one of them is missing). Made when asked for: resamples ask for beta only."""
        return self.tabulate()


def cox(
    table: pd.DataFrame,
    covariates: str | Sequence[str],
    duration: str = "duration",
    event: str = "event",
    *,
    ties: str = "efron",
    strata: str | Sequence[str] | None = None,
    weights: str | None = None,
    robust: bool | None = None,
    cluster: str | None = None,
    entry: str | None = None,
    subject: str | None = None,
    confidence: float = 0.95,
    firth: bool = True,
) -> CoxFit:
    """Cox proportional hazards fit; all arguments but the options name columns of `table`.

    covariates: numbers, flags (0/1, bool) or categories (first level is the reference). entry: start of the interval
    (entry, duration]; with several rows a subject this is the model with time-dependent covariates. robust or cluster:
    Lin-Wei sandwich variance from Efron-consistent dfbetas; by default also when a weight is not a whole number, and so
    no count of patients (as R survival). subject: checked for duplicates and overlapping intervals.
    firth: put Firth's estimate beside coefficients that cannot be trusted. Rows with missing covariates are left out
    (`missing`). Raises UnusableData on impossible input; what merely cannot be estimated is NaN with a flag.
    """
    design = build(
        table,
        covariates,
        duration,
        event,
        strata=strata,
        weights=weights,
        cluster=cluster,
        entry=entry,
        subject=subject,
    )
    design, risk_sets = _identified(design)
    p = int(design.is_fitted.sum())
    if robust is None:
        robust = bool(cluster) or bool((design.weight % 1 != 0).any())
    optimum = maximise(risk_sets.sums, p, ties)
    covariance = optimum.covariance
    if robust and p and design.event.any():
        covariance = _sandwich(risk_sets, optimum.beta, optimum.covariance, ties, design)
    method = _method(ties, strata, weights, robust, entry)
    flags = _model_flags(design, optimum, p, covariance)
    return CoxFit(
        n=design.time.size,
        events=int(design.event.sum()),
        missing=design.missing,
        log_likelihood=optimum.log_likelihood,
        log_likelihood_null=optimum.log_likelihood_null,
        **_tests(optimum, covariance, p),
        method=method,
        ties=ties,
        converged=optimum.converged,
        flags=flags,
        beta=optimum.beta,
        covariance=covariance,
        naive_covariance=optimum.covariance,
        design=design,
        risk_sets=risk_sets,
        tabulate=partial(coefficients, design, optimum, covariance, flags, method, confidence, firth),
    )


def _identified(design: Design) -> tuple[Design, RiskSets]:
    """The design with its risk sets, without columns that tell nothing among those at risk together: constant in every
    risk set, or given there by the columns before."""
    while True:
        columns = np.flatnonzero(design.is_fitted)
        sets = RiskSets(design.x[:, columns], design.time, design.event, design.entry, design.weight, design.stratum)
        if not columns.size or not sets.k:
            return design, sets
        sums = sets.sums(np.zeros(columns.size))
        empty = _aliased(information(sums, tie_sums(sums, "breslow")), design.x[:, columns].var(axis=0))
        if not empty.any():
            return design, sets
        is_fitted, flags = design.is_fitted.copy(), list(design.flags)
        for column in columns[empty]:
            is_fitted[column], flags[column] = False, "not identified among those at risk"
        design = replace(design, is_fitted=is_fitted, flags=flags)


def _aliased(info: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Columns whose information is none once the columns before are known (Gaussian elimination in their order)."""
    left, empty = info.copy(), np.zeros(len(info), dtype=bool)
    for j in range(len(info)):
        empty[j] = left[j, j] <= 1e-9 * max(info[j, j], 1e-3 * variance[j])
        if not empty[j]:
            left = left - np.outer(left[:, j], left[j]) / left[j, j]
    return empty


def _sandwich(risk_sets: RiskSets, beta: np.ndarray, naive: np.ndarray, ties: str, design: Design) -> np.ndarray:
    influence = dfbeta_matrix(risk_sets, beta, naive, ties)
    if design.cluster is not None:
        influence = np.stack([np.bincount(design.cluster, column) for column in influence.T], axis=1)
    return influence.T @ influence


def _method(ties: str, strata: str | Sequence[str] | None, weights: str | None, robust: bool, entry: str | None) -> str:
    parts = [
        f"cox {ties}",
        "stratified" if strata else "",
        "weighted" if weights else "",
        "left-truncated" if entry else "",
        "robust variance" if robust else "",
    ]
    return ", ".join(part for part in parts if part)


def _model_flags(design: Design, optimum: Optimum, p: int, covariance: np.ndarray) -> tuple[str, ...]:
    events = int(design.event.sum())
    found = []
    if events == 0:
        found.append("no events")
    elif p and events / p < FEWEST_EVENTS_PER_COVARIATE:
        found.append(f"fewer than {FEWEST_EVENTS_PER_COVARIATE} events per covariate")
    if events and p and not optimum.converged:
        found.append("not converged")
    elif events and p and design.cluster is not None and _rank(covariance) < p:
        clusters = len(np.unique(design.cluster))
        found.append(f"robust variance of {p} coefficients from {counted(clusters, 'cluster')}")
    return tuple(found)


def _rank(covariance: np.ndarray) -> int:
    return quadratic(np.zeros(len(covariance)), covariance)[1]


def _tests(optimum: Optimum, covariance: np.ndarray, p: int) -> dict[str, Estimate]:
    """The three tests of all coefficients at once."""
    ratio = 2 * (optimum.log_likelihood - optimum.log_likelihood_null)
    usable = optimum.converged and p > 0
    return {
        "likelihood_ratio": _chi_square(ratio, p, "likelihood ratio", usable),
        "wald": _wald(optimum.beta, covariance, np.diag(optimum.covariance), usable),
        "score": _chi_square(optimum.score_null, p, "score", p > 0),
    }


def _wald(beta: np.ndarray, covariance: np.ndarray, naive: np.ndarray, usable: bool) -> Estimate:
    """All coefficients at once; NE where the covariance has fewer dimensions than there are coefficients to judge."""
    if not usable:
        return _chi_square(math.nan, 0, "wald", usable)
    statistic, rank = quadratic(beta, covariance, naive)
    flag = rank_flag(rank, beta.size) or ("no variance" if rank == 0 else "")
    return Estimate(statistic, method="wald", p=chi_square_p(statistic, rank), statistic=statistic, df=rank, flag=flag)


def _chi_square(statistic: float, df: int, name: str, usable: bool) -> Estimate:
    if not usable:
        return Estimate(math.nan, method=name, flag="not estimable")
    return Estimate(statistic, method=name, p=chi_square_p(statistic, df), statistic=statistic, df=df)
