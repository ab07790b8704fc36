"""A measurement over time since infusion: median and quartiles in windows of days, one series a variable.

`options.windows` lists `{day, from_day, to_day}`; a patient counts once a window, with the highest value.
"""

from __future__ import annotations

from cartwright.analysis.plan.ard import Collector
from cartwright.analysis.plan.definition import Analysis, parameter_rows


def run(analysis: Analysis, collect: Collector) -> None:
    from cartwright.analysis.methods.compare import summarise

    for variable in analysis.variables:
        rows = parameter_rows(variable, variable.anchor, analysis.subjects, analysis.datasets)
        for window in analysis.option("windows"):
            inside = rows[rows["days_since_infusion"].between(window["from_day"], window["to_day"])]
            highest = inside.groupby("usubjid", sort=False)[variable.column].max() * variable.scale
            collect.members(
                analysis,
                highest.dropna().index,
                group_level=variable.anchor,
                variable=variable.name,
                variable_level=str(window["day"]),
            )
            summary = summarise(highest, analysis.option("quantiles"))
            for name in ("median", "q1", "q3"):
                collect.statistic(
                    analysis,
                    name,
                    getattr(summary, name),
                    method=f"{summary.method}, highest of the window",
                    n=summary.n,
                    group_level=variable.anchor,
                    variable=variable.name,
                    variable_level=str(window["day"]),
                    flag=None if summary.n else "no patients",
                )
