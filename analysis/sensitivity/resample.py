"""The bootstrap: rows drawn with replacement, a fixed seed, failures counted rather than hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate import UnusableData, normal_quantile


@dataclass(frozen=True)
class Bootstrap:
    """`replicates`: (B - failed, k). Percentile limits by `limits`."""

    replicates: np.ndarray
    failed: int
    seed: int

    def limits(self, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        tail = (1 - confidence) / 2
        low, high = np.nanquantile(self.replicates, [tail, 1 - tail], axis=0)
        return low, high

    def normal_limits(self, value: np.ndarray, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """value +- z * standard deviation of the replicates: 50 to 200 of them suffice, where percentiles need 1,000.

        For statistics that are nearly normal, as a log hazard ratio. Efron & Tibshirani (1993), sections 6.4 and 13.2.
        """
        half = normal_quantile(confidence) * np.nanstd(self.replicates, axis=0, ddof=1)
        return value - half, value + half

    @property
    def flag(self) -> str:
        return f"{self.failed} of {len(self.replicates) + self.failed} replicates failed" if self.failed else ""


def bootstrap(table: pd.DataFrame, statistic: Callable[[pd.DataFrame], np.ndarray], replicates: int = 2000,
              seed: int = 20220831, strata: str | None = None,
              progress: Callable[[Iterable], Iterable] = iter) -> Bootstrap:
    """Values of `statistic` (a vector) on resampled tables; `strata` keeps the size of each group.

    progress: wraps the iteration, for a progress bar. Raises UnusableData when fewer than half of the replicates work.
    """
    generator = np.random.default_rng(seed)
    blocks = [np.arange(len(table))] if strata is None else list(table.groupby(strata).indices.values())
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
