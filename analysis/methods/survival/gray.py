"""Gray's test of equal cumulative incidence between groups (Gray 1988, Ann Stat 16:1141)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cartwright.analysis.methods.estimate import Estimate, UnusableData, chi_square_p, few_events
from cartwright.analysis.methods.input_checks import as_labels
from cartwright.analysis.methods.quadratic import quadratic, rank_flag
from cartwright.analysis.methods.survival.competing import checked_causes


def gray_test(
    durations: ArrayLike, causes: ArrayLike, group: ArrayLike, cause: int = 1, strata: ArrayLike | None = None
) -> Estimate:
    """k-sample test that the cumulative incidence of `cause` is the same in all groups (rho = 0), as cmprsk."""
    time, state = checked_causes(durations, causes)
    groups, label = np.unique(as_labels(group, "group", time.size), return_inverse=True)
    if groups.size < 2:
        raise UnusableData("Gray's test needs at least two groups with rows")
    stratum = np.zeros(time.size, dtype=int)
    if strata is not None:
        stratum = np.unique(as_labels(strata, "strata", time.size), return_inverse=True)[1]
    k = groups.size
    z, v = np.zeros(k), np.zeros((k, k))
    for s in np.unique(stratum):
        inside = stratum == s
        dz, dv = _gray_stratum(time[inside], state[inside], label[inside], k, cause)
        z, v = z + dz, v + dv
    method = "gray" + (", stratified" if strata is not None else "")
    statistic, df = quadratic(z, (v + v.T) / 2)
    if np.isnan(statistic):
        return Estimate(np.nan, method=method, flag="no events to compare")
    return Estimate(
        np.nan,
        method=method,
        p=chi_square_p(statistic, df),
        statistic=statistic,
        df=df,
        flag=few_events(state == cause) or rank_flag(df, k - 1),
    )


def _gray_stratum(
    time: np.ndarray, state: np.ndarray, label: np.ndarray, k: int, cause: int
) -> tuple[np.ndarray, np.ndarray]:
    """Score (k) and its covariance (k, k) in one stratum (rho = 0), all groups and times at once.

    With h = n/S(t-) of a group, the pooled subdistribution is estimated from sum h; an event of group g at u moves the
    score directly (a) and through the later h of its group (the rest of C - c). Ties lose (d - 1)/(n - 1) of variance.
    """
    times = np.unique(time[state > 0])
    shape = (k, times.size)
    own, other, n = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    at = np.searchsorted(times, time)
    for g in range(k):
        mine = label == g
        own[g] = np.bincount(at[mine & (state == cause)], minlength=times.size)
        other[g] = np.bincount(at[mine & (state > 0) & (state != cause)], minlength=times.size)
        n[g] = mine.sum() - np.searchsorted(np.sort(time[mine]), times, side="left")
    safe = np.maximum(n, 1)
    survival = np.cumprod(1 - (own + other) / safe, axis=1)
    before = _shifted(survival, 1.0)
    incidence_before = _shifted(np.cumsum(before * own / safe, axis=1), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        h = np.where(n > 0, n / before, 0.0)
        risk = h * (1 - incidence_before)
        d, total_h = own.sum(axis=0), h.sum(axis=0)
        score = (own - np.where(d > 0, d * risk / risk.sum(axis=0), 0.0)).sum(axis=1)
        pooled_step = np.where(d > 0, d / total_h, 0.0)
        pooled = np.cumsum(pooled_step)
        pooled_before = _shifted(pooled, 0.0)
        a = np.where(d > 0, np.eye(k)[:, :, None] * h - h[:, None] * h / total_h, 0.0)  # (score, group, time)
        c = np.cumsum(a * np.where(d > 0, pooled_step / (1 - pooled_before), 0.0), axis=2)
        later = c[:, :, -1:] - c if times.size else c
        tie = 1 - np.where(d > 1, (d - 1) / (total_h * before - 1), 0.0)
        own_variance = np.where((d > 0) & (n > 0), pooled_step * before * tie / safe, 0.0)
        tie = 1 - np.where(other > 1, (other - 1) / (safe - 1), 0.0)
        other_variance = np.where((survival > 0) & (other > 0), before**2 * tie * other / safe**2, 0.0)
        carried = np.where(survival > 0, (1 - pooled) / survival, 0.0)
    own_effect = a + np.where(survival > 0, 1 - carried, 1.0) * later
    covariance = np.einsum("igt,jgt,gt->ij", own_effect, own_effect, own_variance)
    covariance += np.einsum("igt,jgt,gt->ij", later, later, carried**2 * other_variance)
    return score, covariance


def _shifted(values: np.ndarray, first: float) -> np.ndarray:
    """Values just before each time: one step later, `first` in front."""
    front = np.full((*values.shape[:-1], min(1, values.shape[-1])), first)
    return np.concatenate([front, values[..., :-1]], axis=-1)
