"""Cumulative incidence of one of several causes (Aalen-Johansen; Aalen 1978, Ann Stat 6:534).

Exact with ties, which lifelines breaks at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cartwright.analysis.methods.estimate import Estimate, UnusableData, few_events, normal_quantile
from cartwright.analysis.methods.input_checks import as_numbers, checked_survival
from cartwright.analysis.methods.survival.curve import slack_of


@dataclass(frozen=True)
class Incidence:
    """`table`: time, at_risk, events, competing, censored, incidence, se, ci_low, ci_high of one cause."""

    table: pd.DataFrame
    n: int
    events: int
    method: str
    flag: str = ""


def cumulative_incidence(
    durations: ArrayLike, causes: ArrayLike, cause: int = 1, confidence: float = 0.95
) -> Incidence:
    """P(event of `cause` by t). causes: 0 censored, 1, 2, ... what happened.

    Standard error: infinitesimal jackknife (R survival's); limits on the log(-log) scale.
    """
    time, state = checked_causes(durations, causes)
    times = np.unique(time)
    at = np.searchsorted(times, time)
    n = np.cumsum(np.bincount(at)[::-1])[::-1].astype(float)
    own = np.bincount(at, state == cause)
    every = np.bincount(at, state > 0)
    after = np.cumprod(1 - every / n)
    before = np.concatenate([[1.0], after[:-1]])
    incidence = np.cumsum(before * own / n)
    se = _incidence_se(time, state, cause, times, n, own, every, before)
    z = normal_quantile(confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.exp(z * se / (incidence * np.abs(np.log(incidence))))
        low, high = incidence**shift, incidence ** (1 / shift)
    table = pd.DataFrame(
        {
            "time": times,
            "at_risk": n,
            "events": own,
            "competing": every - own,
            "censored": np.bincount(at) - every,
            "incidence": incidence,
            "se": se,
            "ci_low": np.where(incidence > 0, low, np.nan),
            "ci_high": np.where(incidence > 0, high, np.nan),
        }
    )
    events = int(own.sum())
    return Incidence(table, time.size, events, "aalen-johansen, log(-log) limits", few_events(own))


def incidence_at(incidence: Incidence, time: float) -> Estimate:
    """Cumulative incidence by `time` with its limits; NE beyond the last observed time if it was a censoring."""
    table = incidence.table
    last = table.iloc[-1]
    left = last["at_risk"] - last["events"] - last["competing"]
    slack = slack_of(table["time"])
    if time > last["time"] + slack and left > 0:
        return Estimate(np.nan, method=incidence.method, flag="beyond last follow-up")
    before = table[table["time"] <= time + slack]
    if before.empty or before["incidence"].iloc[-1] == 0:
        return Estimate(0.0, method=incidence.method, se=0.0, flag=incidence.flag)
    row = before.iloc[-1]
    return Estimate(row["incidence"], row["ci_low"], row["ci_high"], incidence.method, row["se"], flag=incidence.flag)


def checked_causes(durations: ArrayLike, causes: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Times and causes (0 censored, 1, 2, ...) as arrays; UnusableData otherwise."""
    state = as_numbers(causes, "causes")
    if (state < 0).any() or (state % 1 != 0).any():
        raise UnusableData("causes must be 0 (censored), 1, 2, ...")
    return checked_survival(durations, state > 0).time, state.astype(int)


def _incidence_se(
    time: np.ndarray,
    state: np.ndarray,
    cause: int,
    times: np.ndarray,
    n: np.ndarray,
    own: np.ndarray,
    every: np.ndarray,
    before: np.ndarray,
) -> np.ndarray:
    """d F(t) / d w_i = sum over u <= t of dS(u-)/dw_i own/n + S(u-) (dN_i - Y_i own/n) / n; squares summed over i."""
    total = np.zeros(times.size)
    with np.errstate(divide="ignore"):
        drift, jump = np.where(n > every, every / (n * (n - every)), 0.0), np.where(n > every, 1 / (n - every), 0.0)
    for chunk in np.array_split(np.arange(time.size), max(1, time.size * times.size // 4_000_000)):
        inside = time[chunk][:, None] >= times[None, :]
        leaves = time[chunk][:, None] == times[None, :]
        change = np.where(inside, drift, 0.0) - np.where(leaves & (state[chunk] > 0)[:, None], jump, 0.0)
        log_s = np.cumsum(change, axis=1)
        log_s_before = np.concatenate([np.zeros((chunk.size, 1)), log_s[:, :-1]], axis=1)
        happens = leaves & (state[chunk] == cause)[:, None]
        piece = before * (log_s_before * own / n + (happens - inside * (own / n)) / n)
        total += (np.cumsum(piece, axis=1) ** 2).sum(axis=0)
    return np.sqrt(total)
