"""Weights after imputation: unknown covariates are imputed several times, each copy is weighted and fitted by itself,
and the ratios are pooled by Rubin's rules ("within" approach: Leyrat et al. 2019, Stat Methods Med Res 28:3).

The options `imputations`, `cycles` and `seed` are those of `imputed`; the outcome and the group inform what is imputed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cartwright.analysis.methods.estimate import Drawn, Estimate, UnusableData
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.kinds.coefficients import names
from cartwright.analysis.plan.kinds.compared import count_complete, whole_table
from cartwright.analysis.plan.kinds.logrank import two_groups
from cartwright.analysis.plan.kinds.members import write_imputed
from cartwright.analysis.plan.resampling import PROGRESS

if TYPE_CHECKING:
    import numpy as np
    from pandas import DataFrame

    from cartwright.analysis.methods.sensitivity import Weighting


def run(analysis: Analysis, collect: Collector) -> None:
    """statistics hr and p (pooled), imputed a variable, ess by group and smd_after a variable (means over copies)."""
    group, reference = two_groups(analysis)
    table = whole_table(analysis)
    try:
        pooled, copies, weightings, method = _pooled(analysis, table)
    except UnusableData as error:
        collect.statistic(analysis, "hr", group_level=group.level, comparator=reference.level, flag=str(error))
        return
    where = count_complete(analysis, collect, table)
    write_imputed(analysis, collect, table, analysis.variables)
    flag = "; ".join(dict.fromkeys(part for part in (pooled.flag, *(one.flag for one in weightings)) if part))
    low, value, high = (math.exp(log) for log in (pooled.ci_low, pooled.value, pooled.ci_high))
    dice = pooled.drawn and pooled.drawn.exp(low, value, high)
    collect.statistic(analysis, "hr", value, dice, ci_low=low, ci_high=high, method=method, flag=flag, **where)
    of_p = pooled.drawn and pooled.drawn.of_p
    collect.statistic(analysis, "p", pooled.p, of_p, method=method, flag=flag, **where)
    _means(analysis, collect, table, copies, weightings, where)


def _pooled(analysis: Analysis, table: DataFrame) -> tuple[Estimate, list[DataFrame], list[Weighting], str]:
    from cartwright.analysis.methods.sensitivity import impute, pool
    from cartwright.analysis.plan.kinds.weighted import weigh, weighted_fit

    columns, events = names(analysis.variables), int(table["is_event"].sum())
    copies = impute(
        table,
        ["is_treated", *columns],
        "time",
        "is_event",
        m=analysis.option("imputations"),
        cycles=analysis.option("cycles"),
        seed=analysis.option("seed"),
    )
    weightings = [weigh(analysis, copy) for copy in copies]
    watched = PROGRESS.get()(list(zip(copies, weightings, strict=True)))
    fits = [weighted_fit(analysis, copy, weighting, robust=True) for copy, weighting in watched]
    rows = [fit.coefficients.iloc[0] for fit in fits]
    pooled = pool([row["beta"] for row in rows], [row["se"] ** 2 for row in rows], events - 1)
    return pooled, copies, weightings, f"{fits[0].method}, {weightings[0].method}, {pooled.method}"


def _means(
    analysis: Analysis,
    collect: Collector,
    table: DataFrame,
    copies: list[DataFrame],
    weightings: list[Weighting],
    where: Where,
) -> None:
    import numpy as np

    from cartwright.analysis.methods.sensitivity import balance

    draws = len(copies)
    for level, sizes in (
        (where["group_level"], [one.effective_treated for one in weightings]),
        (where["comparator"], [one.effective_control for one in weightings]),
    ):
        drawn = _mean_error(np.array(sizes))
        method = f"{weightings[0].method}, kish, mean of {draws}"
        collect.statistic(analysis, "ess", float(np.mean(sizes)), drawn, method=method, group_level=level)
    columns = names(analysis.variables)
    left = [balance(copy, weighting, columns)["after"] for copy, weighting in zip(copies, weightings, strict=True)]
    for index, variable in enumerate(analysis.variables):
        about: Where = {**where, "variable": variable.name, "variable_level": variable.level}
        values = np.array([after.iloc[index] for after in left], dtype=float)
        flag = None if np.isfinite(values).all() else "not estimable"
        method = f"{weightings[0].method}, mean of {draws}"
        collect.statistic(analysis, "smd_after", values.mean(), _mean_error(values), method=method, flag=flag, **about)
        unknown = int(table[columns[index]].isna().sum())
        collect.statistic(analysis, "imputed", unknown, method="unknown values", **about)


def _mean_error(values: np.ndarray) -> Drawn:
    spread = float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else math.nan
    return Drawn(values.size, 0, spread)
