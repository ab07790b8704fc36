"""What Cox and logistic models share: which covariates go into which fit, and how their coefficients become rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartwright.analysis.plan.ard import Collector, Where
from cartwright.analysis.plan.definition import Analysis, PlanError, Variable, values
from cartwright.analysis.records import records

if TYPE_CHECKING:
    from pandas import DataFrame

MODELS = ("univariable", "multivariable")
RATIO_COLUMNS = {"hr": "hr", "or": "odds_ratio"}


def covariate_sets(analysis: Analysis) -> list[tuple[Variable, ...]]:
    """The covariates of each model to fit, by the option `model`."""
    model = analysis.option("model")
    if model not in MODELS:
        raise PlanError(f"analysis {analysis.analysis_id}: option model must be one of {MODELS}")
    return [(variable,) for variable in analysis.variables] if model == "univariable" else [analysis.variables]


def with_covariates(analysis: Analysis, table: DataFrame, variables: tuple[Variable, ...]) -> DataFrame:
    """The table (by usubjid) with one numeric column a covariate: x0, x1, ... (a column of adsl may serve twice)."""
    columns = {
        f"x{index}": values(variable, analysis.subjects, analysis.datasets).reindex(table.index)
        for index, variable in enumerate(variables)
    }
    return table.assign(**columns)


def names(variables: tuple[Variable, ...]) -> list[str]:
    return [f"x{index}" for index in range(len(variables))]


def write(
    analysis: Analysis, collect: Collector, ratio: str, variables: tuple[Variable, ...], fit: Any, firth_method: str
) -> None:
    """Rows of a fit: the ratio with Wald limits and p, the events of a yes/no level, and Firth's where it is flagged.

    ratio: `hr` or `or`, the name of the statistic; `fit` has n, events, missing and coefficients in covariate order.
    """
    column = RATIO_COLUMNS[ratio]
    for variable, row in zip(variables, records(fit.coefficients), strict=True):
        where: Where = {"variable": variable.name, "variable_level": variable.level, "n": fit.n, "events": fit.events}
        collect.statistic(
            analysis,
            ratio,
            row[column],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            method=row["method"],
            flag=row["flag"],
            **where,
        )
        collect.statistic(analysis, "p", row["p"], method=f"{row['method']}, wald", flag=row["flag"], **where)
        collect.statistic(analysis, "unknown", fit.missing, method="incomplete cases left out", **where)
        if variable.type == "binary":
            level: Where = {**where, "n": row["n"], "events": row["events"]}
            collect.statistic(analysis, "events_in_level", row["events"], method="count", **level)
        write_firth(analysis, collect, ratio, row, firth_method, where)


def write_firth(
    analysis: Analysis, collect: Collector, ratio: str, row: dict[str, Any], method: str, where: Where
) -> None:
    """Rows of Firth's estimate of a coefficient, if it was asked for: what is NE says why in its flag."""
    value, reason = row[f"firth_{RATIO_COLUMNS[ratio]}"], row["firth_flag"]
    if value != value and not reason:
        return
    limits = {"ci_low": row["firth_ci_low"], "ci_high": row["firth_ci_high"]}
    collect.statistic(
        analysis, f"{ratio}_firth", value, **limits, method=f"{method}, profile limits", flag=reason, **where
    )
    collect.statistic(
        analysis, "p_firth", row["firth_p"], method=f"{method}, penalised likelihood ratio", flag=reason, **where
    )


def write_unusable(
    analysis: Analysis, collect: Collector, ratio: str, variables: tuple[Variable, ...], table: DataFrame, reason: str
) -> None:
    """A row for each covariate of a model that cannot be fitted, with the reason in the covariates' own names."""
    for index in reversed(range(len(variables))):
        reason = reason.replace(f"x{index}", variables[index].name)
    for variable in variables:
        collect.statistic(
            analysis, ratio, flag=reason, n=len(table), variable=variable.name, variable_level=variable.level
        )
