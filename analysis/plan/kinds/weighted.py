"""Two groups made comparable by propensity-score weights: the ratio, the balance reached, and what it cost in patients.

The variables are the covariates; option `estimand` names the patients the answer is about (ato, ate or att).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis
from cartwright.analysis.plan.kinds import imputed_weights
from cartwright.analysis.plan.kinds.coefficients import names
from cartwright.analysis.plan.kinds.compared import compared_table, count_complete
from cartwright.analysis.plan.kinds.cox import write_ratio
from cartwright.analysis.plan.kinds.logrank import two_groups
from cartwright.analysis.plan.kinds.resampled import write_bootstrap
from cartwright.analysis.records import records

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from cartwright.analysis.methods.cox import CoxFit
    from cartwright.analysis.methods.sensitivity import Weighting


def run(analysis: Analysis, collect: Collector) -> None:
    """statistics hr (robust), hr_bootstrap, ess and propensity by group, smd_before and smd_after a variable.

    With the option `imputations` nobody is left out for an unknown covariate: see `imputed_weights`.
    """
    if "imputations" in analysis.options:
        imputed_weights.run(analysis, collect)
        return
    try:
        table = compared_table(analysis, collect)
        weighting = weigh(analysis, table)
        fit = weighted_fit(analysis, table, weighting, robust=True)
    except UnusableData as error:
        group, reference = two_groups(analysis)
        collect.statistic(analysis, "hr", group_level=group.level, comparator=reference.level, flag=str(error))
        return
    where = count_complete(analysis, collect, table, _by_patient(table, weighting))
    write_ratio(analysis, collect, fit, where, weighting.flag)

    def refit(part: DataFrame) -> CoxFit:
        return weighted_fit(analysis, part, weigh(analysis, part))

    write_bootstrap(analysis, collect, table, refit, fit, where, strata="is_treated")
    _support(analysis, collect, weighting, where)
    _balance(analysis, collect, table, weighting, where)


def weigh(analysis: Analysis, table: DataFrame) -> Weighting:
    from cartwright.analysis.methods.sensitivity import propensity_weights

    covariates, estimand, truncate = names(analysis.variables), analysis.option("estimand"), analysis.option("truncate")
    return propensity_weights(table, "is_treated", covariates, estimand, truncate)


def _by_patient(table: DataFrame, weighting: Weighting) -> Series:
    """The weights by usubjid."""
    weights = weighting.table["weight"]
    return weights.set_axis(table.index[weighting.table["row"]])


def weighted_fit(analysis: Analysis, table: DataFrame, weighting: Weighting, robust: bool = False) -> CoxFit:
    from cartwright.analysis.methods.cox import cox

    weighted = table.iloc[weighting.table["row"]].assign(weight=weighting.table["weight"].to_numpy())
    return cox(
        weighted,
        "is_treated",
        "time",
        "is_event",
        ties=analysis.option("ties"),
        weights="weight",
        robust=robust,
        firth=False,
    )


def _support(analysis: Analysis, collect: Collector, weighting: Weighting, where: Where) -> None:
    """Effective sample size and the range of propensities of each group."""
    for level, treated, effective in (
        (where["group_level"], True, weighting.effective_treated),
        (where["comparator"], False, weighting.effective_control),
    ):
        scores = weighting.table.loc[weighting.table["is_treated"] == treated, "propensity"]
        flag, of_group = weighting.flag, Where(group_level=level, n=len(scores))
        collect.statistic(analysis, "ess", effective, method=f"{weighting.method}, kish", flag=flag, **of_group)
        collect.statistic(
            analysis,
            "propensity",
            scores.median(),
            ci_low=scores.min(),
            ci_high=scores.max(),
            method="logistic, median and range",
            flag=flag,
            **of_group,
        )


def _balance(analysis: Analysis, collect: Collector, table: DataFrame, weighting: Weighting, where: Where) -> None:
    from cartwright.analysis.methods.sensitivity import balance

    rows = records(balance(table, weighting, names(analysis.variables)))
    for variable, row in zip(analysis.variables, rows, strict=True):
        about: Where = {**where, "variable": variable.name, "variable_level": variable.level}
        for statistic, value, method in (
            ("smd_before", row["before"], "standardised difference"),
            ("smd_after", row["after"], row["method"]),
        ):
            flag = row["flag"] if value == value else row["flag"] or "not estimable"
            collect.statistic(analysis, statistic, value, method=method, flag=flag, **about)
