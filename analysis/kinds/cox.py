"""Cox models: one a covariate (`model: univariable`) or one with all (`multivariable`); and the ratio of two groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ard import Collector
from ..endpoint import event_times
from ..estimate import UnusableData
from ..plan import Analysis, PlanError, Variable, values
from .logrank import two_groups

if TYPE_CHECKING:
    from pandas import DataFrame

MODELS = ("univariable", "multivariable")


def run(analysis: Analysis, collect: Collector) -> None:
    times = event_times(analysis)
    for variables in covariate_sets(analysis):
        table = times.rename(columns={"time": "duration", "is_event": "event"})
        for index, variable in enumerate(variables):
            table[f"x{index}"] = values(variable, analysis.subjects, analysis.datasets).reindex(table.index)
        _fit(analysis, collect, table, variables)


def covariate_sets(analysis: Analysis) -> list[tuple[Variable, ...]]:
    """The covariates of each model to fit, by the option `model`."""
    model = analysis.option("model")
    if model not in MODELS:
        raise PlanError(f"analysis {analysis.analysis_id}: option model must be one of {MODELS}")
    if model == "univariable":
        return [(variable,) for variable in analysis.variables]
    return [analysis.variables]


def _fit(analysis: Analysis, collect: Collector, table: DataFrame, variables: tuple[Variable, ...]) -> None:
    from ..cox import cox

    ties = analysis.option("ties")
    try:
        fit = cox(table, [f"x{index}" for index in range(len(variables))], ties=ties)
    except UnusableData as error:
        for variable in variables:
            collect.statistic(
                analysis, "hr", method=f"cox {ties}", flag=_in_words(str(error), variables), n=len(table),
                events=int(table["event"].sum()), variable=variable.name, variable_level=variable.level,
            )  # fmt: skip
        return
    for variable, row in zip(variables, fit.coefficients.itertuples(), strict=True):
        where = {"variable": variable.name, "variable_level": variable.level, "n": fit.n, "events": fit.events}
        limits = {"ci_low": row.ci_low, "ci_high": row.ci_high}
        collect.statistic(analysis, "hr", row.hr, method=f"{row.method}, wald", flag=row.flag, **limits, **where)
        collect.statistic(analysis, "p", row.p, method="wald", flag=row.flag, **where)
        collect.statistic(
            analysis, "unknown", fit.missing, method="incomplete cases left out", **where
        )  # fmt: skip
        if variable.type == "binary":
            level = {**where, "n": row.n}
            collect.statistic(analysis, "events_in_level", row.events, method="count", **level)
        if row.firth_hr == row.firth_hr:
            limits = {"ci_low": row.firth_ci_low, "ci_high": row.firth_ci_high}
            collect.statistic(analysis, "hr_firth", row.firth_hr, method="firth cox, profile limits", **limits, **where)
            collect.statistic(analysis, "p_firth", row.firth_p, method="penalised likelihood ratio", **where)


def _in_words(message: str, variables: tuple[Variable, ...]) -> str:
    """The message with the covariates' names in place of the model's columns."""
    for index in reversed(range(len(variables))):
        message = message.replace(f"x{index}", variables[index].name)
    return message


def run_ratio(analysis: Analysis, collect: Collector) -> None:
    """statistic hr: first group against the second, no other covariate."""
    from ..cox import cox

    group, reference = two_groups(analysis)
    table = event_times(analysis).rename(columns={"time": "duration", "is_event": "event"})
    table = table[table.index.isin(group.ids | reference.ids)]
    table = table.assign(x0=table.index.isin(group.ids).astype(float))
    ties = analysis.option("ties")
    where = {
        "group_level": group.level, "comparator": reference.level,
        "n": len(table), "events": int(table["event"].sum()),
    }  # fmt: skip
    if table["x0"].nunique() < 2:
        collect.statistic(analysis, "hr", method=f"cox {ties}", flag="fewer than two groups", **where)
        return
    row = next(cox(table, ["x0"], ties=ties).coefficients.itertuples())
    limits = {"ci_low": row.ci_low, "ci_high": row.ci_high}
    collect.statistic(analysis, "hr", row.hr, method=f"{row.method}, wald", flag=row.flag, **limits, **where)
    collect.statistic(analysis, "p", row.p, method="wald", flag=row.flag, **where)
    if row.firth_hr == row.firth_hr:
        limits = {"ci_low": row.firth_ci_low, "ci_high": row.firth_ci_high}
        collect.statistic(analysis, "hr_firth", row.firth_hr, method="firth cox, profile limits", **limits, **where)
