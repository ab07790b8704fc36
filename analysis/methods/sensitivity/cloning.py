"""Clone, censor, weight: compare "start within the grace period" with "do not", from the day both were still possible.

Every subject enters both strategies at the decision day; a clone is censored when its subject departs from the
strategy, and the clones that remain are weighted for those censored like them. This removes the immortal time that
follows from grouping by what happened later. Hernan (2018) BMJ 360:k182; Maringe et al. (2020) Int J Epidemiol 49:1719.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cartwright.analysis.methods.cox.firth import firth_beta
from cartwright.analysis.methods.cox.fit import CoxFit, cox
from cartwright.analysis.methods.cox.hazard import predicted_survival
from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.input_checks import SurvivalData, checked_survival
from cartwright.analysis.methods.logistic import LogisticFit, firth_probability, logistic

ALL_BUT_CERTAIN = 1e-3  # fitted probabilities all this near to what happened


def clone_censor_weight(
    table: pd.DataFrame,
    subject: str,
    started: str,
    covariates: str | Sequence[str],
    grace: float,
    duration: str = "duration",
    event: str = "event",
    largest_weight: float = 20.0,
) -> pd.DataFrame:
    """Start-stop rows of the clones: subject, is_started (strategy), start, stop, event, weight, covariates, and flag:
    why the weights should not be trusted, the same in all rows.

    All times in days from the decision. started: day the therapy began, missing if never. Fit with
    `cox(rows, "is_started", duration="stop", entry="start", weights="weight", cluster=subject)`; limits by bootstrap of
    the whole procedure are better. Weights above `largest_weight` are cut there and flagged. Where nobody with one
    level of a covariate starts and the model of starting runs away, Firth's penalised model answers, and is flagged.
    Raises UnusableData when the covariates tell all starters from all others.
    """
    if not grace > 0:
        raise UnusableData("the grace period must be positive")
    covariates = [covariates] if isinstance(covariates, str) else list(covariates)
    if table[covariates].isna().any().any():
        raise UnusableData("covariates must be complete: impute first")
    if table[subject].duplicated().any():
        raise UnusableData("one row a subject")
    data = checked_survival(table[duration], table[event])
    table = table.reset_index(drop=True)
    start_day = table[started].to_numpy(dtype=float, na_value=np.nan)
    in_grace = (start_day <= grace) & (start_day <= data.time)
    common = table[[subject, *covariates]]
    starters, doubt = _starters(common, data, in_grace, grace, covariates, table)
    abstainers, other_doubt = _abstainers(common, data, in_grace, start_day, grace, covariates, table)
    result = pd.concat([starters, abstainers], ignore_index=True)
    result = result[result["stop"] > result["start"]].reset_index(drop=True)
    flags = [*doubt, *other_doubt]
    if cut := int((result["weight"] > largest_weight).sum()):
        flags.append(f"{cut} weights cut at {largest_weight:g}")
    return result.assign(weight=result["weight"].clip(upper=largest_weight), flag="; ".join(dict.fromkeys(flags)))


def _starters(
    common: pd.DataFrame,
    data: SurvivalData,
    in_grace: np.ndarray,
    grace: float,
    covariates: Sequence[str],
    table: pd.DataFrame,
) -> tuple[pd.DataFrame, list[str]]:
    """Strategy "start within grace": who has not by its end is censored there; the starters then count for them."""
    doubt: list[str] = []
    beyond = data.time > grace
    until = common.assign(
        is_started=1, start=0.0, stop=np.minimum(data.time, grace), event=data.event & ~beyond, weight=1.0
    )
    follow = beyond & in_grace
    if in_grace[beyond].all():
        probability = np.ones(int(beyond.sum()))
    elif not in_grace[beyond].any():
        raise UnusableData("nobody followed beyond the grace period had started")
    else:
        started = table[beyond].assign(_begun=in_grace[beyond])
        fit = logistic(started, covariates, "_begun", firth=False)
        if not fit.converged and np.abs(fit.probability - started["_begun"]).max() < ALL_BUT_CERTAIN:
            raise UnusableData("the covariates separate starters from others altogether: nobody stands for them")
        probability = fit.probability if fit.converged else firth_probability(started, covariates, "_begun")
        doubt = _doubt(fit)
    weight = np.ones(len(common))
    weight[follow] = 1 / probability[in_grace[beyond]]
    later = common[follow].assign(
        is_started=1, start=grace, stop=data.time[follow], event=data.event[follow], weight=weight[follow]
    )
    return pd.concat([until, later]), doubt


def _abstainers(
    common: pd.DataFrame,
    data: SurvivalData,
    in_grace: np.ndarray,
    start_day: np.ndarray,
    grace: float,
    covariates: Sequence[str],
    table: pd.DataFrame,
) -> tuple[pd.DataFrame, list[str]]:
    """Strategy "do not start": censored on the day of starting; weights from a Cox model of starting within grace."""
    stop = np.where(in_grace, start_day, data.time)
    event = data.event & ~in_grace
    if not in_grace.any():
        return common.assign(is_started=0, start=0.0, stop=stop, event=event, weight=1.0), []
    to_start = table[covariates].assign(_time=np.minimum(stop, grace), _begun=in_grace)
    fit = cox(to_start, covariates, "_time", "_begun", firth=False)
    doubt = _doubt(fit)
    if not fit.converged:
        fit = replace(fit, beta=firth_beta(fit.design), converged=True)
    cuts = np.unique(start_day[in_grace])
    cuts = cuts[cuts > 0]
    edges = np.concatenate([[0.0], cuts, [np.inf]])
    stayed = predicted_survival(fit, table[covariates], edges[:-1])
    who, interval = np.nonzero(stop[:, None] > edges[:-1])
    last = stop[who] <= edges[interval + 1]
    rows = common.iloc[who].assign(
        is_started=0,
        start=edges[interval],
        stop=np.minimum(stop[who], edges[interval + 1]),
        event=event[who] & last,
        weight=1 / np.maximum(stayed[who, interval], 1e-6),
    )
    return rows, doubt


def _doubt(fit: CoxFit | LogisticFit) -> list[str]:
    """Why a model of starting is not to be trusted as it is."""
    if fit.converged:
        return [f"model of starting: {flag}" for flag in fit.flags]
    return ["model of starting: penalised (Firth), as covariates separate starters from others"]
