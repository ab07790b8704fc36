"""From a table to checked arrays: complete cases, coded levels, centred columns, and which columns cannot be fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.input_checks import checked_survival, complete_rows, require_one_row_per_subject


@dataclass(frozen=True)
class Term:
    """One column of the model: a number (level empty), a flag, or one level against the reference."""

    variable: str
    level: str = ""
    reference: str = ""

    @property
    def name(self) -> str:
        return f"{self.variable}[{self.level}]" if self.level else self.variable


@dataclass(frozen=True)
class Design:
    """Complete cases. `x` (n, p) is centred at `means`; `rows` are their positions in the table given."""

    x: np.ndarray
    means: np.ndarray
    terms: list[Term]
    flags: list[str]  # one a term: why it cannot be fitted, or what is suspicious; empty when sound
    is_fitted: np.ndarray  # (p,) False for constant and collinear columns
    time: np.ndarray
    event: np.ndarray
    entry: np.ndarray | None
    weight: np.ndarray
    stratum: np.ndarray
    cluster: np.ndarray | None
    rows: np.ndarray
    missing: int


def expand(table: pd.DataFrame, covariates: list[str]) -> tuple[np.ndarray, list[Term]]:
    """Numbers and flags as they are, text and categories as one column a level but the first (the reference).

    Levels keep the order of a pandas Categorical, else sorted order.
    """
    columns, terms = [], []
    for name in covariates:
        if name not in table:
            raise UnusableData(f"no column {name}")
        column = table[name]
        if isinstance(column.dtype, pd.CategoricalDtype) or not (
            pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column) or _holds_flags(column)
        ):
            seen = set(column.dropna().unique())
            ordered = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else sorted(seen)
            levels = [level for level in ordered if level in seen]
            if len(levels) == 1:
                columns.append(np.zeros(len(table)))
                terms.append(Term(name))
            for level in levels[1:]:
                columns.append((column == level).to_numpy(float))
                terms.append(Term(name, str(level), str(levels[0])))
        else:
            columns.append(column.to_numpy(dtype=float, na_value=np.nan))
            terms.append(Term(name))
    return (np.stack(columns).T if columns else np.zeros((len(table), 0))), terms  # each column lies together in memory


def build(
    table: pd.DataFrame,
    covariates: str | Sequence[str],
    duration: str,
    event: str,
    *,
    strata: str | Sequence[str] | None = None,
    weights: str | None = None,
    cluster: str | None = None,
    entry: str | None = None,
    subject: str | None = None,
) -> Design:
    """Checked design of a Cox model. Rows with a missing covariate are left out and counted; a covariate that is
    missing in every row is an error. Times, events, weights, strata must be complete."""
    covariates = [covariates] if isinstance(covariates, str) else list(covariates)
    strata = [] if strata is None else [strata] if isinstance(strata, str) else list(strata)
    if not len(table):
        raise UnusableData("no rows: nothing to estimate")
    columns = [duration, event, *covariates, *strata, *(c for c in (weights, cluster, entry, subject) if c)]
    if absent := [c for c in columns if c not in table]:
        raise UnusableData(f"no column {', '.join(absent)}")
    if repeated := {c for c in covariates if covariates.count(c) > 1}:
        raise UnusableData(f"covariates named twice: {', '.join(sorted(repeated))}")
    is_complete = complete_rows(table, covariates)
    if incomplete := [c for c in [*strata, *(c for c in (cluster, subject) if c)] if table[c].isna().any()]:
        raise UnusableData(f"missing values in {', '.join(incomplete)}")
    data = checked_survival(
        table[duration], table[event], table[entry] if entry else None, table[weights] if weights else None
    )
    kept = data.kept
    chosen = is_complete[kept]
    rows = kept[chosen]
    if not rows.size:
        raise UnusableData("no complete row has a positive weight")
    part = table if rows.size == len(table) else table.iloc[rows]
    if subject:
        _check_subjects(part, subject, entry, duration)
    raw, terms = expand(part, covariates)
    if not np.isfinite(raw).all():
        raise UnusableData("covariates must be finite")
    stratum = part.groupby(strata, sort=True).ngroup().to_numpy() if strata else np.zeros(rows.size, dtype=int)
    weight, happened = data.weight[chosen], data.event[chosen]
    means = weight @ raw / weight.sum()
    is_fitted, flags = _inspect(raw, stratum, happened)
    return Design(
        raw - means,
        means,
        terms,
        flags,
        is_fitted,
        data.time[chosen],
        happened,
        None if data.entry is None else data.entry[chosen],
        weight,
        stratum,
        pd.factorize(part[cluster])[0] if cluster else None,
        rows,
        int((~is_complete).sum()),
    )


def _holds_flags(column: pd.Series) -> bool:
    """True/False with gaps arrives as dtype object."""
    return all(isinstance(value, bool | np.bool_) for value in column.dropna())


def _check_subjects(part: pd.DataFrame, subject: str, entry: str | None, duration: str) -> None:
    if entry is None:
        require_one_row_per_subject(part[subject])
        return
    ordered = part.sort_values([subject, entry])
    earlier_end = ordered.groupby(subject)[duration].shift()
    if overlapping := int((ordered[entry] < earlier_end).sum()):
        raise UnusableData(f"{overlapping} intervals overlap an earlier one of the same subject")


def _inspect(raw: np.ndarray, stratum: np.ndarray, event: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Find constant and collinear columns (within strata), and levels in which nobody or everybody else has events."""
    sizes = np.bincount(stratum)
    basis: list[np.ndarray] = []
    is_fitted, flags = np.zeros(raw.shape[1], dtype=bool), []
    for j, column in enumerate(raw.T):
        centred = column - (np.bincount(stratum, column) / sizes)[stratum]
        length = np.linalg.norm(centred)
        if length <= 1e-10 * max(1.0, np.abs(column).max()) * np.sqrt(column.size):
            flags.append("constant")
            continue
        rest = centred / length
        for _ in range(2):  # twice is enough for orthogonality
            for other in basis:
                rest = rest - (rest @ other) * other
        if np.linalg.norm(rest) < 1e-8:
            flags.append("collinear")
            continue
        basis.append(rest / np.linalg.norm(rest))
        is_fitted[j] = True
        is_low, is_high = column == column.min(), column == column.max()
        bare = (is_low | is_high).all() and not (event[is_low].any() and event[is_high].any())
        flags.append("no events in a level" if bare and event.any() else "")
    return is_fitted, flags
