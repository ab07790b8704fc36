"""Logistic models of a yes/no column of adsl (`endpoint`): one a covariate or one with all."""

from __future__ import annotations

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis, PlanError, Variable, values
from cartwright.analysis.plan.kinds.coefficients import covariate_sets, names, with_covariates, write, write_unusable
from cartwright.analysis.plan.kinds.members import write_model, write_unusable_model


def run(analysis: Analysis, collect: Collector) -> None:
    from cartwright.analysis.methods.logistic import logistic

    if analysis.endpoint is None or analysis.endpoint not in analysis.subjects:
        raise PlanError(f"analysis {analysis.analysis_id}: adsl has no column {analysis.endpoint}")
    outcome = values(Variable(analysis.endpoint, analysis.endpoint), analysis.subjects, analysis.datasets).dropna()
    for variables in covariate_sets(analysis):
        table = with_covariates(analysis, outcome.to_frame("outcome"), variables)
        try:
            fit = logistic(table, names(variables), "outcome")
        except UnusableData as error:
            write_unusable(analysis, collect, "or", variables, table, str(error))
            write_unusable_model(analysis, collect, table, variables, str(error))
        else:
            write(analysis, collect, "or", variables, fit, "firth logistic")
            happened = table.assign(is_event=table["outcome"] == 1)
            write_model(analysis, collect, happened, table.index[fit.rows], variables)
