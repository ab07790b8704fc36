"""The bootstrap: rows drawn with replacement, a fixed seed, failures counted rather than hidden."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cartwright.analysis.methods.estimate import UnusableData, normal_quantile
from cartwright.analysis.methods.order import by_content


@dataclass(frozen=True)
class Bootstrap:
    """`replicates`: (B - failed, k), NaN where a replicate has no answer for one of the k."""

    replicates: np.ndarray
    failed: int
    seed: int

    def normal_limits(self, value: np.ndarray, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """value -+ z * standard deviation of the replicates, and the Monte-Carlo standard error of either limit.

        For statistics that are nearly normal, as a log hazard ratio: 50 to 200 replicates suffice, where percentiles of
        a tail need 1,000 and more. Efron & Tibshirani (1993), sections 6.4 and 13.2. NaN where more than half of the
        replicates have no answer: those that have one are a selection.
        """
        known = np.isfinite(self.replicates).sum(axis=0)
        enough = (known > 1) & (known * 2 >= self.draws)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of columns without any replicate
            spread = np.nanstd(np.where(np.isfinite(self.replicates), self.replicates, np.nan), axis=0, ddof=1)
        half = np.where(enough, normal_quantile(confidence) * spread, np.nan)
        return value - half, value + half, half / np.sqrt(2 * np.maximum(known - 1, 1))

    def mean(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean of the replicates and its Monte-Carlo standard error."""
        return self.replicates.mean(axis=0), self.replicates.std(axis=0, ddof=1) / np.sqrt(len(self.replicates))

    @property
    def draws(self) -> int:
        return len(self.replicates) + self.failed

    @property
    def flag(self) -> str:
        return f"{self.failed} of {self.draws} replicates failed" if self.failed else ""


def bootstrap(
    table: pd.DataFrame,
    statistic: Callable[[pd.DataFrame], np.ndarray],
    replicates: int = 2000,
    seed: int = 20220831,
    strata: str | None = None,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Bootstrap:
    """Values of `statistic` (a vector) on resampled tables; `strata` keeps the size of each group. The content of the
    rows, not their order, decides what is drawn.

    progress: wraps the iteration, for a progress bar. Raises UnusableData when fewer than half of the replicates work.
    """
    generator, table = np.random.default_rng(seed), table.iloc[by_content(table)]
    blocks = [np.arange(len(table))]
    if strata is not None:
        blocks = [np.asarray(rows) for rows in table.groupby(strata).indices.values()]
    values, failed = [], 0
    for _ in progress(range(replicates)):
        rows = np.concatenate([generator.choice(block, block.size) for block in blocks])
        try:
            value = np.atleast_1d(np.asarray(statistic(table.iloc[rows].reset_index(drop=True)), dtype=float))
        except (UnusableData, np.linalg.LinAlgError):
            value = np.array([np.nan])
        if np.isnan(value).all():
            failed += 1
        else:
            values.append(value)
    if failed > replicates / 2:
        raise UnusableData(f"{failed} of {replicates} bootstrap replicates failed")
    return Bootstrap(np.array(values), failed, seed)
