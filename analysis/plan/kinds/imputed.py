"""A Cox model with unknown covariates imputed several times and pooled, to be read beside the complete cases.

The options `imputations`, `cycles` and `seed` say how often and how. The outcome, the covariates of the model and the
variables that the plan calls auxiliary (not in the model, but they tell about what is unknown) inform each other.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, Variable
from cartwright.analysis.plan.endpoint import event_times
from cartwright.analysis.plan.kinds.coefficients import names, with_covariates, write_unusable
from cartwright.analysis.plan.kinds.members import write_imputed, write_unusable_model
from cartwright.analysis.plan.resampling import PROGRESS

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def run(analysis: Analysis, collect: Collector) -> None:
    """statistics hr and p by covariate, and how many of its values were imputed."""
    modelled = tuple(variable for variable in analysis.variables if not variable.is_auxiliary)
    auxiliary = tuple(variable for variable in analysis.variables if variable.is_auxiliary)
    table = with_covariates(analysis, event_times(analysis), (*modelled, *auxiliary))
    try:
        _pooled(analysis, collect, table, modelled)
    except UnusableData as error:
        write_unusable(analysis, collect, "hr", modelled, table, str(error))
        write_unusable_model(analysis, collect, table, modelled, str(error))


def _informs(column: Series) -> bool:
    """Known often enough to be imputed itself, and not the same in all."""
    from cartwright.analysis.methods.sensitivity.imputation import DONORS

    return column.count() >= DONORS and column.nunique() > 1


def _pooled(analysis: Analysis, collect: Collector, table: DataFrame, modelled: tuple[Variable, ...]) -> None:
    from cartwright.analysis.methods.cox import cox
    from cartwright.analysis.methods.sensitivity import impute, pool

    columns, ties = names(modelled), analysis.option("ties")
    helpers = [name for name in table.columns.difference(["time", "is_event", *columns]) if _informs(table[name])]
    copies = impute(
        table,
        [*columns, *helpers],
        "time",
        "is_event",
        m=analysis.option("imputations"),
        cycles=analysis.option("cycles"),
        seed=analysis.option("seed"),
    )
    watched = PROGRESS.get()(copies)
    fits = [cox(copy, columns, "time", "is_event", ties=ties, firth=False).coefficients for copy in watched]
    events = int(table["is_event"].sum())
    write_imputed(analysis, collect, table, modelled)
    for index, (name, variable) in enumerate(zip(columns, modelled, strict=True)):
        rows = [fit.iloc[index] for fit in fits]
        flags = "; ".join(dict.fromkeys(row["flag"] for row in rows if row["flag"]))
        where: Where = {"variable": variable.name, "variable_level": variable.level, "n": len(table), "events": events}
        try:
            pooled = pool([row["beta"] for row in rows], [row["se"] ** 2 for row in rows], events - len(columns))
        except UnusableData as error:
            collect.statistic(analysis, "hr", flag=flags or str(error), **where)
            continue
        method, flag = f"cox {ties}, {pooled.method}", "; ".join(filter(None, (flags, pooled.flag)))
        low, value, high = (math.exp(log) for log in (pooled.ci_low, pooled.value, pooled.ci_high))
        dice = pooled.drawn and pooled.drawn.exp(low, value, high)
        collect.statistic(analysis, "hr", value, dice, ci_low=low, ci_high=high, method=method, flag=flag, **where)
        of_p = pooled.drawn and pooled.drawn.of_p
        collect.statistic(analysis, "p", pooled.p, of_p, method=method, flag=flag, **where)
        collect.statistic(analysis, "imputed", int(table[name].isna().sum()), method="unknown values", **where)
